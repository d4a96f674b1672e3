# What the start scripts of servers share; sourced, not run. The script that sources it sets `service` first, for messages.

say() { echo "$service: $*" >&2; }

# Installs Debian packages unless the test given first holds: install_unless TEST PACKAGE...
install_unless() {
  local present=$1 sudo=""
  shift
  "$present" && return 0
  command -v apt-get >/dev/null || { say "the tests need Debian's $*; there is no apt-get here"; return 1; }
  [ "$(id -u)" = 0 ] || sudo="sudo"
  # Several test processes may come here at once; one installs, the others wait.
  exec 9>"${TMPDIR:-/tmp}/dataplug-apt.lock"
  flock -w 900 9 || { say "another process has been installing packages for 15 minutes"; return 1; }
  if ! "$present"; then
    say "installing $*"
    { $sudo apt-get update -q && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"; } >&2
  fi
  exec 9>&-
  "$present" || { say "the packages are installed, but what the tests need is still missing"; return 1; }
}

# Installs a package of npm into a folder of its own, once: npm_install PACKAGE VERSION FOLDER FILE, the file being one that it has then.
npm_install() {
  local package=$1 version=$2 home=$3 file=$4
  with_node() { command -v node >/dev/null; }
  with_npm() { command -v npm >/dev/null; }
  with_curl() { command -v curl >/dev/null; }
  install_unless with_node nodejs
  install_unless with_curl curl
  [ ! -f "$home/complete" ] || return 0
  install_unless with_npm npm
  mkdir -p "$home"
  exec 8>"$home/lock"
  flock -w 900 8 || { say "another process has been installing $package for 15 minutes"; exit 1; }
  if [ ! -f "$home/complete" ]; then
    say "installing $package $version from npm to $home"
    npm install --prefix "$home" --no-save --no-audit --no-fund --ignore-scripts --omit=dev "$package@$version" >&2
    [ -e "$file" ] || { say "npm has installed no $file"; exit 1; }
    touch "$home/complete"
  fi
  exec 8>&-
}

free_port() {
  local port
  for _ in $(seq 200); do
    port=$((20000 + RANDOM % 12000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { echo "$port"; return; }
  done
  say "no free port was found"; exit 1
}

# Ends the server of a folder and throws its data away. Only processes that were started with this very folder are ended.
down() {
  local dir=$1 file pid
  [ -d "$dir" ] || return 0
  for file in "$dir"/server.pid "$dir"/run/*.pid; do
    pid=$(cat "$file" 2>/dev/null || true)
    if [ -n "$pid" ] && { tr "\0" " " < "/proc/$pid/cmdline"; } 2>/dev/null | grep -qF -e "$dir/" -e "$dir "; then
      kill -9 "$pid" 2>/dev/null || true
    fi
  done
  rm -rf "$dir"
}

# Ends the server of a folder when a process ends, however that ends: down_with SCRIPT PID DIR
down_with() {
  setsid bash -c 'while kill -0 "$1" 2>/dev/null; do [ -d "$3" ] || exit 0; sleep 1; done; exec "$2" down "$3"' watch "$2" "$1" "$3" </dev/null >/dev/null 2>&1 &
}

# Starts the server in $dir by the script's own `start PORT`, and prints what its `describe PORT` says: serve NAME PORT OWNER LOG...
# PORT may be empty for a free one. The server ends with the process OWNER, if there is one; the end of the logs is shown when it
# does not start.
serve() {
  local name=$1 wanted=$2 owner=$3 port attempt
  shift 3
  # A port found free may be taken by another process a moment later, so a start that fails is tried again with others.
  for attempt in 1 2 3; do
    port=${wanted:-$(free_port)}
    if start "$port"; then
      [ -z "$owner" ] || down_with "$script" "$owner" "$dir"
      describe "$port"
      return 0
    fi
    say "attempt $attempt did not start:"; tail -n 15 "$@" >&2 || true
    down "$dir"
  done
  say "$name could not be started"
  return 1
}
