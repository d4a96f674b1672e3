#!/usr/bin/env bash
# Installs the compressors whose output the tests read, from Debian: gzip, pigz, bgzip (tabix), igzip (isal), zopfli, zstd and
# pzstd (zstd). Prints a line a program that is missing in the end; then exits with 1.
set -euo pipefail

say() { echo "compressors: $*" >&2; }

declare -A packages=([gzip]=gzip [pigz]=pigz [bgzip]=tabix [igzip]=isal [zopfli]=zopfli [zstd]=zstd [pzstd]=zstd)

missing() {
  local program
  for program in "${!packages[@]}"; do
    command -v "$program" >/dev/null || echo "$program"
  done
}

sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo"

if [ -n "$(missing)" ] && command -v apt-get >/dev/null; then
  # Several test processes may come here at once; one installs, the others wait.
  exec 9>"${TMPDIR:-/tmp}/dataplug-apt.lock"
  flock -w 900 9 || { say "another process has been installing packages for 15 minutes"; exit 1; }
  wanted=$(for program in $(missing); do echo "${packages[$program]}"; done | sort -u | tr '\n' ' ')
  if [ -n "${wanted// /}" ]; then
    say "installing $wanted"
    # shellcheck disable=SC2086
    { $sudo apt-get update -q && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $wanted; } >&2
  fi
  exec 9>&-
fi

left=$(missing)
[ -z "$left" ] || { while read -r program; do say "$program is missing"; done <<< "$left"; exit 1; }
