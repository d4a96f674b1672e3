#!/bin/bash
# Installs the tools that bench/compare measures against, from Debian.
set -euo pipefail
missing=()
for tool in gztool:gztool igzip:isal pigz:pigz gzip:gzip time:time taskset:util-linux python3:python3; do
  [ -x "/usr/bin/${tool%%:*}" ] || missing+=("${tool##*:}")
done
/usr/bin/python3 -c 'import indexed_gzip' 2>/dev/null || missing+=(python3-indexed-gzip)
[ ${#missing[@]} -eq 0 ] && exit 0
sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
