// SPDX-License-Identifier: Apache-2.0
//
// Attention over the cache against double: windows, sinks, rings, odd head widths; queries together as alone.
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "core/backend/cpu/isa.h"
#include "core/backend/cpu/kv_cache.h"

namespace rs::cpu {
namespace {

struct Case {
  int n_positions, head_dim, window, max_chunk;
};

struct Values {
  std::vector<std::vector<float>> queries, keys, values;
};

Values someValues(const Case& c) {
  std::mt19937 random(11);
  std::normal_distribution<float> normal;
  Values all;
  for (auto* rows : {&all.queries, &all.keys, &all.values}) {
    rows->resize(static_cast<std::size_t>(c.n_positions));
    for (auto& row : *rows) {
      row.resize(static_cast<std::size_t>(c.head_dim));
      std::generate(row.begin(), row.end(), [&] { return normal(random) * 1.5F; });
    }
  }
  return all;
}

struct Wanted {
  std::vector<double> out;
  double sink_mass = 0;
};

Wanted attentionInDouble(const Case& c, const Values& all, int position, double sink) {
  const int oldest = c.window > 0 ? std::max(position - c.window + 1, 0) : 0;
  std::vector<double> weights;
  double total = std::exp(sink);
  for (int key = oldest; key <= position; ++key) {
    double score = 0;
    for (std::size_t d = 0; d < static_cast<std::size_t>(c.head_dim); ++d) {
      score += static_cast<double>(all.queries[static_cast<std::size_t>(position)][d]) *
               static_cast<double>(all.keys[static_cast<std::size_t>(key)][d]);
    }
    weights.push_back(std::exp(score / std::sqrt(c.head_dim)));
    total += weights.back();
  }
  Wanted wanted{std::vector<double>(static_cast<std::size_t>(c.head_dim), 0.0), std::exp(sink) / total};
  for (int key = oldest; key <= position; ++key) {
    for (std::size_t d = 0; d < wanted.out.size(); ++d) {
      wanted.out[d] += weights[static_cast<std::size_t>(key - oldest)] / total *
                       static_cast<double>(all.values[static_cast<std::size_t>(key)][d]);
    }
  }
  return wanted;
}

// The queries of the last positions of each chunk, n_queries at a time, in one call.
void checkCase(Isa isa, const Case& c) {
  const Values all = someValues(c);
  const LayerCache cache({1, c.head_dim, c.window}, c.n_positions, c.max_chunk);
  const auto width = static_cast<std::size_t>(c.head_dim);
  for (int first = 0; first < c.n_positions; first += c.max_chunk) {
    const int end = std::min(first + c.max_chunk, c.n_positions);
    for (int position = first; position < end; ++position) {
      const auto at = static_cast<std::size_t>(position);
      cache.put(0, position, all.keys[at].data(), all.values[at].data());
    }
    for (int begin = first; begin < end; begin += kMaxQueryRows) {
      AttentionArgs args;
      cache.describe(0, args);
      args.scale = static_cast<float>(1 / std::sqrt(static_cast<double>(c.head_dim)));
      args.n_queries = std::min(kMaxQueryRows, end - begin);
      std::vector<float> together(kMaxQueryRows * width);
      std::vector<float> masses(kMaxQueryRows);
      for (int i = 0; i < args.n_queries; ++i) {
        args.query[i] = all.queries[static_cast<std::size_t>(begin + i)].data();
        args.position[i] = begin + i;
        args.sink[i] = static_cast<float>(begin % 5) - 2;
        args.out[i] = together.data() + static_cast<std::size_t>(i) * width;
        args.sink_mass[i] = &masses[static_cast<std::size_t>(i)];
      }
      kernelsOf(isa, Precision::kExact).attention(args);
      for (int i = 0; i < args.n_queries; ++i) {
        AttentionArgs one = args;
        std::vector<float> alone(width);
        float mass = 0;
        one.n_queries = 1;
        one.query[0] = args.query[i];
        one.position[0] = args.position[i];
        one.out[0] = alone.data();
        one.sink_mass[0] = &mass;
        kernelsOf(isa, Precision::kExact).attention(one);
        REQUIRE(std::memcmp(alone.data(), args.out[i], width * sizeof(float)) == 0);
        REQUIRE(mass == masses[static_cast<std::size_t>(i)]);
        const Wanted wanted = attentionInDouble(c, all, begin + i, static_cast<double>(args.sink[i]));
        REQUIRE(static_cast<double>(mass) == Approx(wanted.sink_mass).epsilon(5e-6));
        for (std::size_t d = 0; d < width; ++d) {
          REQUIRE(std::abs(static_cast<double>(alone[d]) - wanted.out[d]) < 4e-6);
        }
      }
    }
  }
}

}  // namespace

TEST_CASE("attention equals double: windows at block edges, rings that wrap, odd head widths") {
  for (const Isa isa : availableIsas()) {
    INFO(nameOf(isa));
    checkCase(isa, {200, 64, 0, 50});
    checkCase(isa, {300, 64, 128, 17});
    checkCase(isa, {400, 16, 64, 1});
    checkCase(isa, {400, 10, 1, 33});
    checkCase(isa, {260, 18, 65, 40});
    checkCase(isa, {130, 2, 7, 130});
  }
}

TEST_CASE("a ring knows which windows it still holds") {
  const LayerCache ring({1, 4, 8}, 1000, 20);  // 8 + 20 in blocks of 64, and one more: 128 slots
  CHECK(ring.holdsWindowBefore(0, 900));
  CHECK(ring.holdsWindowBefore(779, 900));
  CHECK_FALSE(ring.holdsWindowBefore(778, 900));
  CHECK(ring.holdsWindowBefore(5, 100));
  const LayerCache all({1, 4, 0}, 1000, 20);
  CHECK(all.holdsWindowBefore(3, 1000));
}

TEST_CASE("slots that no query sees may hold anything") {
  const LayerCache cache({1, 16, 0}, 64, 64);
  std::vector<float> row(16, 1.0F);
  const std::vector<float> nan(16, NAN);
  cache.put(0, 0, row.data(), row.data());
  for (int position = 1; position < 64; ++position) {
    cache.put(0, position, nan.data(), nan.data());
  }
  AttentionArgs args;
  cache.describe(0, args);
  args.scale = 1;
  args.n_queries = 1;
  std::vector<float> out(16);
  float mass = 0;
  args.query[0] = row.data();
  args.sink[0] = -100;
  args.out[0] = out.data();
  args.sink_mass[0] = &mass;
  for (const Isa isa : availableIsas()) {
    kernelsOf(isa, Precision::kExact).attention(args);
    CHECK(out == std::vector<float>(16, 1.0F));
  }
}

}  // namespace rs::cpu
