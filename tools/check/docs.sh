#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Docs against code: links lead somewhere, and every error code, hook site, verb and extension is described.
# Run from the root.
set -eu
bad=0
say() {
  echo "$*"
  bad=1
}

# Links of one page, without code blocks and code spans, as "line target".
links_of() {
  awk '
    /^ *```/ { in_code = !in_code }
    in_code { next }
    {
      gsub(/`[^`]*`/, "")
      while (match($0, /\]\([^) ]+\)/)) {
        print FNR, substr($0, RSTART + 2, RLENGTH - 3)
        $0 = substr($0, RSTART + RLENGTH)
      }
    }' "$1"
}

# What a heading becomes in a link: lower case, no punctuation, dashes for spaces.
anchors_of() {
  awk '/^ *```/ { c = !c } !c && /^#+ / { sub(/^#+ /, ""); print }' "$1" |
    tr 'A-Z' 'a-z' | sed -e 's/[^a-z0-9 _-]//g' -e 's/ /-/g'
}

for page in $(sh tools/check/files.sh '*.md'); do
  folder=$(dirname "$page")
  links=$(links_of "$page")
  printf '%s\n' "$links" | while read -r line target; do
    case $target in
      '' | http://* | https://* | mailto:*) continue ;;
    esac
    path=${target%%#*}
    file=$page
    [ -z "$path" ] || file=$folder/$path
    if [ ! -e "$file" ]; then
      echo "$page:$line: '$target' leads nowhere"
      continue
    fi
    case $target in
      *.md#* | '#'*)
        anchors_of "$file" | grep -qxF -- "${target#*#}" || echo "$page:$line: '$target': no such heading"
        ;;
    esac
  done
done >"${TMPDIR:-/tmp}/rs-links.$$"
if [ -s "${TMPDIR:-/tmp}/rs-links.$$" ]; then
  cat "${TMPDIR:-/tmp}/rs-links.$$"
  bad=1
fi
rm -f "${TMPDIR:-/tmp}/rs-links.$$"

# must_have PAGE WHAT NAME…: every name occurs in the page, as `code`.
must_have() {
  page=$1
  what=$2
  shift 2
  [ $# -gt 0 ] || say "$page: found no $what in the code; has it moved? (tools/check/docs.sh)"
  for name in "$@"; do
    grep -qF -- "\`$name\`" "$page" || say "$page: the $what \`$name\` is not described"
  done
}

# The ids of an extension folder are the names of its files.
ids_of() { sh tools/check/files.sh "$1/*.cpp" | sed 's|.*/\([^/]*\)\.cpp$|\1|'; }

# shellcheck disable=SC2046 # lists of names
{
  must_have docs/errors.md "error code" \
    $(awk '/^enum class ErrorCode/ { on = 1 } on && /^ *k[A-Z]/ { sub(/,.*/, ""); print $1 } /^};/ { on = 0 }' core/base/error.h)
  must_have docs/hooks.md "site" $(sed -n 's/^RS_SITE([^"]*"\([a-z_]*\)".*/\1/p' core/hooks/sites.inc)
  must_have docs/edits.md "edit" $(ids_of core/routing/edits)
  must_have docs/virtual-experts.md "virtual expert" $(ids_of core/experts/virtual)
  must_have docs/command-line.md "verb" $(ids_of app/cli/verbs)
}
exit $bad
