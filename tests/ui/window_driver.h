// SPDX-License-Identifier: Apache-2.0
//
// Drives the real window with mouse and keys.
#pragma once

#include <QLabel>
#include <QPushButton>
#include <QTest>
#include <catch2/catch.hpp>
#include <memory>
#include <span>

#include "app/wiring.h"
#include "tests/ui/application.h"
#include "tests/ui/find_widget.h"
#include "ui/main_window.h"
#include "ui/reading/text_reading.h"
#include "ui/session/session_link.h"
#include "ui/theme.h"

namespace rs::test {

class Driver {
 public:
  Driver() {
    application();
    ui::applyTheme(ui::ThemeChoice::kDark);
    window = std::make_unique<ui::MainWindow>(app::makeEngineClient());
    window->show();
    REQUIRE(QTest::qWaitForWindowExposed(window.get()));
    takeKeyboard();
  }
  // As a person closes it.
  void close() {
    window->close();
    window.reset();
  }

  // Without a window manager nobody else gives it the keyboard, and a window of the last case that goes late
  // takes it away again.
  void takeKeyboard() {
    REQUIRE(waitFor([this] {
      if (QApplication::activeWindow() == nullptr) {
        QApplication::setActiveWindow(window.get());
      }
      return QApplication::activeWindow() != nullptr;
    }));
  }

  template <typename Widget>
  [[nodiscard]] Widget* find(const char* name) const {
    return findIn<Widget>(*window, name);
  }
  void click(QWidget* widget, QPoint at = {}) {
    QTest::mouseClick(widget, Qt::LeftButton, {}, at.isNull() ? widget->rect().center() : at);
    settle();
  }
  void key(int key, Qt::KeyboardModifiers modifiers = {}) {
    takeKeyboard();
    QTest::keyClick(QApplication::focusWidget() != nullptr ? QApplication::focusWidget() : window.get(),
                    static_cast<Qt::Key>(key), modifiers);
    settle();
  }
  [[nodiscard]] bool idle() {
    settle();
    return waitFor([this] { return !window->workbench().isBusy(); }) && (settle(), true);
  }
  [[nodiscard]] QString answer() const {
    const auto run = window->workbench().run();
    return ui::tokensText(window->workbench().tokenizer().get(),
                          std::span(*run->tokens).subspan(static_cast<std::size_t>(run->n_prompt)));
  }
  // As a newcomer would: the start screen's button, whatever runs then.
  void openDemo() {
    click(find<QPushButton>("start.file.demo"));
    REQUIRE(waitFor([this] { return window->workbench().run() != nullptr; }));
    REQUIRE(idle());
  }
  // A session with runs, and its model.
  void openStored(const QString& path) {
    window->open(path);
    restStored();
  }
  void restStored() {
    const ui::Workbench& bench = window->workbench();
    REQUIRE(waitFor([&] { return bench.model() != nullptr && !bench.stored().empty(); }));
    REQUIRE(idle());
  }

  std::unique_ptr<ui::MainWindow> window;
};

// What the banner says; "" where there is none.
[[nodiscard]] inline QString bannerText(const Driver& driver) {
  return driver.find<QWidget>("banner")->isVisible() ? driver.find<QLabel>("banner.text")->text() : QString();
}

// A window of the past: the demo's run, stored in a file.
inline void storeDemo(const QString& path) {
  Driver driver;
  driver.openDemo();
  driver.window->session().saveAs(path);
  REQUIRE(waitFor([&] { return driver.window->session().path() == path; }));
  settle();
  driver.close();
}

}  // namespace rs::test
