#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Small rules for every file: licence line, length, plain names, no absolute path of somebody's machine, nothing
# left to do without an issue. Run from the root.
set -eu
max_lines=800
bad=0
say() {
  echo "$*"
  bad=1
}

for file in $(sh tools/check/files.sh '*.h' '*.cpp' '*.cu' '*.cuh'); do
  head -n 1 "$file" | grep -qx '// SPDX-License-Identifier: Apache-2.0' ||
    say "$file:1: the first line must be: // SPDX-License-Identifier: Apache-2.0"
  lines=$(wc -l <"$file")
  [ "$lines" -le $max_lines ] || say "$file: $lines lines; split it (at most $max_lines)"
done
for file in $(sh tools/check/files.sh '*.sh' '*.awk' '*.py' '.ci/run'); do
  head -n 3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || say "$file: no SPDX line at its top"
done

sh tools/check/files.sh | grep '[^A-Za-z0-9_./+-]' >&2 && say "a path above has other characters than A-Z a-z 0-9 _ . / + -"

texts=$(sh tools/check/files.sh '*.h' '*.cpp' '*.cu' '*.cuh' '*.inc' '*.md' '*.sh' '*.awk' '*.py' '*.cmake' '*.txt' '*.json' \
  Makefile | grep -v -e '^tests/fixtures/' -e '^tests/fuzz/corpus/' -e '^resources/' || true)
# shellcheck disable=SC2086 # a list
if grep -nE '(^|[^A-Za-z0-9_.$}/])/(home|Users|work|root|mnt)/[A-Za-z]' $texts; then
  say "the lines above name a path that exists on one machine only"
fi
marks='TO''DO|FIX''ME|X''XX'
# shellcheck disable=SC2086
if grep -nE "(^|[^A-Za-z])($marks)([^A-Za-z]|\$)" $texts; then
  say "the lines above leave something to do; open an issue instead"
fi
exit $bad
