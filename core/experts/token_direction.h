// SPDX-License-Identifier: Apache-2.0
//
// The direction of the residual stream in which a model says one token with the greatest certainty.
//
// A row of the unembedding is not that direction: other rows can lie closer to it than it does itself, above
// all those of rare tokens, and the gain of the final norm bends it. So the logarithm of the token's share,
// as the final norm and the unembedding see a residual of that direction alone, is climbed from the centred
// row.
//
// Thread: one owner.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "core/model/weights.h"

namespace rs {

struct TokenDirection {
  std::vector<float> unit;  // [H], length 1
  double share = 0;         // of the token where the residual is nothing but this direction
};

class TokenDirections {
 public:
  explicit TokenDirections(std::shared_ptr<const Weights> weights);

  // Range: 0 <= token < vocab. Lifetime: of this object.
  // Cost:  at most 33 passes over the unembedding for a token that was not asked for before; fewer where the
  //        share reaches 0.999.
  [[nodiscard]] const TokenDirection& of(std::int32_t token);

 private:
  void readRow(std::int32_t token, std::span<float> row) const;
  [[nodiscard]] std::vector<double> centre() const;
  // Shares of all tokens where the residual is `unit` alone.
  void shares(std::span<const double> unit, std::vector<double>& out) const;
  // d log(share of token) / d unit, without its part along unit.
  [[nodiscard]] std::vector<double> slope(std::int32_t token, std::span<const double> unit,
                                          std::span<const double> shares) const;
  [[nodiscard]] TokenDirection climb(std::int32_t token) const;

  std::shared_ptr<const Weights> weights_;
  std::vector<float> gain_;     // of the final norm, [H]
  std::vector<double> centre_;  // mean row of the unembedding, [H]; made at the first call
  std::map<std::int32_t, TokenDirection> known_;
};

}  // namespace rs
