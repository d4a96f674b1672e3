#!/usr/bin/env bash
# Installs the programs whose gzip indexes the tests exchange with ours, from Debian: gztool, indexed_gzip for Python, and bgzip.
# Quick when they are there. May be called by several test processes at once.
set -euo pipefail

say() { echo "gzip-tools: $*" >&2; }

complete() {
  command -v gztool >/dev/null && command -v bgzip >/dev/null && [ -x /usr/bin/python3 ] && /usr/bin/python3 -c 'import indexed_gzip' 2>/dev/null
}

complete && exit 0
command -v apt-get >/dev/null || { say "the tests need Debian's gztool, tabix and python3-indexed-gzip; there is no apt-get here"; exit 1; }
sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo"

exec 9>"${TMPDIR:-/tmp}/dataplug-apt.lock"
flock -w 900 9 || { say "another process has been installing packages for 15 minutes"; exit 1; }
if ! complete; then
  say "installing gztool tabix python3-indexed-gzip"
  { $sudo apt-get update -q && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends gztool tabix python3 python3-indexed-gzip; } >&2
fi
complete || { say "the packages are installed, but a program is still missing"; exit 1; }
