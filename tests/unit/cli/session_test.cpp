// SPDX-License-Identifier: Apache-2.0
//
// The verb session on a model of a few kilobytes.
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/model_files.h"
#include "tests/support/program.h"
#include "tests/unit/cli/nano.h"

namespace rs::test {
namespace {

using Json = nlohmann::json;

class Session {
 public:
  // A session with one run of the nano model; more options go to `session new`.
  explicit Session(const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{
        "session",      "new", path(),   "--model", NanoCopy::source(""), "--tokens", "1,2,3,4,5",
        "--max-tokens", "6",   "--seed", "3",       "--temperature",      "0.7"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    made_ = runProgram(arguments);
  }
  [[nodiscard]] std::string path(const std::string& name = "a.routescope") const {
    return directory_.path(name);
  }
  [[nodiscard]] const TemporaryDirectory& directory() const { return directory_; }
  [[nodiscard]] const Outcome& made() const { return made_; }
  [[nodiscard]] Outcome run(const std::string& action, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"session", action, path()};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return runProgram(arguments);
  }
  [[nodiscard]] Outcome replay(const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments{"--model", NanoCopy::source("")};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run("replay", arguments);
  }

 private:
  TemporaryDirectory directory_;
  Outcome made_;
};

TEST_CASE("a recorded run replays bit for bit, edits included") {
  TemporaryDirectory edits;
  edits.write(
      "edits.json",
      R"([{"op": "ban", "layer": 0, "experts": [1]}, {"op": "add", "layer": 1, "pos": [2], "experts": [0], "value": 0.5}])");
  const bool is_edited = GENERATE(false, true);
  const Session session(is_edited ? std::vector<std::string>{"--edits", edits.path("edits.json")}
                                  : std::vector<std::string>{});
  INFO(session.made().err);
  REQUIRE(session.made().status == 0);
  const Outcome replayed = session.replay();
  INFO(replayed.out << replayed.err);
  CHECK(replayed.status == 0);
  CHECK_THAT(replayed.out, Catch::Contains("1 run the same, bit for bit"));
  const Json info = Json::parse(session.run("info", {"--json"}).out);
  CHECK(info["runs"][0]["tokens"] == 11);
  CHECK(info["runs"][0]["edits"] == (is_edited ? 2 : 0));
  CHECK(session.run("check").status == 0);
}

TEST_CASE("what the model said before each token is stored") {
  const Session session;
  REQUIRE(session.made().status == 0);
  const Json rows =
      Json::parse(session
                      .run("sql", {"--json",
                                   "SELECT group_concat(DISTINCT position) AS positions, count(*) AS n, "
                                   "min(logprob) AS least, max(rank) AS last_rank FROM candidate"})
                      .out);
  CHECK(rows["positions"] == "0,1,2,3,4,5,6,7,8,9");
  CHECK(rows["n"] == 100);
  CHECK(rows["last_rank"] == 9);
  CHECK(rows["least"] < 0);
}

// log p(token | those before it) of each token but the first, from all logits of a trace.
std::vector<double> logprobsFromLogits(const std::string& capture, const std::vector<std::int32_t>& tokens) {
  const TensorFileReader file(capture);
  const TensorView& view = *file.find("logits");
  const std::vector<float> logits = toFloat(view);
  const auto vocab = static_cast<std::size_t>(view.shape.at(1));
  std::vector<double> logprobs;
  for (std::size_t position = 0; position + 1 < tokens.size(); ++position) {
    const auto row = std::span(logits).subspan(position * vocab, vocab);
    long double sum = 0;
    for (const float logit : row) {
      sum += std::exp(static_cast<long double>(logit));
    }
    logprobs.push_back(static_cast<double>(
        static_cast<long double>(row[static_cast<std::size_t>(tokens[position + 1])]) - std::log(sum)));
  }
  return logprobs;
}

TEST_CASE("each token of a prompt has the log probability that its logits give, in chunks of any size") {
  const auto [chunk, new_tokens] =
      GENERATE(table<const char*, const char*>({{"256", "0"}, {"3", "0"}, {"3", "4"}}));
  CAPTURE(chunk, new_tokens);
  const std::vector<std::int32_t> tokens =
      toInts(*TensorFileReader(kNano + "/reference/plain.safetensors").find("tokens"));
  TemporaryDirectory directory;
  const std::string session = directory.path("a.routescope");
  checkSuccess({"session", "new", session, "--model", kNano, "--tokens", referenceTokens(), "--chunk", chunk,
                "--max-tokens", new_tokens});
  checkSuccess(onNano("trace", {"--tokens", referenceTokens(), "--logits", "all", "--out",
                                directory.path("all.safetensors")}));
  const std::vector<double> expected = logprobsFromLogits(directory.path("all.safetensors"), tokens);
  std::istringstream lines(
      checkSuccess({"session", "sql", session, "--json",
                    "SELECT position, logprob, next_entropy FROM v_tokens WHERE position < " +
                        std::to_string(tokens.size()) + " ORDER BY position"})
          .out);
  std::string line;
  REQUIRE(std::getline(lines, line));
  CHECK(Json::parse(line)["logprob"].is_null());  // nothing comes before it
  for (const double logprob : expected) {
    REQUIRE(std::getline(lines, line));
    const Json row = Json::parse(line);
    CAPTURE(line);
    // Stored in single precision: half a unit of its last place, and as much for sums in another order.
    CHECK(row["logprob"].get<double>() == Approx(logprob).epsilon(1.2e-7));
    CHECK(row["next_entropy"].get<double>() > 0);
  }
  CHECK_FALSE(std::getline(lines, line));
  checkSuccess({"session", "check", session});
  checkSuccess({"session", "replay", session, "--model", kNano});
}

TEST_CASE("a replay that finds another log probability of a prompt says of which token") {
  const Session session;
  const double logprob = Json::parse(
      session.run("sql", {"SELECT logprob FROM token WHERE position = 2", "--json"}).out)["logprob"];
  std::string bytes = readBytes(session.path());
  const auto bits = std::bit_cast<std::uint64_t>(logprob);
  std::string big_endian;  // as SQLite stores it
  for (int shift = 56; shift >= 0; shift -= 8) {
    big_endian += static_cast<char>(bits >> shift & 0xFF);
  }
  const std::size_t at = bytes.find(big_endian);
  REQUIRE(at != std::string::npos);
  bytes[at + 3] = static_cast<char>(bytes[at + 3] ^ 1);
  session.directory().write("a.routescope", bytes);
  const Outcome replayed = session.replay();
  CHECK(replayed.status == 5);
  CHECK_THAT(replayed.out, Catch::Contains("the log probability of token 2 differs"));
}

TEST_CASE("a replay that differs says where and exits with 5") {
  const Session session;
  // The same as a session that was made on another machine: its first weight is another one.
  const std::string bytes = readBytes(session.path());
  const Outcome asked =
      session.run("sql", {"SELECT hex(weights) AS w FROM routing WHERE layer = 1", "--json"});
  const std::string hex = Json::parse(asked.out.substr(0, asked.out.find('\n')))["w"];
  std::string weights;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    weights += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  const std::size_t at = bytes.find(weights);
  REQUIRE(at != std::string::npos);
  std::string changed = bytes;
  changed[at] = static_cast<char>(changed[at] ^ 1);
  session.directory().write("a.routescope", changed);
  const Outcome replayed = session.replay();
  CHECK(replayed.status == 5);
  CHECK_THAT(replayed.out, Catch::Contains("expert_weights.1: 1 of"));
  CHECK_THAT(replayed.err, Catch::Contains("expected the same bits"));
}

TEST_CASE("another model is refused") {
  const Session session;
  NanoCopy other;
  other.setConfig("rope_theta", 10000);
  const Outcome replayed = session.run("replay", {"--model", other.path()});
  CHECK(replayed.status == 3);
  CHECK_THAT(replayed.err, Catch::Contains("name the right one with --model"));
}

TEST_CASE("runs are added, listed, chosen and exported") {
  const Session session;
  const Outcome added =
      session.run("new", {"--append", "--model", NanoCopy::source(""), "--tokens", "9,8,7"});
  INFO(added.err);
  CHECK(added.status == 0);
  CHECK_THAT(session.run("info").out, Catch::Contains("length") && Catch::Contains("prompt"));
  for (const char* ending : {".csv", ".json", ".safetensors"}) {
    const std::string path = session.path(std::string("run") + ending);
    CHECK(session.run("export", {"--run", "1", "--out", path}).status == 0);
    CHECK(std::filesystem::file_size(path) > 100);
  }
  const Outcome compared = runProgram(
      {"diff", session.path("run.safetensors"), session.path("run.safetensors"), "--max-rel", "0"});
  CHECK(compared.status == 0);
  const Outcome missing = session.run("export", {"--run", "5", "--out", session.path("x.csv")});
  CHECK(missing.status == 2);
  CHECK_THAT(missing.err, Catch::Contains("it has 1, 2"));
}

TEST_CASE("SQL reads and does not write") {
  const Session session;
  const Outcome load =
      session.run("sql", {"SELECT layer, sum(n) AS n FROM v_expert_load GROUP BY layer", "--json"});
  CHECK(load.status == 0);
  CHECK_THAT(load.out, Catch::Contains("\"layer\":0"));
  CHECK_THAT(session.run("sql", {"SELECT run, tokens FROM v_runs"}).out,
             Catch::Equals("run\ttokens\n1\t11\n"));
  for (const char* query :
       {"DELETE FROM token", "SELECT 1; SELECT 2", "SELEKT 1", "PRAGMA user_version = 9"}) {
    CAPTURE(query);
    const Outcome refused = session.run("sql", {query});
    CHECK(refused.status != 0);
    CHECK_FALSE(refused.err.empty());
  }
  CHECK(session.run("check").status == 0);
}

TEST_CASE("mistakes leave no file and have their status") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("a.routescope");
  CHECK(runProgram({"session"}).status == 2);
  const Outcome mistyped = runProgram({"session", "nwe", path});
  CHECK(mistyped.status == 2);
  CHECK_THAT(mistyped.err, Catch::Contains("expected one of new, info") && Catch::Contains("mean 'new'"));
  CHECK(runProgram({"session", "new"}).status == 2);
  const Outcome unknown = runProgram({"session", "new", path, "--modle", "x"});
  CHECK(unknown.status == 2);
  CHECK_THAT(unknown.err, Catch::Contains("--model"));
  CHECK(runProgram({"session", "new", path, "--model", NanoCopy::source(""), "--tokens", "999999"}).status ==
        2);
  CHECK(directory.fileCount() == 0);
  CHECK(runProgram({"session", "info", path}).status == 3);
  directory.write("a.routescope", "something else altogether");
  const Outcome foreign = runProgram({"session", "info", path});
  CHECK(foreign.status == 3);
  CHECK_THAT(foreign.err, Catch::Contains("expected a SQLite database"));
  CHECK(runProgram({"session", "new", path}).status == 2);
}

TEST_CASE("a damaged session is checked and salvaged") {
  const Session session;
  const Outcome asked = session.run("sql", {"SELECT pageno FROM dbstat WHERE name = 'token'"});
  REQUIRE(asked.out.rfind("pageno\n", 0) == 0);
  const std::size_t begin = (std::stoul(asked.out.substr(7)) - 1) * 4096;
  std::string bytes = readBytes(session.path());
  bytes.replace(begin, 4096, 4096, 'Z');
  session.directory().write("a.routescope", bytes);
  const Outcome checked = session.run("check", {"--salvage"});
  CHECK(checked.status == 3);
  CHECK_THAT(checked.out, Catch::Contains("finding") && Catch::Contains("a.salvaged.routescope"));
  CHECK_THAT(checked.out, Catch::Contains("lost rows of token"));
  CHECK_THAT(runProgram({"session", "info", session.path("a.salvaged.routescope")}).out,
             Catch::Contains("length"));
}

}  // namespace
}  // namespace rs::test
