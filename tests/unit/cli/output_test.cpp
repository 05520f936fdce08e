// SPDX-License-Identifier: Apache-2.0
//
// Where results go: stdout, files, and what is left behind when they cannot be written.
#include <nlohmann/json.hpp>

#include "core/base/mapped_file.h"
#include "tests/unit/cli/nano.h"

namespace fs = std::filesystem;
using rs::test::checkRefusal;
using rs::test::checkSuccess;
using rs::test::Invocation;
using rs::test::kNano;
using rs::test::onNano;
using rs::test::Outcome;
using rs::test::runProgram;
using rs::test::TemporaryDirectory;

TEST_CASE("the table of a trace has a line for each token and a column for each layer") {
  const Outcome outcome = checkSuccess(onNano("trace", {"--tokens", "1,2,3"}));
  CHECK(std::count(outcome.out.begin(), outcome.out.end(), '\n') == 4);
  CHECK_THAT(outcome.out, Catch::Contains("layer 0") && Catch::Contains("layer 1"));
  CHECK(outcome.err.empty());
}

TEST_CASE("an ending that is no format is refused before the run") {
  const TemporaryDirectory directory;
  for (const char* verb : {"trace", "generate"}) {
    checkRefusal(onNano(verb, {"--tokens", "1", "--out", directory.path("capture.txt")}), 2,
                 {".safetensors", ".npz", ".csv", "capture.txt"});
  }
  CHECK(directory.fileCount() == 0);
}

TEST_CASE("a place that cannot be written to is told and nothing is left behind") {
  const TemporaryDirectory directory;
  directory.write("file", "");
  for (const char* ending : {"x.safetensors", "x.npz", "x.csv"}) {
    const std::string missing = directory.path("missing") + "/" + ending;
    checkRefusal(onNano("trace", {"--tokens", "1,2", "--out", missing}), 1, {"missing"});
    checkRefusal(onNano("trace", {"--tokens", "1,2", "--out", directory.path("file") + "/" + ending}), 1,
                 {"file"});
  }
  CHECK(directory.fileCount() == 1);
}

TEST_CASE("a capture replaces an older file whole") {
  const TemporaryDirectory directory;
  directory.write("run.safetensors", "something older");
  const std::string path = directory.path("run.safetensors");
  const Outcome outcome = checkSuccess(onNano("trace", {"--tokens", "1,2,3", "--out", path}));
  CHECK_THAT(outcome.err, Catch::Contains("3 tokens"));
  CHECK(outcome.out.empty());
  const rs::TensorFileReader file(path);
  CHECK(rs::toInts(*file.find("tokens")) == std::vector<std::int32_t>{1, 2, 3});
  const auto about = nlohmann::json::parse(file.metadata());
  CHECK(about["complete"] == true);
  CHECK(about["edits"].is_null());
  CHECK(about["model"]["hash"].get<std::string>().size() > 8);
  CHECK(directory.fileCount() == 1);
}

TEST_CASE("what a file says of its origin names no path") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("run.safetensors");
  checkSuccess(onNano(
      "trace", {"--tokens", rs::test::referenceTokens(), "--edits", kNano + "/edits.json", "--out", path}));
  const std::string about = rs::TensorFileReader(path).metadata();
  CHECK_THAT(about, !Catch::Contains("/"));
  CHECK(nlohmann::json::parse(about)["edits"]["edits"].size() == 11);
}

TEST_CASE("a csv has a row for each token, layer and slot") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("run.csv");
  checkSuccess(onNano("trace", {"--tokens", "1,2,3", "--out", path}));
  const std::string text = rs::readTextFile(path);
  CHECK_THAT(text, Catch::StartsWith("token,position,layer,slot,expert,weight,logit,margin"));
  CHECK(std::count(text.begin(), text.end(), '\n') == 1 + 3 * 2 * 2);
}

TEST_CASE("a reader that has gone is an error, not a crash") {
  Invocation invocation;
  invocation.arguments = onNano("trace", {"--tokens", "1,2,3"});
  invocation.closes_output = true;
  const Outcome outcome = runProgram(invocation);
  CHECK(outcome.status == 1);
  CHECK_THAT(outcome.err, Catch::Contains("standard output"));
}

TEST_CASE("a prompt is read from standard input") {
  Invocation invocation;
  invocation.arguments = onNano("trace", {"--prompt-file", "-"});
  invocation.input = "ab";
  const Outcome piped = runProgram(invocation);
  CHECK(piped.status == 0);
  CHECK(piped.out == checkSuccess(onNano("trace", {"--prompt", "ab"})).out);
}

