// SPDX-License-Identifier: Apache-2.0
//
// A view in its frame: title, lock, help; asks the view to show only what can be seen.
//
// Thread: the window's.
#pragma once

#include <QPointer>
#include <QWidget>
#include <memory>

#include "ui/view.h"

class QToolButton;

namespace rs::ui {

class Pane final : public QWidget {
 public:
  // Lifetime: context outlives the pane.
  Pane(const ViewInfo& info, const ViewContext& context, QWidget* parent);
  ~Pane() override;

  [[nodiscard]] const ViewInfo& info() const { return info_; }
  [[nodiscard]] View& view() { return *view_; }
  [[nodiscard]] QString title() const;
  // The row with title and buttons; taken out of the pane to be the title bar of a dock.
  [[nodiscard]] QWidget& header() { return *header_; }
  void addHeaderButton(QToolButton& button);

  // Remembers what there is to show.
  void offer(const Shown& shown);
  // Shows it, if it is new and can be seen.
  void showNews();
  void setSeen(bool is_seen);
  [[nodiscard]] bool isLocked() const;
  void setLocked(bool is_locked);
  void showHelp();
  // What the keys act on in the view gets the keyboard: what the view's widget has as focus proxy, or the
  // first thing that takes the focus; in an empty view the header.
  void takeKeyboard();

 private:
  void buildHeader();

  const ViewInfo& info_;
  std::unique_ptr<View> view_;
  QWidget* header_;
  QPointer<QWidget> main_;
  QToolButton* lock_;
  Shown shown_;
  Cursor locked_cursor_;
  bool is_seen_ = true;
  bool is_dirty_ = false;
};

}  // namespace rs::ui
