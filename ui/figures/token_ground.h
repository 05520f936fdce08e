// SPDX-License-Identifier: Apache-2.0
//
// The colour behind a token: how much its value asks to be looked at, the same in every figure of tokens.
//
// Thread: values and pure functions.
#pragma once

#include <QColor>
#include <QString>
#include <vector>

#include "ui/canvas/strip_source.h"
#include "ui/figures/sheet.h"

namespace rs::figures {

// "probability of the token"
[[nodiscard]] QString unitOf(canvas::StripValue value);

struct TokenGround {
  canvas::StripValue value{};
  double low = 0;
  double high = 1;
  bool is_cut = false;    // a value lies beyond
  bool has_gaps = false;  // a token has no value

  // NaN: the colour of a token without a value.
  [[nodiscard]] QColor colourOf(double token_value) const;
};

// Values that have no end of their own are coloured up to the largest there is.
// Range: values: NaN where a token has none.
[[nodiscard]] TokenGround groundOver(canvas::StripValue value, canvas::ValueRange range,
                                     const std::vector<double>& values);

// The colours from one end to the other with their values, in a line of this height.
[[nodiscard]] double groundKeyHeight(const Typeface& face);
void groundKey(Sheet& sheet, const QRectF& area, const TokenGround& ground);

}  // namespace rs::figures
