#!/bin/bash
# Coverage-guided fuzzing of Dataplug.Compression with AFL++ and SharpFuzz.
#
#   fuzz-afl.sh [MINUTES] [TARGET] [FOLDER]
#
# MINUTES (default 10), TARGET one of Dataplug.Fuzz's, or a kind of input (gzip, blocks, deflate, window, state) for all targets that
# take it (default gzip), FOLDER for the instrumented build and the results (default artifacts/afl; results of a run before are kept
# and resumed). Needs the .NET SDK; afl++ is installed from Debian, SharpFuzz.CommandLine as a tool in FOLDER.
# Ends with exit code 1 when crashes or hangs were found; their inputs are printed, and
# `dotnet run -c Release --project tests/Dataplug.Fuzz -- --replay FILE --target TARGET` runs one again.
set -euo pipefail
cd "$(dirname "$0")/../.."
minutes=${1:-10} target=${2:-gzip} folder=${3:-artifacts/afl}
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1

if ! command -v afl-fuzz >/dev/null; then
  sudo=; [ "$(id -u)" = 0 ] || sudo=sudo
  $sudo apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq --no-install-recommends afl++ >/dev/null
fi
[ -x "$folder/tools/sharpfuzz" ] || dotnet tool install SharpFuzz.CommandLine --version 2.3.0 --tool-path "$folder/tools" >/dev/null

dotnet build tests/Dataplug.Fuzz -c Release -v q --nologo
rm -rf "$folder/bin"
cp -r tests/Dataplug.Fuzz/bin/Release/net10.0 "$folder/bin"
"$folder/tools/sharpfuzz" "$folder/bin/Dataplug.Core.dll" Dataplug.Compression

# The folder of the kind that the target takes.
case $target in
  gzip | blocks | deflate | window | state | column | sidecar) corpus=$target ;;
  inflate | symbols) corpus=deflate ;;
  speculation | twopass | finder) corpus=blocks ;;
  *) corpus=gzip ;;
esac
results="$folder/$target"
[ -d "$results/default/queue" ] && input=- || input=tests/Dataplug.Fuzz/corpus/$corpus

# The binary that AFL starts is .NET's host: the instrumentation is in the library, which AFL can't see. AFL's own limits are wide
# because the first run of a process compiles; the library keeps to 512 MiB of heap.
export AFL_SKIP_BIN_CHECK=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_AFFINITY=1 AFL_NO_UI=1 AFL_AUTORESUME=1
export DOTNET_GCHeapHardLimit=0x20000000 DOTNET_TieredPGO=0
status=0
afl-fuzz -i "$input" -o "$results" -t 10000 -m none -V $((minutes * 60)) -- dotnet "$folder/bin/Dataplug.Fuzz.dll" --afl "$target" > "$folder/$target.log" 2>&1 || status=$?
[ -f "$results/default/fuzzer_stats" ] || { tail -40 "$folder/$target.log"; exit "$status"; }

grep -E '^(run_time|execs_done|execs_per_sec|corpus_count|bitmap_cvg|stability|saved_crashes|saved_hangs|edges_found|total_edges|afl_version) ' "$results/default/fuzzer_stats"
found=$(find "$results/default/crashes" "$results/default/hangs" -type f -name 'id:*')
[ -z "$found" ] || { echo "FINDINGS:"; echo "$found"; exit 1; }
exit "$status"
