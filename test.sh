#!/bin/bash
# Builds everything, starts the servers that the tests need, runs every test project, and ends with
# "N passed, N failed, N skipped" over all of them. Needs the .NET SDK; the servers are installed from Debian and npm.
set -uo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 CI=true
results=$(mktemp -d)
failed=0
declare -A folders=()

stop() {
  local script
  for script in "${!folders[@]}"; do
    "$script" down "${folders[$script]}" >/dev/null 2>&1 || true
  done
  rm -rf "$results"
}
trap stop EXIT

say() { printf '\n== %s\n' "$*"; }

say "build"
dotnet build Dataplug.sln -c Release -v q || { echo "the build failed"; echo "0 passed, 1 failed, 0 skipped"; exit 1; }

say "code style"
if ! dotnet format Dataplug.sln --verify-no-changes --no-restore --severity warn; then
  echo "run 'dotnet format' and commit what it changes"
  failed=1
fi

say "compressors"
# Tests on a compressor that is missing are skipped, each with the reason.
tests/services/compressors.sh || failed=1
say "programs that exchange gzip indexes with ours"
tests/services/gzip-tools.sh || failed=1

# One server of a kind for all test projects; each makes buckets of its own: start_server NAME SCRIPT VARIABLE PREFIX SHOWN
start_server() {
  local name=$1 script=tests/services/$2 variable=$3 prefix=$4 shown=$5 settings
  say "$name server"
  if settings=$("$script"); then
    export "$variable=$settings"
    folders[$script]=$(sed -n "s/^${prefix}_DIR=//p" <<< "$settings")
    grep "${prefix}_$shown" <<< "$settings"
  else
    echo "the $name server did not start"
    failed=1
  fi
}
start_server S3 s3-up.sh DATAPLUG_TEST_S3 S3 ENDPOINT
start_server Azurite azurite-up.sh DATAPLUG_TEST_AZURE AZURITE ENDPOINT
start_server Redis redis-up.sh DATAPLUG_TEST_REDIS REDIS ADDRESS
start_server Slurm slurm-up.sh DATAPLUG_TEST_SLURM SLURM CONF
start_server Lambda lambda-up.sh DATAPLUG_TEST_LAMBDA LAMBDA ENDPOINT

for project in tests/*/*.csproj; do
  grep -q '<IsTestProject>false' "$project" && continue
  say "$(basename "$project" .csproj)"
  timeout --kill-after=20 900 dotnet test "$project" -c Release --no-build --nologo --logger "console;verbosity=minimal" 2>&1 | tee "$results/$(basename "$project").log"
  [ "${PIPESTATUS[0]}" = 0 ] || failed=1
done

# "Passed!  - Failed:     0, Passed:    10, Skipped:     0, Total:    10, Duration: 1 s - X.dll"
totals=$(cat "$results"/*.log | sed -nE 's/.*Failed: +([0-9]+), Passed: +([0-9]+), Skipped: +([0-9]+), Total:.*/\2 \1 \3/p' |
  awk '{ p += $1; f += $2; s += $3 } END { printf "%d %d %d", p, f, s }')
read -r passed bad skipped <<< "$totals"
# A project that crashed or a style error shows as a failure even where no test said so.
[ "$failed" = 1 ] && [ "$bad" = 0 ] && bad=1
echo
echo "$passed passed, $bad failed, $skipped skipped"
[ "$bad" = 0 ]
