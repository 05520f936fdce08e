#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# clang-format (14, Debian 12's) has nothing to change; `format.sh --fix` lets it. Run from the root.
set -eu
# shellcheck disable=SC2046
if [ "${1:-}" = --fix ]; then
  clang-format -i $(sh tools/check/files.sh '*.h' '*.cpp' '*.cu' '*.cuh')
else
  clang-format --dry-run -Werror $(sh tools/check/files.sh '*.h' '*.cpp' '*.cu' '*.cuh')
fi
