// SPDX-License-Identifier: Apache-2.0
//
// Help for people: every verb explains itself, and the page on the command line names every option.
#include <regex>
#include <set>

#include "core/base/mapped_file.h"
#include "tests/unit/cli/nano.h"

using rs::test::checkRefusal;
using rs::test::checkSuccess;
using rs::test::runProgram;

namespace {

// The verbs that the overview lists.
std::vector<std::string> verbs() {
  const std::string overview = checkSuccess({"--help"}).out;
  const std::regex line("\n  ([a-z]+) +[a-zA-Z]");
  std::vector<std::string> names;
  for (std::sregex_iterator at(overview.begin(), overview.end(), line), end; at != end; ++at) {
    names.push_back((*at)[1]);
  }
  return names;
}

std::set<std::string> optionsOf(const std::string& verb) {
  const std::string help = checkSuccess({verb, "--help"}).out;
  const std::regex option("--[a-z][a-z-]*");
  std::set<std::string> options;
  for (std::sregex_iterator at(help.begin(), help.end(), option), end; at != end; ++at) {
    options.insert(at->str());
  }
  return options;
}

}  // namespace

TEST_CASE("the overview lists the verbs and is shown for help") {
  const std::string overview = checkSuccess({"--help"}).out;
  CHECK(overview == checkSuccess({"help"}).out);
  const std::vector<std::string> names = verbs();
  for (const char* verb : {"trace", "generate", "diff", "bench", "demo", "selftest", "doctor"}) {
    CHECK(std::find(names.begin(), names.end(), verb) != names.end());
  }
}

TEST_CASE("without a verb and without a display one line says what to do instead") {
  const std::string overview = checkSuccess({"--help"}).out;
  const rs::test::Outcome outcome = runProgram(std::vector<std::string>{});
  if (overview.find("opens the window") == std::string::npos) {  // built without it
    CHECK(outcome.out == overview);
    return;
  }
  CHECK(outcome.status == 1);
  CHECK(outcome.out.empty());
  CHECK_THAT(outcome.err, Catch::Contains("DISPLAY") && Catch::Contains("routescope demo"));
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
}

TEST_CASE("a display that does not answer is told, not crashed on") {
  if (checkSuccess({"--help"}).out.find("opens the window") == std::string::npos) {
    return;
  }
  rs::test::Invocation invocation;
  invocation.arguments = {"--model", "demo"};
  invocation.environment = {"DISPLAY=:4711"};
  const rs::test::Outcome outcome = runProgram(invocation);
  CHECK(outcome.status == 1);
  CHECK_THAT(outcome.err, Catch::Contains(":4711"));
}

TEST_CASE("options that the window does not have are refused with the nearest one") {
  checkRefusal({"--model", "demo", "--thema", "dark"}, 2, {"--theme"});
  checkRefusal({"--theme", "blue"}, 2, {"dark or light"});
}

TEST_CASE("the version is one line") {
  CHECK_THAT(checkSuccess({"--version"}).out, Catch::Matches("routescope [0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST_CASE("every verb has help, JSON, quiet and verbose options") {
  for (const std::string& verb : verbs()) {
    INFO(verb);
    const std::set<std::string> options = optionsOf(verb);
    for (const char* option : {"--help", "--json", "--quiet", "--verbose"}) {
      CHECK(options.count(option) == 1);
    }
  }
}

TEST_CASE("verbs that run a model explain edits and virtual experts, whatever else is asked") {
  for (const std::string verb : {"trace", "generate", "diff"}) {
    const std::string edits = checkSuccess({verb, "--help-edits"}).out;
    CHECK_THAT(edits, Catch::Contains("\nban (logits)") && Catch::Contains("\nresid_add (residual)"));
    CHECK(checkSuccess({verb, "--model", "nowhere", "--help-edits", "--tokens", "x"}).out == edits);
    CHECK_THAT(checkSuccess({verb, "--help-virtual"}).out,
               Catch::StartsWith("calculator") && Catch::Contains("scale"));
  }
}

TEST_CASE("the page on the command line describes every verb and option") {
  const std::string page = rs::readTextFile(RS_SOURCE_DIR "/docs/command-line.md");
  for (const std::string& verb : verbs()) {
    CHECK_THAT(page, Catch::Contains("`" + verb + "`"));
    for (const std::string& option : optionsOf(verb)) {
      INFO(verb << " " << option);
      const std::regex named("`" + option + "[ `=]");
      CHECK(std::regex_search(page, named));
    }
  }
}
