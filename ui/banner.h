// SPDX-License-Identifier: Apache-2.0
//
// A line across the window for what went wrong: the whole message, a way to copy it, a way to be rid of it.
//
// Thread: the window's.
#pragma once

#include <QFrame>

class QLabel;

namespace rs::ui {

class Banner final : public QFrame {
 public:
  explicit Banner(QWidget* parent);
  void tell(const QString& message);
  [[nodiscard]] QString message() const;

 private:
  QLabel* text_;
};

}  // namespace rs::ui
