// SPDX-License-Identifier: Apache-2.0
//
// The table twin of a canvas as a widget: follows the cursor without telling, and tells of the cell that a
// person goes to.
//
// Thread: the window's.
#pragma once

#include <QTableView>

#include "ui/canvas/table_canvas.h"

namespace rs::ui {

class TwinTable final : public QTableView {
  Q_OBJECT

 public:
  // Lifetime: the canvas, whose table it shows, outlives it.
  TwinTable(canvas::TableCanvas& canvas, const QString& name, const QString& accessible_name,
            QWidget* parent);

  void showPlace(const canvas::Place& place);

 Q_SIGNALS:
  void wentTo(const rs::canvas::Place& place);
};

}  // namespace rs::ui
