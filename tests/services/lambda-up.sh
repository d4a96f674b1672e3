#!/usr/bin/env bash
# Starts a stand-in for AWS Lambda for the tests, on loopback: functions run by npm's @vercel/fun, which drives a custom runtime's
# bootstrap through the Lambda Runtime API; in front of it lambda-server.mjs, which speaks Lambda's REST API and checks signatures.
#
#   lambda-up.sh              starts it and prints KEY=VALUE lines: endpoint, region, access key, secret key, folder
#   lambda-up.sh down [DIR]   stops the server of that folder and throws its data away
#
# Environment: LAMBDA_DIR (folder, default a new one), LAMBDA_PORT (default a free one), LAMBDA_OWNER (a process id: when that process
# ends, however it ends, the server is stopped), LAMBDA_HOME (where @vercel/fun is installed, default in the cache).
set -euo pipefail
service=lambda-up
script=$(realpath "$0")
# shellcheck source=tests/services/service.sh
. "$(dirname "$script")/service.sh"

if [ "${1:-}" = down ]; then
  down "${2:-${LAMBDA_DIR:?name the folder of the server to stop}}"
  exit 0
fi

version=1.3.6
home=${LAMBDA_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/dataplug-tests/fun-$version}

npm_install @vercel/fun "$version" "$home" "$home/node_modules/@vercel/fun"

region=eu-test-1
access=AKIATEST$(head -c 6 /dev/urandom | base64 | tr -dc A-Z0-9)
secret=$(head -c 30 /dev/urandom | base64 -w0 | tr -dc A-Za-z0-9)
dir=${LAMBDA_DIR:-$(mktemp -d "${TMPDIR:-/tmp}/dataplug-lambda.XXXXXX")}

start() {
  local port=$1
  mkdir -p "$dir/tmp"
  LAMBDA_TEST_ACCESS_KEY=$access LAMBDA_TEST_SECRET_KEY=$secret LAMBDA_TEST_REGION=$region LAMBDA_TEST_FUN=$home/node_modules/@vercel/fun \
    TMPDIR=$dir/tmp XDG_CACHE_HOME=$dir/cache \
    setsid node "$(dirname "$script")/lambda-server.mjs" "$port" "$dir/" </dev/null >>"$dir/lambda.log" 2>&1 &
  local pid=$!
  echo "$pid" > "$dir/server.pid"
  for _ in $(seq 100); do
    kill -0 "$pid" 2>/dev/null || return 1
    if curl -s -o /dev/null --max-time 2 "http://127.0.0.1:$port/"; then return 0; fi
    sleep .1
  done
  return 1
}

describe() {
  local port=$1
  cat <<OUT
LAMBDA_ENDPOINT=http://127.0.0.1:$port
LAMBDA_REGION=$region
LAMBDA_ACCESS_KEY=$access
LAMBDA_SECRET_KEY=$secret
LAMBDA_DIR=$dir
OUT
}

serve "the Lambda server" "${LAMBDA_PORT:-}" "${LAMBDA_OWNER:-}" "$dir/lambda.log"
