#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Runs every libFuzzer program of a build folder for a while, starting from a copy of its seeds:
# fuzz.sh BUILD JOBS. FUZZ_SECONDS (12) is the time for each; an input that breaks one stays in BUILD/crashes.
set -eu
build=$1
jobs=$2
seconds=${FUZZ_SECONDS:-12}
root=$(pwd)
mkdir -p "$build/crashes"

run_one() { # program
  name=$(basename "$1" | sed 's/^fuzz_//')
  mkdir -p "$build/corpus/$name"
  if [ -d "tests/fuzz/corpus/$name" ]; then
    cp -R "tests/fuzz/corpus/$name/." "$build/corpus/$name/"
  fi
  log=$build/fuzz_$name.log
  if ! "$1" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 \
    -artifact_prefix="$root/$build/crashes/$name-" "$build/corpus/$name" >"$log" 2>&1 </dev/null; then
    tail -n 60 "$log"
    echo "fuzz $name: FAILED; the input is in $build/crashes"
    return 1
  fi
  echo "fuzz $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs, nothing broke"
}

if [ "${3:-}" ]; then
  run_one "$3"
  exit
fi
programs=
for file in "$build"/fuzz_*; do
  if [ -f "$file" ] && [ -x "$file" ]; then
    programs="$programs $file"
  fi
done
if [ -z "$programs" ]; then
  echo "fuzz.sh: no fuzz programs in $build; build with: cmake --preset fuzz && cmake --build --preset fuzz" >&2
  exit 1
fi
printf '%s\n' $programs | xargs -n 1 -P "$jobs" sh "$0" "$build" "$jobs"
