#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# In a folder with a registered.inc every source has one line there, and every line a source. Run from the root.
set -eu
bad=0
for list in $(sh tools/check/files.sh '*/registered.inc'); do
  folder=$(dirname "$list")
  # A line is MACRO(name) or MACRO(name, …); the file is <name>.cpp, with TopK written top_k.
  listed=$(sed -n 's/^[A-Z_]*(\([A-Za-z0-9_]*\).*/\1/p' "$list" |
    sed -e 's/\([a-z0-9]\)\([A-Z]\)/\1_\2/g' | tr 'A-Z' 'a-z' | sort)
  present=$(sh tools/check/files.sh "$folder/*.cpp" | sed -n "s|^$folder/\([^/]*\)\.cpp\$|\1|p" | sort)
  for id in $(printf '%s\n' "$listed" | uniq -d); do
    echo "$list: '$id' is listed twice"
    bad=1
  done
  for id in $listed; do
    printf '%s\n' "$present" | grep -qx "$id" || {
      echo "$list: '$id' has no file $folder/$id.cpp"
      bad=1
    }
  done
  for id in $present; do
    printf '%s\n' "$listed" | grep -qx "$id" || {
      echo "$folder/$id.cpp: has no line in $list"
      bad=1
    }
  done
done
exit $bad
