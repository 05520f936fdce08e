// SPDX-License-Identifier: Apache-2.0
#include "tests/ui/application.h"

#include <QElapsedTimer>
#include <QEventLoop>
#include <QSettings>
#include <QTemporaryDir>

namespace rs::test {

QApplication& application() {
  // Never taken apart: what Qt keeps until the end of the program may go before or after it.
  static QApplication* const kApplication = [] {
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM")) {
      qputenv("QT_QPA_PLATFORM", "offscreen");
    }
    static QTemporaryDir settings;
    qputenv("XDG_STATE_HOME", settings.path().toLocal8Bit());
    QSettings::setDefaultFormat(QSettings::IniFormat);
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, settings.path());
    QApplication::setApplicationName(QStringLiteral("routescope"));
    QApplication::setOrganizationName(QStringLiteral("routescope"));
    static int count = 1;
    static char name[] = "test";
    static char* arguments[] = {name, nullptr};
    return new QApplication(count, arguments);
  }();
  return *kApplication;
}

bool waitFor(const std::function<bool()>& condition) {
  constexpr int kLongest = 10'000;
  constexpr int kSlice = 20;
  QElapsedTimer clock;
  clock.start();
  while (!condition()) {
    if (clock.elapsed() > kLongest) {
      return false;
    }
    QApplication::processEvents(QEventLoop::AllEvents, kSlice);
  }
  return true;
}

void settle() {
  for (int i = 0; i < 3; ++i) {
    QApplication::processEvents();
  }
}

}  // namespace rs::test
