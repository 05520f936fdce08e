// SPDX-License-Identifier: Apache-2.0
//
// Settings and state of the window in a folder of their own, so that a measurement begins anew and leaves
// nothing behind. Made before the application.
#pragma once

#include <QApplication>
#include <QSettings>
#include <QTemporaryDir>

namespace rs::bench {

class OwnSettings {
 public:
  OwnSettings() {
    QSettings::setDefaultFormat(QSettings::IniFormat);
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, folder_.path());
    qputenv("XDG_STATE_HOME", folder_.path().toLocal8Bit());
    qputenv("XDG_CONFIG_HOME", folder_.path().toLocal8Bit());
    QApplication::setApplicationName(QStringLiteral("routescope"));
    QApplication::setOrganizationName(QStringLiteral("routescope"));
  }

  [[nodiscard]] QString file(const QString& name) const { return folder_.filePath(name); }

 private:
  QTemporaryDir folder_;
};

}  // namespace rs::bench
