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

# Beside the installations and the starts of servers, which mostly wait.
dotnet build Dataplug.sln -c Release -v q > "$results/build" 2>&1 &
building=$!

say "compressors"
# Tests on a compressor that is missing are skipped, each with the reason.
tests/services/compressors.sh || failed=1
say "programs that exchange gzip indexes with ours"
tests/services/gzip-tools.sh || failed=1
say "programs that genomics formats are held against"
tests/services/genomics-tools.sh || failed=1
say "programs that geospatial formats are held against"
tests/services/geo-tools.sh || failed=1
tests/services/las-read.sh || failed=1

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

say "build"
wait "$building"
built=$?
cat "$results/build"
[ "$built" = 0 ] || { echo "the build failed"; echo "0 passed, 1 failed, 0 skipped"; exit 1; }

# Beside the first tests.
(dotnet format Dataplug.sln --verify-no-changes --no-restore --severity warn > "$results/style" 2>&1 || touch "$results/style.failed") &
style=$!

run_tests() {
  local name=$1
  timeout --kill-after=20 900 dotnet test "tests/$name/$name.csproj" -c Release --no-build --nologo --logger "console;verbosity=minimal" > "$results/$name.log" 2>&1 || touch "$results/$name.failed"
}

# The first of these mostly wait for their servers; all are run beside those that are not watched by the clock.
waiting="Dataplug.Storage.Azure.Tests Dataplug.Storage.Redis.Tests Dataplug.Lithops.Plots.Tests Dataplug.Formats.Imzml.Tests Dataplug.Formats.Geo.Tests"
for name in $waiting; do run_tests "$name"; done &
beside=$!

for project in tests/*/*.csproj; do
  grep -q '<IsTestProject>false' "$project" && continue
  name=$(basename "$project" .csproj)
  [[ " $waiting " == *" $name "* ]] && continue
  # Workers that are watched by the clock are not to be kept from the processors.
  [ "$name" = Dataplug.Lithops.Tests ] && wait "$beside" "$style"
  say "$name"
  run_tests "$name"
  cat "$results/$name.log"
done
wait "$beside" "$style"
if [ -e "$results/style.failed" ]; then
  say "code style"
  cat "$results/style"
  echo "run 'dotnet format' and commit what it changes"
  failed=1
fi
for name in $waiting; do
  say "$name"
  cat "$results/$name.log"
done
compgen -G "$results/*.failed" > /dev/null && failed=1

# "Passed!  - Failed:     0, Passed:    10, Skipped:     0, Total:    10, Duration: 1 s - X.dll"
totals=$(cat "$results"/*.log | sed -nE 's/.*Failed: +([0-9]+), Passed: +([0-9]+), Skipped: +([0-9]+), Total:.*/\2 \1 \3/p' |
  awk '{ p += $1; f += $2; s += $3 } END { printf "%d %d %d", p, f, s }')
read -r passed bad skipped <<< "$totals"
# A project that crashed or a style error shows as a failure even where no test said so.
[ "$failed" = 1 ] && [ "$bad" = 0 ] && bad=1
echo
echo "$passed passed, $bad failed, $skipped skipped"
[ "$bad" = 0 ]
