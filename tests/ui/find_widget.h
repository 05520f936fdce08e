// SPDX-License-Identifier: Apache-2.0
//
// A part of a window by its object name; a test that looks for what is not there fails.
#pragma once

#include <QObject>
#include <catch2/catch.hpp>

namespace rs::test {

template <typename Part>
[[nodiscard]] Part* findIn(const QObject& window, const char* name) {
  auto* found = window.findChild<Part*>(QString::fromLatin1(name));
  INFO(name);
  REQUIRE(found != nullptr);
  return found;
}

}  // namespace rs::test
