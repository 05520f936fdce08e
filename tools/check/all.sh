#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Every check of `make check`, all of them even when one fails: all.sh BUILD JOBS. Run from the root.
set -u
failed=
for name in format hygiene layering registered docs tidy; do
  if sh "tools/check/$name.sh" ${1:+"$1"} ${2:+"$2"}; then
    echo "check $name: passed"
  else
    echo "check $name: FAILED"
    failed="$failed $name"
  fi
done
[ -z "$failed" ] || {
  echo "failed:$failed"
  exit 1
}
