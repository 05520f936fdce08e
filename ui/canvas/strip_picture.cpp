// SPDX-License-Identifier: Apache-2.0
#include "ui/canvas/strip_picture.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace rs::canvas {
namespace {

constexpr int kWidestText = 24;  // columns; longer tokens are shortened
constexpr int kPadding = 1;

}  // namespace

void StripPicture::setSource(const StripSource* source) {
  source_ = source;
  restart();
}

void StripPicture::setValue(StripValue value) {
  if (value != value_) {
    value_ = value;
    restart();
  }
}

void StripPicture::restart() {
  layout_ = {};
  pyramid_ = std::make_unique<heat::HeatPyramid>(kRows);
  if (source_ != nullptr) {
    const ValueRange range = source_->range(value_);
    quantiser_ = heat::Quantiser(extremeOf(value_), range.low, range.high);
    revision_ = source_->revision(value_);
  }
  ++version_;
}

void StripPicture::forgetFrom(int token) {
  const int keep = std::clamp(token, 0, tokens());
  layout_.truncate(keep);
  pyramid_->truncate(keep);
  ++version_;
}

bool StripPicture::update(double milliseconds) {
  if (source_ == nullptr) {
    return false;
  }
  const ValueRange range = source_->range(value_);
  if (range.low != quantiser_.low() || range.high != quantiser_.high()) {
    restart();
  }
  if (source_->revision(value_) != revision_) {
    forgetFrom(source_->firstChangedSince(value_, revision_));
    revision_ = source_->revision(value_);
  }
  const int n_tokens = source_->tokens();
  if (n_tokens < tokens()) {
    forgetFrom(n_tokens);
  }
  const auto start = std::chrono::steady_clock::now();
  const bool has_value = source_->offers(value_);
  while (tokens() < n_tokens) {
    const int token = tokens();
    const std::string text = source_->text(token);
    const int columns = std::min(kWidestText, columnsOf(text.data(), text.data() + text.size()));
    const unsigned flags = source_->flags(token);
    const auto has = [flags](unsigned flag) { return static_cast<uint8_t>((flags & flag) != 0 ? 1 : 0); };
    const std::array<uint8_t, kRows> cells{
        has_value ? quantiser_.encode(source_->value(value_, token)) : uint8_t{0}, has(kEdited),
        has(kHijacked), has(kVirtual), has(kFragile)};
    layout_.append(static_cast<uint8_t>(columns + kPadding));
    pyramid_->append(cells);
    ++version_;
    constexpr int block = 16;
    if (token % block == 0 &&
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count() >
            milliseconds) {
      break;
    }
  }
  return tokens() < n_tokens;
}

}  // namespace rs::canvas
