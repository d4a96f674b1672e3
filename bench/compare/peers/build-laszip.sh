#!/bin/bash
# Builds laszip-peer from a copy of LASzip's public source (github.com/LASzip/LASzip), for the comparison only.
#   build-laszip.sh SOURCE OUT
set -euo pipefail
source=$1 out=$2
here=$(dirname "$(realpath "$0")")
mkdir -p "$(dirname "$out")"
# Two classes of an older interface are not in its own build, either.
mapfile -t sources < <(ls "$source"/src/*.cpp | grep -v -e /lasunzipper.cpp -e /laszipper.cpp)
g++ -O3 -DNDEBUG -DLASZIPDLL_EXPORTS -DUNORDERED -w -std=c++17 -I"$source/include/laszip" -I"$source/include" -I"$source/dll" -I"$source/src" \
  "$here/laszip-peer.cpp" "${sources[@]}" -o "$out"
