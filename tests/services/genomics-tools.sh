#!/usr/bin/env bash
# Installs the programs that the tests hold genomics formats against, from Debian: samtools, bcftools, tabix, bgzip and seqkit.
# Quick when they are there. May be called by several test processes at once.
set -euo pipefail

say() { echo "genomics-tools: $*" >&2; }

complete() {
  command -v samtools >/dev/null && command -v bcftools >/dev/null && command -v tabix >/dev/null && command -v bgzip >/dev/null && command -v seqkit >/dev/null
}

complete && exit 0
command -v apt-get >/dev/null || { say "the tests need Debian's samtools, bcftools, tabix and seqkit; there is no apt-get here"; exit 1; }
sudo=""
[ "$(id -u)" = 0 ] || sudo="sudo"

exec 9>"${TMPDIR:-/tmp}/dataplug-apt.lock"
flock -w 900 9 || { say "another process has been installing packages for 15 minutes"; exit 1; }
if ! complete; then
  say "installing samtools bcftools tabix seqkit"
  { $sudo apt-get update -q && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends samtools bcftools tabix seqkit; } >&2
fi
complete || { say "the packages are installed, but a program is still missing"; exit 1; }
