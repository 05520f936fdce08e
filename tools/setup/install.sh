#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# Installs the Debian packages that are missing, and says which: install.sh build [gui] [check] [train].
set -eu

packages_of() {
  case $1 in
    build) echo g++ cmake ninja-build ccache catch2 nlohmann-json3-dev libcli11-dev libsqlite3-dev ;;
    gui) echo qt6-base-dev libqt6opengl6-dev qt6-svg-dev libimgui-dev libstb-dev xvfb xauth libgl1-mesa-dri fonts-dejavu-core ;;
    check) echo clang clang-format clang-tidy libclang-rt-14-dev ;;
    train) echo libtorch-dev libopenblas0-pthread libopenblas-dev wordnet-base ;;
    *)
      echo "install.sh: unknown group '$1' (expected: build, gui, check, train)" >&2
      exit 2
      ;;
  esac
}

wanted=
for group in "$@"; do
  wanted="$wanted $(packages_of "$group")"
done

if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "This is not a Debian system, so nothing was installed. Needed (Debian names):$wanted"
  exit 0
fi

missing=
for package in $wanted; do
  status=$(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -eq 0 ]; then
  as_root='env'
elif command -v sudo >/dev/null 2>&1; then
  as_root='sudo env'
else
  echo "These Debian packages are missing:$missing" >&2
  echo "You are not root and there is no sudo. Ask someone who is root to run:" >&2
  echo "  apt-get update && apt-get install --no-install-recommends$missing" >&2
  exit 1
fi

echo "Installing these Debian packages:$missing"
# Nothing may ask a question: the same line runs where nobody is there to answer.
if ! $as_root DEBIAN_FRONTEND=noninteractive apt-get update -qq </dev/null ||
  ! $as_root DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends $missing </dev/null; then
  echo "apt-get failed; its message is above. Needed and missing:$missing" >&2
  echo "Routescope is built on Debian 12 (bookworm); with these packages installed by hand, run make again." >&2
  exit 1
fi
