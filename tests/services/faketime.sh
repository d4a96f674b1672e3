#!/usr/bin/env bash
# Installs libfaketime from Debian, by which tests run workers whose clock is wrong, and prints where the library is.
set -euo pipefail
service=faketime
# shellcheck source=tests/services/service.sh
. "$(dirname "$(realpath "$0")")/service.sh"

library() { ls /usr/lib/*/faketime/libfaketimeMT.so.1 2>/dev/null; }
installed() { library >/dev/null; }
install_unless installed libfaketime
library | head -n 1
