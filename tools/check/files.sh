#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Prints the project's files, one a line, new ones included: files.sh [PATTERN…], each a shell pattern on the
# whole path ('*.cpp'). Run from the root.
set -eu
if [ -e .git ] && git -c safe.directory='*' ls-files >/dev/null 2>&1; then
  git -c safe.directory='*' ls-files --cached --others --exclude-standard
else
  find . -type f -not -path './build*' -not -path './.git/*' | sed 's|^\./||'
fi | sort -u | while IFS= read -r file; do
  [ -f "$file" ] || continue
  [ $# -gt 0 ] || echo "$file"
  for pattern in "$@"; do
    # shellcheck disable=SC2254 # the pattern is meant to be one
    case $file in
      $pattern)
        echo "$file"
        break
        ;;
    esac
  done
done
