// SPDX-License-Identifier: Apache-2.0
#include "ui/canvas/heat_picture.h"

#include <algorithm>
#include <chrono>
#include <numeric>

namespace rs::canvas {

void HeatPicture::setSource(const HeatSource* source) {
  source_ = source;
  restart();
}

void HeatPicture::setValue(HeatValue value) {
  if (value != value_) {
    value_ = value;
    restart();
  }
}

void HeatPicture::restart() {
  layers_ = isShown() ? source_->layers() : 0;
  experts_ = isShown() ? source_->experts() : 0;
  pyramid_ = std::make_unique<heat::HeatPyramid>(std::max(1, layers_ * experts_));
  if (isShown()) {
    const ValueRange range = source_->range(value_);
    quantiser_ = heat::Quantiser(infoOf(value_).extreme, range.low, range.high);
    revision_ = source_->revision();
  }
  n_valid_ = 0;
  n_clipped_ = 0;
  clipped_of_token_.clear();
  ++version_;
}

// Old values stay visible until they are read again.
void HeatPicture::forgetFrom(int token) {
  n_valid_ = std::clamp(token, 0, n_valid_);
}

void HeatPicture::readTokens(int first, int n) {
  const auto experts = static_cast<size_t>(experts_);
  const size_t rows = experts * static_cast<size_t>(layers_);
  values_.resize(experts);
  cells_.resize(rows * static_cast<size_t>(n));
  for (int i = 0; i < n; ++i) {
    int clipped = 0;
    for (int layer = 0; layer < layers_; ++layer) {
      source_->values(value_, first + i, layer, values_);
      const size_t at = rows * static_cast<size_t>(i) + experts * static_cast<size_t>(layer);
      clipped += quantiser_.encode(values_, std::span(cells_).subspan(at, experts));
    }
    const auto token = static_cast<size_t>(first) + static_cast<size_t>(i);
    if (token == clipped_of_token_.size()) {
      clipped_of_token_.push_back(0);
    }
    n_clipped_ += clipped - clipped_of_token_[token];
    clipped_of_token_[token] = clipped;
  }
  const int there = std::clamp(pyramid_->columns() - first, 0, n);
  const std::span<const uint8_t> cells(cells_);
  pyramid_->assign(first, cells.first(rows * static_cast<size_t>(there)));
  pyramid_->append(cells.subspan(rows * static_cast<size_t>(there)));
}

bool HeatPicture::update(double milliseconds) {
  if (!isShown()) {
    return false;
  }
  const ValueRange range = source_->range(value_);
  if (source_->layers() != layers_ || source_->experts() != experts_ || range.low != quantiser_.low() ||
      range.high != quantiser_.high()) {
    restart();
  }
  if (layers_ * experts_ == 0) {
    return false;
  }
  if (source_->revision() != revision_) {
    forgetFrom(source_->firstChangedSince(revision_));
    revision_ = source_->revision();
  }
  const int n_tokens = source_->tokens();
  if (n_tokens < pyramid_->columns()) {
    pyramid_->truncate(n_tokens);
    clipped_of_token_.resize(static_cast<size_t>(n_tokens));
    n_clipped_ = std::accumulate(clipped_of_token_.begin(), clipped_of_token_.end(), int64_t{0});
    forgetFrom(n_tokens);
    ++version_;
  }
  constexpr int block = 32;
  const auto start = std::chrono::steady_clock::now();
  while (n_valid_ < n_tokens) {
    const int n = std::min(block, n_tokens - n_valid_);
    readTokens(n_valid_, n);
    n_valid_ += n;
    ++version_;
    if (std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count() >
        milliseconds) {
      break;
    }
  }
  return n_valid_ < n_tokens;
}

heat::HeatPyramid HeatPicture::gridOf(int token) const {
  heat::HeatPyramid grid(std::max(1, layers_));
  if (token < 0 || token >= pyramid_->columns() || layers_ == 0) {
    return grid;
  }
  const std::span<const uint8_t> column = pyramid_->column(token);
  std::vector<uint8_t> cells;
  cells.reserve(column.size());
  for (int expert = 0; expert < experts_; ++expert) {
    for (int layer = 0; layer < layers_; ++layer) {
      cells.push_back(
          column[static_cast<size_t>(layer) * static_cast<size_t>(experts_) + static_cast<size_t>(expert)]);
    }
  }
  grid.append(cells);
  return grid;
}

}  // namespace rs::canvas
