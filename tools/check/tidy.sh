#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# clang-tidy over what a build folder has compiled: tidy.sh BUILD JOBS. A source is looked at again when its object
# is newer than its last clean look (so a changed header counts) or .clang-tidy has changed.
set -eu
build=$1
jobs=$2
stamps=$build/tidy

if [ "${3:-}" ]; then # one source
  stamp=$stamps/$(printf '%s' "$3" | tr '/' '_')
  if clang-tidy --quiet --extra-arg=-Wno-unknown-warning-option -p "$build" "$3" >"$stamp.log" 2>&1; then
    mv "$stamp.log" "$stamp"
  else
    grep -v -e ' warnings generated' -e '^Suppressed' -e '^Use -' "$stamp.log"
    exit 1
  fi
  exit
fi

mkdir -p "$stamps"
root=$(pwd)
# "source object" of every compile command.
sed -n 's/^ *"command": .* -o \([^ ]*\) -c \([^ ]*\)",$/\2 \1/p' "$build/compile_commands.json" |
  sed -n "s|^$root/||p" | sort -u >"$stamps/all"
[ -s "$stamps/all" ] || {
  echo "tidy.sh: no compile commands in $build/compile_commands.json"
  exit 1
}
while read -r source object; do
  case $source in
    core/* | gpu/* | app/* | sessions/* | ui/*) ;;
    *) continue ;;
  esac
  stamp=$stamps/$(printf '%s' "$source" | tr '/' '_')
  if [ ! -e "$stamp" ] || [ "$build/$object" -nt "$stamp" ] || [ .clang-tidy -nt "$stamp" ]; then
    echo "$source"
  fi
done <"$stamps/all" >"$stamps/list"
echo "clang-tidy: $(wc -l <"$stamps/list") sources to look at"
xargs -r -n 1 -P "$jobs" sh "$0" "$build" "$jobs" <"$stamps/list"
