// SPDX-License-Identifier: Apache-2.0
//
// The hijack gestures as changes of a list of edits: force, ban, lean on a logit, take away.
//
// Thread: pure functions.
#pragma once

#include <string>

#include "core/engine/snapshot.h"
#include "ui/cursor.h"

namespace rs::ui {

// Where a gesture applies: a layer, and one token or all of them.
struct GestureScope {
  int layer = 0;
  int token = -1;  // -1: all tokens
};

// own: the model's own choice there, in rank order; the expert takes the place of its last one, so that the
// number of slots stays. A second force at the same place changes the first.
[[nodiscard]] EditList withForce(EditList edits, const GestureScope& scope, int expert, std::vector<int> own);
// A second ban of the same expert at the same place takes it back.
[[nodiscard]] EditList withBan(EditList edits, const GestureScope& scope, int expert);
// Adds up with an earlier one at the same place; gone once the sum is 0.
[[nodiscard]] EditList withAdd(EditList edits, const GestureScope& scope, int expert, double value);
// Without the edits that name this expert at exactly this place; an edit that names others too loses the one.
[[nodiscard]] EditList withoutExpert(EditList edits, const GestureScope& scope, int expert);

// Without what the edits do at this token alone: those that name it and no other go, from a longer list of
// tokens it is taken out; edits of all tokens stay.
[[nodiscard]] EditList withoutToken(EditList edits, int token);

// Refuses, by Error{kUsage}, what no run could begin with: structure, ranges, too few experts left.
void checkSteering(const Steering& steering, const ModelConfig& config);

}  // namespace rs::ui
