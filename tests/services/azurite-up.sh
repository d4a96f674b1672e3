#!/usr/bin/env bash
# Starts Azurite for the tests: Microsoft's own server that speaks Azure Storage's protocol and checks its signatures, on
# loopback, with an account of its own.
#
#   azurite-up.sh              starts it and prints KEY=VALUE lines: endpoint, account, key, folder
#   azurite-up.sh down [DIR]   stops the server of that folder and throws its data away
#
# Environment: AZURITE_DIR (folder, default a new one), AZURITE_PORT (default a free one), AZURITE_OWNER (a process id: when
# that process ends, however it ends, the server is stopped), AZURITE_HOME (where Azurite is installed, default in the cache).
set -euo pipefail
service=azurite-up
script=$(realpath "$0")
# shellcheck source=tests/services/service.sh
. "$(dirname "$script")/service.sh"

if [ "${1:-}" = down ]; then
  down "${2:-${AZURITE_DIR:?name the folder of the server to stop}}"
  exit 0
fi

# The last version that runs on the Node of Debian 12.
version=3.35.0
home=${AZURITE_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/dataplug-tests/azurite-$version}
program=$home/node_modules/azurite/dist/src/blob/main.js

npm_install azurite "$version" "$home" "$program"

account=testaccount
key=$(head -c 64 /dev/urandom | base64 -w0)
dir=${AZURITE_DIR:-$(mktemp -d "${TMPDIR:-/tmp}/dataplug-azurite.XXXXXX")}

start() {
  local port=$1
  mkdir -p "$dir"
  # Azurite knows the versions of the protocol up to its own age; newer clients ask for newer ones.
  AZURITE_ACCOUNTS="$account:$key" setsid node "$program" --blobHost 127.0.0.1 --blobPort "$port" --location "$dir" \
    --skipApiVersionCheck --disableTelemetry --silent </dev/null >>"$dir/azurite.log" 2>&1 &
  local pid=$!
  echo "$pid" > "$dir/server.pid"
  for _ in $(seq 300); do
    kill -0 "$pid" 2>/dev/null || return 1
    if curl -s -o /dev/null --max-time 2 "http://127.0.0.1:$port/$account?comp=list"; then return 0; fi
    sleep .1
  done
  return 1
}

describe() {
  local port=$1
  cat <<OUT
AZURITE_ENDPOINT=http://127.0.0.1:$port/$account
AZURITE_ACCOUNT=$account
AZURITE_KEY=$key
AZURITE_DIR=$dir
OUT
}

serve "Azurite" "${AZURITE_PORT:-}" "${AZURITE_OWNER:-}" "$dir/azurite.log"
