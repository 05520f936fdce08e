// SPDX-License-Identifier: Apache-2.0
#include "core/trace/comparison.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>

#include "core/base/error.h"
#include "core/export/tensor_file_reader.h"

namespace {

using Ints = std::vector<std::int32_t>;
using Floats = std::vector<float>;
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Arrays given by hand.
class Given final : public rs::CaptureSource {
 public:
  Given& add(const std::string& name, std::vector<std::int64_t> shape, const Ints& values) {
    return put({name, true, std::move(shape), {}}, values.data(), values.size());
  }
  Given& add(const std::string& name, std::vector<std::int64_t> shape, const Floats& values) {
    return put({name, false, std::move(shape), {}}, values.data(), values.size());
  }
  [[nodiscard]] std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const rs::NamedArray& array : arrays_) {
      names.push_back(array.name);
    }
    return names;
  }
  [[nodiscard]] rs::NamedArray read(const std::string& name) const override {
    for (const rs::NamedArray& array : arrays_) {
      if (array.name == name) {
        return array;
      }
    }
    FAIL("no array " << name);
    return {};
  }

 private:
  Given& put(rs::NamedArray array, const void* values, std::size_t n) {
    array.bytes.resize(n * 4);
    std::memcpy(array.bytes.data(), values, n * 4);
    arrays_.push_back(std::move(array));
    return *this;
  }
  std::vector<rs::NamedArray> arrays_;
};

// Three tokens, two layers, two of four experts.
Given routed() {
  Given given;
  given.add("tokens", {3}, Ints{7, 8, 9});
  given.add("expert_indices.0", {3, 2}, Ints{0, 1, 2, 3, 1, 0});
  given.add("expert_indices.1", {3, 2}, Ints{3, 2, 1, 2, 0, 3});
  given.add("router_logits.1", {3, 4}, Floats{0, 1, 2, 3, 0, 2, 1, 0.5F, 3, 0, 1, 2});
  return given;
}

const rs::ArrayDifference& arrayOf(const rs::Comparison& comparison, const std::string& name) {
  for (const rs::ArrayDifference& array : comparison.arrays) {
    if (array.name == name) {
      return array;
    }
  }
  FAIL("not compared: " << name);
  return comparison.arrays.front();
}

}  // namespace

TEST_CASE("a capture equals itself in every array and decision") {
  const Given capture = routed();
  const rs::Comparison same = rs::compareCaptures(capture, capture, 2);
  CHECK(same.n_positions == 3);
  CHECK_FALSE(same.first);
  CHECK_FALSE(same.first_other_token);
  REQUIRE(same.layers.size() == 2);
  CHECK(same.layers[0].n == 3);
  CHECK(same.layers[0].flips + same.layers[1].flips == 0);
  REQUIRE(same.worst() != nullptr);
  CHECK(same.worst()->relative_rms == 0);
  CHECK(same.left_only.empty());
  CHECK(same.mismatches.empty());
}

TEST_CASE("the first divergent decision is that of the earliest token, then of the lowest layer") {
  Given other;
  other.add("tokens", {3}, Ints{7, 8, 9});
  other.add("expert_indices.0", {3, 2}, Ints{0, 1, 2, 3, 1, 2});  // token 2
  other.add("expert_indices.1", {3, 2}, Ints{3, 2, 0, 3, 0, 1});  // tokens 1 and 2
  other.add("router_logits.1", {3, 4}, Floats{0, 1, 2, 3, 2, 0.5F, 1, 1.25F, 3, 2, 1, 0});
  const rs::Comparison found = rs::compareCaptures(routed(), other, 2);
  REQUIRE(found.first);
  CHECK(found.first->position == 1);
  CHECK(found.first->layer == 1);
  CHECK(found.first->left == Ints{1, 2});
  CHECK(found.first->right == Ints{0, 3});
  CHECK(found.first->left_margin == 0.5F);
  CHECK(found.first->right_margin == 0.25F);
  CHECK(found.layers[0].flips == 1);
  CHECK(found.layers[1].flips == 2);
}

