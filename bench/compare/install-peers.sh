#!/bin/bash
# Installs the tools that bench/compare measures against, from Debian.
set -euo pipefail
missing=()
for tool in gztool:gztool igzip:isal pigz:pigz gzip:gzip time:time taskset:util-linux python3:python3 samtools:samtools bcftools:bcftools tabix:tabix bgzip:tabix seqkit:seqkit gdal_translate:gdal-bin; do
  [ -x "/usr/bin/${tool%%:*}" ] || missing+=("${tool##*:}")
done
/usr/bin/python3 -c 'import indexed_gzip' 2>/dev/null || missing+=(python3-indexed-gzip)
# pyimzML itself is in no package: --pyimzml names a folder with a copy of its package, which takes these.
/usr/bin/python3 -c 'import numpy' 2>/dev/null || missing+=(python3-numpy)
/usr/bin/python3 -c 'import lxml' 2>/dev/null || missing+=(python3-lxml)
[ ${#missing[@]} -eq 0 ] && exit 0
sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
