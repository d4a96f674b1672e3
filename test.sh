#!/bin/bash
# Builds everything, starts the servers that the tests need, runs every test project, and ends with
# "N passed, N failed, N skipped" over all of them. Needs the .NET SDK; the servers are installed from Debian and npm.
set -uo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 CI=true
results=$(mktemp -d)
failed=0
s3_folder=
azure_folder=
redis_folder=

stop() {
  [ -z "$s3_folder" ] || tests/services/s3-up.sh down "$s3_folder" >/dev/null 2>&1 || true
  [ -z "$azure_folder" ] || tests/services/azurite-up.sh down "$azure_folder" >/dev/null 2>&1 || true
  [ -z "$redis_folder" ] || tests/services/redis-up.sh down "$redis_folder" >/dev/null 2>&1 || true
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

say "S3 server"
# One server for all test projects; each makes buckets of its own.
if DATAPLUG_TEST_S3=$(tests/services/s3-up.sh); then
  export DATAPLUG_TEST_S3
  s3_folder=$(sed -n 's/^S3_DIR=//p' <<< "$DATAPLUG_TEST_S3")
  grep S3_ENDPOINT <<< "$DATAPLUG_TEST_S3"
else
  echo "the S3 server did not start"
  failed=1
fi

say "Azure server (Azurite)"
if DATAPLUG_TEST_AZURE=$(tests/services/azurite-up.sh); then
  export DATAPLUG_TEST_AZURE
  azure_folder=$(sed -n 's/^AZURITE_DIR=//p' <<< "$DATAPLUG_TEST_AZURE")
  grep AZURITE_ENDPOINT <<< "$DATAPLUG_TEST_AZURE"
else
  echo "the Azure server did not start"
  failed=1
fi

say "Redis server"
if DATAPLUG_TEST_REDIS=$(tests/services/redis-up.sh); then
  export DATAPLUG_TEST_REDIS
  redis_folder=$(sed -n 's/^REDIS_DIR=//p' <<< "$DATAPLUG_TEST_REDIS")
  grep REDIS_ADDRESS <<< "$DATAPLUG_TEST_REDIS"
else
  echo "the Redis server did not start"
  failed=1
fi

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
