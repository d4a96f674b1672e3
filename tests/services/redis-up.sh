#!/usr/bin/env bash
# Starts a real Redis server for the tests, on loopback, in memory, with a password.
#
#   redis-up.sh              starts it and prints KEY=VALUE lines: address, password, folder
#   redis-up.sh down [DIR]   stops the server of that folder and throws its data away
#
# Environment: REDIS_DIR (folder, default a new one), REDIS_PORT (default a free one), REDIS_REQUIREPASS (the password,
# default a random one), REDIS_OWNER (a process id: when that process ends, however it ends, the server is stopped).
set -euo pipefail
service=redis-up
script=$(realpath "$0")
# shellcheck source=tests/services/service.sh
. "$(dirname "$script")/service.sh"

if [ "${1:-}" = down ]; then
  down "${2:-${REDIS_DIR:?name the folder of the server to stop}}"
  exit 0
fi

installed() { command -v redis-server >/dev/null && command -v redis-cli >/dev/null; }
# Nothing but the programs: the package would start a server of its own where there is a service manager.
install_unless installed redis-server redis-tools

password=${REDIS_REQUIREPASS:-test-$(tr -d - < /proc/sys/kernel/random/uuid)}
dir=${REDIS_DIR:-$(mktemp -d "${TMPDIR:-/tmp}/dataplug-redis.XXXXXX")}

start() {
  local port=$1
  mkdir -p "$dir"
  cat > "$dir/redis.conf" <<CONF
bind 127.0.0.1
port $port
requirepass $password
dir $dir
pidfile $dir/server.pid
logfile $dir/redis.log
daemonize yes
save ""
appendonly no
databases 16
CONF
  # The folder as an argument makes the process known by it; see "down".
  redis-server "$dir/redis.conf" --dir "$dir" --set-proc-title no >>"$dir/start.log" 2>&1 || return 1
  for _ in $(seq 100); do
    [ "$(REDISCLI_AUTH=$password redis-cli -h 127.0.0.1 -p "$port" ping 2>/dev/null)" = PONG ] && return 0
    sleep .1
  done
  return 1
}

describe() {
  local port=$1
  cat <<OUT
REDIS_ADDRESS=127.0.0.1:$port
REDIS_PASSWORD=$password
REDIS_DIR=$dir
OUT
}

serve "the Redis server" "${REDIS_PORT:-}" "${REDIS_OWNER:-}" "$dir/redis.log" "$dir/start.log"
