// SPDX-License-Identifier: Apache-2.0
#include "app/gui/window.h"

#include <QApplication>
#include <QSettings>
#include <QTimer>
#include <exception>
#include <functional>

#include "app/gui/display.h"
#include "app/version.h"
#include "app/wiring.h"
#include "core/base/error.h"
#include "ui/main_window.h"
#include "ui/theme.h"

namespace rs::app {

namespace {

// Qt must not meet an exception: what escapes a slot is a bug of ours, told and lived with.
class Application final : public QApplication {
 public:
  using QApplication::QApplication;
  std::function<void(const QString&)> tell;

  bool notify(QObject* receiver, QEvent* event) override {
    try {
      return QApplication::notify(receiver, event);
    } catch (const std::exception& error) {
      if (tell) {
        tell(QString::fromLocal8Bit(error.what()));
      }
      return false;
    }
  }
};

}  // namespace

bool hasWindow() {
  return true;
}

int runWindow(const WindowRequest& request, int argc, char** argv) {
  if (const std::string problem = displayProblem(); !problem.empty()) {
    throw Error(ErrorCode::kUnsupported,
                "opening the window: " + problem + "; `routescope demo` shows the main job in the terminal");
  }
  QApplication::setApplicationName(QStringLiteral("routescope"));
  QApplication::setOrganizationName(QStringLiteral("routescope"));
  QApplication::setApplicationDisplayName(QStringLiteral("Routescope"));
  QApplication::setApplicationVersion(QString::fromLatin1(kVersion));
  QApplication::setDesktopFileName(QStringLiteral("routescope"));
  Application application(argc, argv);
  const QString theme = QString::fromStdString(request.theme);
  ui::applyTheme(
      ui::themeFromText(theme.isEmpty() ? QSettings().value(QStringLiteral("theme")).toString() : theme));
  ui::MainWindow window(makeEngineClient());
  application.tell = [&](const QString& message) { window.workbench().tellError(message); };
  window.show();
  // Once the window can be seen, so that a model's errors have a place to appear.
  QTimer::singleShot(0, &window, [&] {
    if (request.file == "demo") {
      window.openDemo();
    } else if (!request.file.empty()) {
      window.open(QString::fromStdString(request.file));
    }
  });
  return QApplication::exec();
}

}  // namespace rs::app
