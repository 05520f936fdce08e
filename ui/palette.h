// SPDX-License-Identifier: Apache-2.0
//
// The palette: type a few letters of any action and press Enter.
//
// Thread: the window's.
#pragma once

#include <QDialog>
#include <vector>

class QAction;
class QLineEdit;
class QListWidget;

namespace rs::ui {

class ActionRegistry;

class Palette final : public QDialog {
 public:
  // Lifetime: the registry outlives the palette.
  Palette(const ActionRegistry& actions, QWidget* parent);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void filter(const QString& text);
  void runChosen();

  const ActionRegistry& actions_;
  QLineEdit* input_;
  QListWidget* list_;
};

// Whether the letters of `typed` occur in `text` in this order, case aside.
[[nodiscard]] bool matchesLetters(const QString& typed, const QString& text);

}  // namespace rs::ui
