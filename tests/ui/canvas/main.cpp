// SPDX-License-Identifier: Apache-2.0
//
// The tests of the canvases: one QApplication for all of them, on whatever platform QT_QPA_PLATFORM names.
#define CATCH_CONFIG_RUNNER
#include <QApplication>
#include <catch2/catch.hpp>

int main(int argc, char** argv) {
  QApplication application(argc, argv);
  return Catch::Session().run(argc, argv);
}