TEST_CASE("a prompt is read from a file") {
  const TemporaryDirectory directory;
  directory.write("prompt.txt", "xyz");
  const Outcome read = checkSuccess(onNano("trace", {"--prompt-file", directory.path("prompt.txt")}));
  CHECK(read.out == checkSuccess(onNano("trace", {"--prompt", "xyz"})).out);
  checkRefusal(onNano("trace", {"--prompt-file", directory.path("none.txt")}), 3, {"none.txt"});
}

TEST_CASE("token ids are read from a file of int32") {
  const TemporaryDirectory directory;
  directory.write("ids.i32", std::string("\x05\0\0\0\x2b\x01\0\0", 8));
  const Outcome read = checkSuccess(onNano("trace", {"--tokens", directory.path("ids.i32")}));
  CHECK(read.out == checkSuccess(onNano("trace", {"--tokens", "5,299"})).out);
}

TEST_CASE("special tokens in a text are plain text unless asked for") {
  const Outcome plain = checkSuccess(onNano("trace", {"--prompt", "<|end|>"}));
  const Outcome special = checkSuccess(onNano("trace", {"--prompt", "<|end|>", "--specials"}));
  CHECK(std::count(plain.out.begin(), plain.out.end(), '\n') > 2);
  CHECK(std::count(special.out.begin(), special.out.end(), '\n') == 2);
}

TEST_CASE("quiet runs say nothing but errors") {
  const TemporaryDirectory directory;
  const Outcome outcome =
      checkSuccess(onNano("trace", {"--tokens", "1", "--quiet", "--out", directory.path("run.npz")}));
  CHECK(outcome.err.empty());
  CHECK(outcome.out.empty());
  const Outcome refused = runProgram(onNano("trace", {"--quiet"}));
  CHECK(refused.status == 2);
  CHECK_FALSE(refused.err.empty());
}

TEST_CASE("colour is for terminals alone, and not with NO_COLOR") {
  Invocation invocation;
  invocation.arguments = onNano("trace", {"--tokens", "1,2,3"});
  CHECK_THAT(runProgram(invocation).out, !Catch::Contains("\033["));
  invocation.on_terminal = true;
  CHECK_THAT(runProgram(invocation).out, Catch::Contains("\033["));
  invocation.environment = {"NO_COLOR=1"};
  CHECK_THAT(runProgram(invocation).out, !Catch::Contains("\033["));
}

TEST_CASE("generated JSON has a line a token with routing and log probability") {
  const Outcome outcome =
      checkSuccess(onNano("generate", {"--tokens", "1,2,3", "--max-tokens", "5", "--json"}));
  int position = 3;
  std::size_t at = 0;
  for (std::size_t end = outcome.out.find('\n'); end != std::string::npos; end = outcome.out.find('\n', at)) {
    const auto line = nlohmann::json::parse(outcome.out.substr(at, end - at));
    CHECK(line["position"] == position++);
    CHECK(line["logprob"].get<double>() <= 0);
    REQUIRE(line["layers"].size() == 2);
    CHECK(line["layers"][1]["ids"].size() == 2);
    const auto weights = line["layers"][1]["weights"].get<std::vector<double>>();
    CHECK(weights[0] + weights[1] == Approx(1));
    CHECK(line["layers"][0]["margin"].get<double>() >= 0);
    at = end + 1;
  }
  CHECK(position > 3);
}

TEST_CASE("a seed repeats a sampled run, another seed does not") {
  const auto sampled = [](const char* seed) {
    return checkSuccess(onNano("generate", {"--tokens", "1,2,3", "--max-tokens", "20", "--temperature", "1.5",
                                            "--seed", seed, "--json"}))
        .out;
  };
  const std::string first = sampled("1");
  CHECK(first == sampled("1"));
  CHECK(first != sampled("2"));
}

TEST_CASE("generation ends before a stop text and never shows it") {
  const Outcome whole = checkSuccess(onNano("generate", {"--prompt", "ab", "--max-tokens", "24"}));
  REQUIRE(whole.out.size() > 6);
  // Letters that come twice in a row could stop earlier than planned, so look for the first occurrence.
  const std::string stop = whole.out.substr(3, 2);
  const Outcome cut =
      checkSuccess(onNano("generate", {"--prompt", "ab", "--max-tokens", "24", "--stop", stop}));
  CHECK(cut.out == whole.out.substr(0, whole.out.find(stop)) + "\n");
}
