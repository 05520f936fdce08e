// SPDX-License-Identifier: Apache-2.0
#include "ui/cursor.h"

#include <algorithm>

namespace rs::ui {

void CursorState::set(const Cursor& cursor) {
  if (cursor != cursor_) {
    cursor_ = cursor;
    Q_EMIT cursorChanged();
  }
}

void CursorState::move(const Cursor& cursor) {
  setFollows(false);
  set(cursor);
}

void CursorState::moveToken(int token) {
  move({token, cursor_.layer, cursor_.expert});
}

void CursorState::moveLayer(int layer) {
  move({cursor_.token, layer, cursor_.expert});
}

void CursorState::moveExpert(int expert) {
  move({cursor_.token, cursor_.layer, expert});
}

void CursorState::setHover(const Cursor& hover) {
  if (hover != hover_) {
    hover_ = hover;
    Q_EMIT hoverChanged();
  }
}

void CursorState::setSelection(const TokenRange& selection) {
  if (selection != selection_) {
    selection_ = selection;
    Q_EMIT selectionChanged();
  }
}

void CursorState::setPin(int token) {
  if (token != pin_) {
    pin_ = token;
    Q_EMIT pinChanged();
  }
}

void CursorState::setFollows(bool follows) {
  if (follows != follows_) {
    follows_ = follows;
    Q_EMIT followsChanged(follows);
  }
}

void CursorState::followTo(int token) {
  if (follows_) {
    set({token, std::max(cursor_.layer, 0), cursor_.expert});
  }
}

void CursorState::clamp(int n_tokens, int n_layers, int n_experts) {
  set({std::min(cursor_.token, n_tokens - 1), std::min(cursor_.layer, n_layers - 1),
       std::min(cursor_.expert, n_experts - 1)});
}

}  // namespace rs::ui
