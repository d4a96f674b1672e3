#!/usr/bin/env bash
# Installs the programs that the tests hold geospatial formats against, and prints NAME=VALUE lines of where they are. Quick when they are
# there. May be called by several test processes at once.
#
#   geo-tools.sh [TOOL...]   all tools, or the named ones:
#     laz-perf               an independent decoder of LAZ, from npm: laz_perf=FOLDER of its package
#     gdal                   gdalinfo and gdal_translate, from Debian; found on the path
#
# Environment: GEO_TOOLS_HOME (where packages of npm are installed, default in the cache).
set -euo pipefail
service=geo-tools
script=$(realpath "$0")
# shellcheck source=tests/services/service.sh
. "$(dirname "$script")/service.sh"

home=${GEO_TOOLS_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/dataplug-tests}

laz_perf() {
  local version=0.0.7 folder package
  folder=$home/laz-perf-$version
  package=$folder/node_modules/laz-perf
  npm_install laz-perf "$version" "$folder" "$package/lib/node/laz-perf.wasm"
  echo "laz_perf=$package"
}

gdal() {
  with_gdal() { command -v gdalinfo >/dev/null && command -v gdal_translate >/dev/null; }
  install_unless with_gdal gdal-bin
}

[ $# -gt 0 ] || set -- laz-perf gdal
for tool in "$@"; do
  case $tool in
    laz-perf) laz_perf ;;
    gdal) gdal ;;
    *) say "there is no tool '$tool'"; exit 1 ;;
  esac
done
