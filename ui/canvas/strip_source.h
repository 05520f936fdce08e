// SPDX-License-Identifier: Apache-2.0
//
// What the token strip reads: text, one number and a few flags for each token of one run.
// Thread: the window's own. Cost: each token is read once, then what has changed; text also whenever it is
// drawn.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "ui/canvas/heat_source.h"

namespace rs::canvas {

// What a chip is coloured by.
enum class StripValue { kNone, kProbability, kMargin, kEntropy, kSurprise, kLoad };
inline constexpr int kStripValues = 6;
[[nodiscard]] std::string_view nameOf(StripValue value);
// Probabilities and margins matter where they are small.
[[nodiscard]] heat::Extreme extremeOf(StripValue value);

// Bits of a token.
enum StripFlag : unsigned {
  kPlain = 0,
  kEdited = 1,     // an edit touches this position
  kHijacked = 2,   // a decision here is another than the model's own
  kVirtual = 4,    // a virtual expert fired here
  kGenerated = 8,  // the model wrote it; else it is of the prompt
  kFragile = 16,   // a margin below the noise band
  kSpecial = 32,   // a token of the chat format
};

class StripSource {
 public:
  virtual ~StripSource() = default;
  [[nodiscard]] virtual int tokens() const = 0;
  // As HeatSource's: of texts, flags and this one value, so that what another value depends on may change
  // alone.
  [[nodiscard]] virtual uint64_t revision(StripValue value) const = 0;
  [[nodiscard]] virtual int firstChangedSince(StripValue /*value*/, uint64_t /*revision*/) const { return 0; }

  // One line of printable UTF-8: blanks and line ends made visible.
  [[nodiscard]] virtual std::string text(int token) const = 0;
  [[nodiscard]] virtual bool offers(StripValue value) const = 0;
  [[nodiscard]] virtual ValueRange range(StripValue value) const = 0;
  // NaN: no data (the first token has no probability).
  [[nodiscard]] virtual float value(StripValue value, int token) const = 0;
  [[nodiscard]] virtual unsigned flags(int token) const = 0;
};

}  // namespace rs::canvas
