// SPDX-License-Identifier: Apache-2.0
//
// The line over a session whose model is not open: which one made its runs, and the button that opens it.
//
// Thread: the window's.
#pragma once

#include <QFrame>
#include <functional>

#include "ui/session/stored_session.h"

class QLabel;
class QPushButton;

namespace rs::ui {

class ModelNotice final : public QFrame {
 public:
  // `open` is called with a path that is known, or an empty one: ask for it.
  ModelNotice(std::function<void(const QString& path)> open, QWidget* parent);
  // opened: the model that is open; null: none. Hidden where there is nothing to say.
  void show(const WantedModel& wanted, const ModelInfo* opened);

 private:
  std::function<void(const QString&)> open_;
  QString path_;
  QLabel* text_;
  QPushButton* button_;
};

}  // namespace rs::ui
