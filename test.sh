#!/bin/bash
# Builds everything, starts the servers that the tests need, runs every test project, and ends with
# "N passed, N failed, N skipped" over all of them. Needs the .NET SDK; the servers are installed from Debian.
set -uo pipefail
cd "$(dirname "$0")"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 MSBUILDDISABLENODEREUSE=1 CI=true
results=$(mktemp -d)
failed=0

stop() {
  tests/services/s3-up.sh down >/dev/null 2>&1 || true
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

say "S3 server"
if tests/services/s3-up.sh > "$results/s3.env"; then
  set -a; . "$results/s3.env"; set +a
  cat "$results/s3.env"
else
  cat "$results/s3.env"
  echo "the S3 server did not start"
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
