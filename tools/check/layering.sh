#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Every #include against the table tests/checks/layering.txt. Run from the root.
set -eu
# shellcheck disable=SC2046 # our paths hold no spaces; hygiene.sh sees to it
awk -f tools/check/layering.awk tests/checks/layering.txt \
  $(sh tools/check/files.sh '*.h' '*.cpp' '*.inc' '*.cu' '*.cuh')
