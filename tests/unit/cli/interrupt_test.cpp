// SPDX-License-Identifier: Apache-2.0
//
// Ctrl-C: finished work is kept, the status is 130.
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/base/mapped_file.h"
#include "tests/unit/cli/nano.h"

using rs::test::Invocation;
using rs::test::onNano;
using rs::test::Outcome;
using rs::test::runProgram;
using rs::test::TemporaryDirectory;

namespace {

// Without end tokens nothing but its limit, far away, ends it.
Invocation endless(const TemporaryDirectory& directory, const rs::test::Words& more) {
  const std::string model = rs::test::copyOfNano(directory);
  std::filesystem::remove(model + "/generation_config.json");
  auto config = nlohmann::json::parse(rs::readTextFile(model + "/config.json"));
  config.erase("eos_token_id");
  std::ofstream(model + "/config.json") << config;
  std::filesystem::remove(model + "/tokenizer.json");
  Invocation invocation;
  invocation.arguments = {"generate", "--model", model, "--tokens", "1", "--max-tokens", "100000"};
  invocation.arguments.insert(invocation.arguments.end(), more.begin(), more.end());
  invocation.interrupt_after = std::chrono::milliseconds(150);
  return invocation;
}

}  // namespace

TEST_CASE("Ctrl-C during a long generation keeps what was said and ends with 130") {
  const TemporaryDirectory directory;
  const Outcome outcome = runProgram(endless(directory, {}));
  CHECK(outcome.status == 130);
  CHECK(std::count(outcome.out.begin(), outcome.out.end(), '\n') > 0);
}

TEST_CASE("Ctrl-C during a long generation still writes the capture, marked as incomplete") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("run.safetensors");
  const Outcome outcome = runProgram(endless(directory, {"--out", path}));
  CHECK(outcome.status == 130);
  const rs::TensorFileReader file(path);
  const auto about = nlohmann::json::parse(file.metadata());
  CHECK(about["complete"] == false);
  const auto n_tokens = rs::toInts(*file.find("tokens")).size();
  CHECK(n_tokens > 1);
  CHECK(about["tokens"] == n_tokens);
  CHECK(directory.fileCount() == 2);  // the model's copy and the capture
}

TEST_CASE("Ctrl-C during a measurement gives no half numbers") {
  Invocation invocation;
  invocation.arguments = onNano("bench", {"--prefill", "4096", "--decode", "4096", "--repeat", "1000"});
  // Its only output comes at the end, so the interrupt is sent by time.
  invocation.interrupt_from_start = std::chrono::milliseconds(1500);
  const Outcome outcome = runProgram(invocation);
  CHECK(outcome.status == 130);
  CHECK(outcome.out.empty());
}