TEST_CASE("another order of the same experts is no flip, yet the array differs") {
  Given other = routed();
  Given swapped;
  swapped.add("tokens", {3}, Ints{7, 8, 9});
  swapped.add("expert_indices.0", {3, 2}, Ints{1, 0, 3, 2, 0, 1});
  const rs::Comparison found = rs::compareCaptures(other, swapped, 2);
  CHECK_FALSE(found.first);
  CHECK(std::isinf(arrayOf(found, "expert_indices.0").relative_rms));
  CHECK(arrayOf(found, "expert_indices.0").n_differing == 6);
  CHECK(found.left_only == std::vector<std::string>{"expert_indices.1", "router_logits.1"});
}

TEST_CASE("decisions of different width are padded with unused slots") {
  Given narrow;
  narrow.add("expert_indices.0", {2, 1}, Ints{4, 5});
  narrow.add("expert_weights.0", {2, 1}, Floats{1, 1});
  narrow.add("expert_out.0", {2, 1, 2}, Floats{1, 2, 3, 4});
  Given wide;
  wide.add("expert_indices.0", {2, 2}, Ints{4, -1, 5, 6});
  wide.add("expert_weights.0", {2, 2}, Floats{1, 0, 0.5F, 0.5F});
  wide.add("expert_out.0", {2, 2, 2}, Floats{1, 2, 0, 0, 3, 4, 5, 6});
  const rs::Comparison found = rs::compareCaptures(narrow, wide, 0);
  REQUIRE(found.layers.size() == 1);
  CHECK(found.layers[0].flips == 1);
  CHECK(found.first->position == 1);
  CHECK(arrayOf(found, "expert_weights.0").n_differing == 2);
  CHECK(arrayOf(found, "expert_out.0").n_differing == 2);
  CHECK(arrayOf(found, "expert_out.0").relative_rms == Approx(std::sqrt(61.0 / 30.0)));
  CHECK(arrayOf(found, "expert_out.0").row == 1);
}

TEST_CASE("minus infinity in both is equal, in one is infinitely far") {
  Given left;
  left.add("router_logits.0", {2, 2}, Floats{-kInfinity, 1, 2, 2});
  Given right;
  right.add("router_logits.0", {2, 2}, Floats{-kInfinity, 1, 2, 2.5F});
  const rs::Comparison found = rs::compareCaptures(left, right, 1);
  CHECK(arrayOf(found, "router_logits.0").relative_rms == Approx(0.5 / 3.0));
  CHECK(arrayOf(found, "router_logits.0").n_differing == 1);
  CHECK(arrayOf(found, "router_logits.0").row == 1);

  Given banned;
  banned.add("router_logits.0", {2, 2}, Floats{0, 1, 2, -kInfinity});
  CHECK(std::isinf(rs::compareCaptures(left, banned, 1).worst()->relative_rms));
  // A column of a virtual expert that takes no part is as good as no column.
  Given columned;
  columned.add("router_logits.0", {2, 3}, Floats{-kInfinity, 1, -kInfinity, 2, 2, -kInfinity});
  CHECK(rs::compareCaptures(left, columned, 1).worst()->relative_rms == 0);
}

TEST_CASE("a value that is not a number is equal to itself alone") {
  Given left;
  left.add("embed", {1, 2}, Floats{std::nanf(""), 1});
  Given right;
  right.add("embed", {1, 2}, Floats{0, 1});
  CHECK(rs::compareCaptures(left, left, 1).worst()->relative_rms == 0);
  CHECK(std::isinf(rs::compareCaptures(left, right, 1).worst()->relative_rms));
}

TEST_CASE("values are compared up to the first token that differs") {
  Given left;
  left.add("tokens", {3}, Ints{1, 2, 3}).add("embed", {3, 1}, Floats{1, 2, 3});
  Given right;
  right.add("tokens", {4}, Ints{1, 2, 4, 5}).add("embed", {4, 1}, Floats{1, 2, 9, 9});
  const rs::Comparison found = rs::compareCaptures(left, right, 1);
  CHECK(found.n_positions == 2);
  CHECK(found.first_other_token == 2);
  CHECK(found.left_positions == 3);
  CHECK(found.right_positions == 4);
  CHECK(found.worst()->relative_rms == 0);
}

TEST_CASE("a shorter run is compared as far as it goes and has no differing token") {
  Given left;
  left.add("tokens", {1}, Ints{1}).add("embed", {1, 1}, Floats{1});
  Given right;
  right.add("tokens", {2}, Ints{1, 2}).add("embed", {2, 1}, Floats{1, 2});
  const rs::Comparison found = rs::compareCaptures(left, right, 1);
  CHECK(found.n_positions == 1);
  CHECK_FALSE(found.first_other_token);
  CHECK(found.mismatches.empty());
}

