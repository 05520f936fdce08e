// SPDX-License-Identifier: Apache-2.0
//
// The program's numbers on the nano model: against the stored float64 reference, and the same to the last bit
// however the work is cut.
#include <cmath>

#include "core/base/mapped_file.h"
#include "core/trace/comparison.h"
#include "tests/unit/cli/nano.h"

using rs::test::checkSuccess;
using rs::test::kNano;
using rs::test::onNano;
using rs::test::referenceTokens;
using rs::test::TemporaryDirectory;
using rs::test::Words;

namespace {

constexpr double kExact = 1e-5;

Words traceAll(const std::string& out, const Words& more) {
  Words words = onNano("trace", {"--tokens", referenceTokens(), "--logits", "all", "--out", out});
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

void checkAgainst(const std::string& reference, const std::string& capture) {
  const rs::TensorFileReader want(reference);
  const rs::TensorFileReader found(capture);
  const rs::Comparison comparison = rs::compareCaptures(*rs::sourceOf(want), *rs::sourceOf(found), 2);
  CHECK(comparison.n_positions == 24);
  CHECK(comparison.left_only.empty());
  CHECK(comparison.mismatches.empty());
  CHECK_FALSE(comparison.first);
  CHECK(comparison.layers.size() == 2);
  for (const rs::ArrayDifference& array : comparison.arrays) {
    INFO(array.name);
    CHECK(array.relative_rms <= kExact);
  }
}

// All bytes of a capture but the description of its origin.
std::vector<std::pair<std::string, std::string>> arraysOf(const std::string& path) {
  const rs::TensorFileReader file(path);
  std::vector<std::pair<std::string, std::string>> arrays;
  for (const rs::TensorView& array : file.arrays()) {
    arrays.emplace_back(array.name,
                        std::string(reinterpret_cast<const char*>(array.bytes.data()), array.bytes.size()));
  }
  return arrays;
}

}  // namespace

TEST_CASE("every captured value agrees with the stored reference") {
  const TemporaryDirectory directory;
  const std::string capture = directory.path("plain.safetensors");
  checkSuccess(traceAll(capture, {"--capture", "all"}));
  checkAgainst(kNano + "/reference/plain.safetensors", capture);
}

TEST_CASE("every captured value under edits agrees with the stored reference") {
  const TemporaryDirectory directory;
  const std::string capture = directory.path("edited.safetensors");
  checkSuccess(traceAll(capture, {"--capture", "all", "--edits", kNano + "/edits.json"}));
  checkAgainst(kNano + "/reference/edited.safetensors", capture);
}

TEST_CASE("chunks, threads and what else is captured change no bit") {
  const TemporaryDirectory directory;
  for (const char* precision : {"exact", "fast"}) {
    for (const Words& edits : {Words{}, Words{"--edits", kNano + "/edits.json"}}) {
      const auto traced = [&](const char* name, Words more) {
        more.insert(more.end(), {"--precision", precision});
        more.insert(more.end(), edits.begin(), edits.end());
        const std::string path = directory.path(name);
        checkSuccess(traceAll(path, more));
        return arraysOf(path);
      };
      const auto whole = traced("whole.safetensors", {"--capture", "all", "--threads", "1"});
      INFO(precision << (edits.empty() ? "" : ", edited"));
      CHECK(whole == traced("one.safetensors", {"--capture", "all", "--chunk", "1", "--threads", "2"}));
      CHECK(whole == traced("seven.safetensors", {"--capture", "all", "--chunk", "7", "--threads", "3"}));
      for (const auto& array : traced("little.safetensors", {"--capture", "router.1", "--chunk", "5"})) {
        INFO(array.first);
        CHECK(std::find(whole.begin(), whole.end(), array) != whole.end());
      }
    }
  }
}

TEST_CASE("tokens decoded one by one have the bits of a prompt") {
  const TemporaryDirectory directory;
  const std::string generated = directory.path("generated.safetensors");
  const std::string prompted = directory.path("prompted.safetensors");
  checkSuccess(onNano("generate",
                      {"--tokens", "5,6,7", "--max-tokens", "20", "--capture", "all", "--out", generated}));
  const rs::TensorFileReader file(generated);
  std::string tokens;
  for (const std::int32_t id : rs::toInts(*file.find("tokens"))) {
    tokens += (tokens.empty() ? "" : ",") + std::to_string(id);
  }
  checkSuccess(
      onNano("trace", {"--tokens", tokens, "--capture", "all", "--logits", "none", "--out", prompted}));
  CHECK(arraysOf(generated) == arraysOf(prompted));
}

TEST_CASE("npz holds the names of safetensors") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("run.npz");
  checkSuccess(onNano("trace", {"--tokens", "1,2", "--out", path}));
  const std::string bytes = rs::readTextFile(path);
  CHECK_THAT(bytes, Catch::StartsWith("PK"));
  for (const char* name : {"tokens.npy", "router_logits.1.npy", "expert_indices.0.npy", "logits.npy"}) {
    CHECK(bytes.find(name) != std::string::npos);
  }
}
