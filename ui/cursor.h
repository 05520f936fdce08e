// SPDX-License-Identifier: Apache-2.0
//
// The one cursor that all panes share: which run, token, layer and expert is looked at, what the mouse is
// over, and which tokens are selected.
//
// Thread: the window's.
#pragma once

#include <QObject>

#include "core/engine/snapshot.h"

namespace rs::ui {

// Range: -1: nothing. layer and expert as in the model; experts from E on are virtual.
struct Cursor {
  int token = -1;
  int layer = -1;
  int expert = -1;
  friend bool operator==(const Cursor&, const Cursor&) = default;
};

// Tokens first..last, both included; empty if first > last.
struct TokenRange {
  int first = 0;
  int last = -1;
  [[nodiscard]] bool empty() const { return first > last; }
  friend bool operator==(const TokenRange&, const TokenRange&) = default;
};

class CursorState final : public QObject {
  Q_OBJECT
 public:
  using QObject::QObject;

  [[nodiscard]] const Cursor& cursor() const { return cursor_; }
  [[nodiscard]] const Cursor& hover() const { return hover_; }
  [[nodiscard]] const TokenRange& selection() const { return selection_; }
  // A token that every canvas keeps a line at; -1: none.
  [[nodiscard]] int pin() const { return pin_; }
  // Whether the cursor moves along with the newest token of a run at work.
  [[nodiscard]] bool follows() const { return follows_; }

  // A move by hand ends following; `setFollows` begins it again.
  void move(const Cursor& cursor);
  void moveToken(int token);
  void moveLayer(int layer);
  void moveExpert(int expert);
  void setHover(const Cursor& hover);
  void setSelection(const TokenRange& selection);
  void setPin(int token);
  void setFollows(bool follows);
  // The newest token while following; keeps layer and expert, and goes to the first layer if there was none.
  void followTo(int token);
  // Keeps the cursor inside a run of this size; a model of other dimensions moves it to its nearest cell.
  void clamp(int n_tokens, int n_layers, int n_experts);

 Q_SIGNALS:
  void cursorChanged();
  void hoverChanged();
  void selectionChanged();
  void pinChanged();
  void followsChanged(bool follows);

 private:
  void set(const Cursor& cursor);

  Cursor cursor_;
  Cursor hover_;
  TokenRange selection_;
  int pin_ = -1;
  bool follows_ = true;
};

}  // namespace rs::ui