TEST_CASE("divergence is taken where both have logits") {
  Given left;
  left.add("tokens", {2}, Ints{1, 2}).add("logits", {2, 2}, Floats{0, 0, 1, 0});
  Given right;
  right.add("tokens", {2}, Ints{1, 2}).add("logits", {1, 2}, Floats{0, 1});  // of the last token
  const rs::Comparison found = rs::compareCaptures(left, right, 1);
  REQUIRE(found.divergences.size() == 1);
  CHECK(found.divergences[0].position == 1);
  CHECK(found.divergences[0].top_changes);
  // Softmax of (1, 0) against (0, 1): (p - q) log(p / q) with log(p / q) = 1.
  const double p = 1 / (1 + std::exp(-1.0));
  CHECK(found.divergences[0].nats == Approx(2 * p - 1));
  CHECK(arrayOf(found, "logits").row == 1);
}

TEST_CASE("shapes that do not fit are told, not compared") {
  Given left;
  left.add("embed", {1, 2}, Floats{1, 2}).add("logits", {1, 3}, Floats{1, 2, 3});
  Given right;
  right.add("embed", {1, 3}, Floats{1, 2, 3}).add("logits", {1, 2}, Floats{1, 2});
  const rs::Comparison found = rs::compareCaptures(left, right, 1);
  CHECK(found.arrays.empty());
  REQUIRE(found.mismatches.size() == 2);
  CHECK(found.mismatches[0].name == "embed");
  CHECK_THAT(found.mismatches[0].problem, Catch::Contains("[1, 2]") && Catch::Contains("[1, 3]"));
  CHECK(found.worst() == nullptr);
}

TEST_CASE("integers against floats are told, and rows that are not tokens") {
  Given left;
  left.add("tokens", {2}, Ints{1, 2}).add("x", {2}, Ints{1, 2}).add("y", {3}, Floats{1, 2, 3});
  Given right;
  right.add("tokens", {2}, Ints{1, 2}).add("x", {2}, Floats{1, 2}).add("y", {3}, Floats{1, 2, 3});
  const rs::Comparison found = rs::compareCaptures(left, right, 1);
  REQUIRE(found.mismatches.size() == 2);
  CHECK_THAT(found.mismatches[0].problem, Catch::Contains("integers"));
  CHECK_THAT(found.mismatches[1].problem, Catch::Contains("a row for each"));
}

TEST_CASE("more logits than tokens are told") {
  Given left;
  left.add("tokens", {1}, Ints{1}).add("logits", {2, 2}, Floats{1, 2, 3, 4});
  CHECK_THAT(rs::compareCaptures(left, left, 1).mismatches.at(0).problem, Catch::Contains("more rows"));
}

TEST_CASE("captures without a common array are refused") {
  Given left;
  left.add("embed", {1}, Floats{1});
  Given right;
  right.add("final_norm", {1}, Floats{1});
  CHECK_THROWS_WITH(rs::compareCaptures(left, right, 1), Catch::Contains("found none"));
}

TEST_CASE("tokens that are no integers are refused") {
  Given left;
  left.add("tokens", {1}, Floats{1});
  CHECK_THROWS_AS(rs::compareCaptures(left, left, 1), rs::Error);
}

TEST_CASE("files are sources: stored references of the nano model differ where the edits are") {
  const std::string folder = RS_SOURCE_DIR "/tests/fixtures/nano/reference/";
  const rs::TensorFileReader plain(folder + "plain.safetensors");
  const rs::TensorFileReader edited(folder + "edited.safetensors");
  const rs::Comparison same = rs::compareCaptures(*rs::sourceOf(plain), *rs::sourceOf(plain), 2);
  CHECK(same.arrays.size() + 1 == plain.arrays().size());  // tokens are no array to differ in
  CHECK(same.worst()->n_differing == 0);
  const rs::Comparison found = rs::compareCaptures(*rs::sourceOf(plain), *rs::sourceOf(edited), 2);
  CHECK(found.n_positions == 24);
  REQUIRE(found.first);
  CHECK(found.layers.size() == 2);
  CHECK(found.divergences.size() == 24);
  CHECK(found.mismatches.empty());
}
