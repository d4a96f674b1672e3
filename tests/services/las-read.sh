#!/usr/bin/env bash
# Reads LAS files with npm's copc, a reader that knows nothing of ours, for the tests.
#
#   las-read.sh          installs it; quick when it is there
#   las-read.sh FILE     prints what it reads: a JSON object with the header, the records and a column of each attribute
#
# Environment: LAS_READ_HOME (where copc is installed, default in the cache).
set -euo pipefail
service=las-read
script=$(realpath "$0")
# shellcheck source=tests/services/service.sh
. "$(dirname "$script")/service.sh"

version=0.0.8
home=${LAS_READ_HOME:-${XDG_CACHE_HOME:-$HOME/.cache}/dataplug-tests/copc-$version}
npm_install copc "$version" "$home" "$home/node_modules/copc/lib/las/view.js"
[ $# = 0 ] || exec node "$(dirname "$script")/las-read.mjs" "$home/node_modules/copc/lib/las" "$1"
