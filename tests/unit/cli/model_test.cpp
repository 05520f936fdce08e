// SPDX-License-Identifier: Apache-2.0
//
// Models that are missing, foreign or damaged: status 3, the file named.
#include <fstream>

#include "core/base/mapped_file.h"
#include "tests/unit/cli/nano.h"

namespace fs = std::filesystem;
using rs::test::checkRefusal;
using rs::test::checkSuccess;
using rs::test::copyOfNano;
using rs::test::Outcome;
using rs::test::TemporaryDirectory;

namespace {

rs::test::Words traceOf(const std::string& model) {
  return {"trace", "--model", model, "--tokens", "1,2,3"};
}

void replace(const std::string& path, const std::string& from, const std::string& to) {
  std::string text = rs::readTextFile(path);
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  text.replace(at, from.size(), to);
  std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("a model that is not there is named") {
  const TemporaryDirectory directory;
  checkRefusal(traceOf(directory.path("nowhere")), 3, {"nowhere"});
}

TEST_CASE("a directory without a model says what is missing") {
  const TemporaryDirectory directory;
  checkRefusal(traceOf(directory.path()), 3, {"config.json"});
}

TEST_CASE("a bundled model that is not where resources are is told with the way out") {
  const TemporaryDirectory directory;
  rs::test::Invocation invocation;
  invocation.arguments = {"trace", "--model", directory.path("demo"), "--tokens", "1"};
  checkRefusal(invocation, 3, {"demo"});
}

TEST_CASE("a damaged weight file is named with what was expected") {
  const TemporaryDirectory directory;
  const std::string model = copyOfNano(directory);
  fs::resize_file(model + "/model.safetensors", fs::file_size(model + "/model.safetensors") / 2);
  checkRefusal(traceOf(model), 3, {"model.safetensors"});
  fs::resize_file(model + "/model.safetensors", 4);
  checkRefusal(traceOf(model), 3, {"model.safetensors"});
  fs::remove(model + "/model.safetensors");
  checkRefusal(traceOf(model), 3, {"safetensors"});
}

TEST_CASE("a configuration of another architecture or of other sizes is told") {
  const TemporaryDirectory directory;
  const std::string model = copyOfNano(directory);
  replace(model + "/config.json", R"("hidden_size": 64)", R"("hidden_size": 96)");
  checkRefusal(traceOf(model), 3, {"96"});
  replace(model + "/config.json", R"("hidden_size": 96)", R"("hidden_size": 64)");
  replace(model + "/config.json", R"("model_type": "gpt_oss")", R"("model_type": "mixtral")");
  checkRefusal(traceOf(model), 3, {"mixtral"});
  replace(model + "/config.json", "{", "");
  checkRefusal(traceOf(model), 3, {"config.json"});
}

TEST_CASE("a model without a tokenizer runs on token ids and refuses text") {
  const TemporaryDirectory directory;
  const std::string model = copyOfNano(directory);
  fs::remove(model + "/tokenizer.json");
  checkRefusal({"trace", "--model", model, "--prompt", "a"}, 3, {"tokenizer.json", "--tokens"});
  const Outcome table = checkSuccess(traceOf(model));
  CHECK_THAT(table.out, Catch::Contains("#2"));
  const Outcome ids = checkSuccess({"generate", "--model", model, "--tokens", "1", "--max-tokens", "3"});
  CHECK_THAT(ids.out, Catch::Matches("([0-9]+\n){1,3}"));
}

TEST_CASE("a damaged tokenizer is told even for token ids") {
  const TemporaryDirectory directory;
  const std::string model = copyOfNano(directory);
  fs::resize_file(model + "/tokenizer.json", 100);
  checkRefusal(traceOf(model), 3, {"tokenizer.json"});
}
