// SPDX-License-Identifier: Apache-2.0
//
// The verb figure on a session of the nano model: written, made again, refused.
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "tests/unit/cli/nano.h"

using rs::test::checkRefusal;
using rs::test::checkSuccess;
using rs::test::kNano;
using rs::test::TemporaryDirectory;
using rs::test::Words;

namespace {

std::string bytesOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Session {
 public:
  Session() : path_(folder.path("s.routescope")) {
    checkSuccess({"session", "new", path_, "--model", kNano, "--tokens", "5,6,7,8", "--max-tokens", "3"});
    folder.write("edits.json", R"([{"op":"force","layer":0,"pos":[2],"experts":[5]}])");
    checkSuccess({"session", "new", path_, "--append", "--model", kNano, "--tokens", "5,6,7,8",
                  "--max-tokens", "3", "--edits", folder.path("edits.json")});
  }
  [[nodiscard]] Words figure(const Words& more) const {
    Words words{"figure", "--session", path_};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  TemporaryDirectory folder;

 private:
  std::string path_;
};

}  // namespace

TEST_CASE("a figure is written, twice the same, and made again by what it carries") {
  const Session session;
  for (const char* ending : {"pdf", "svg", "png"}) {
    INFO(ending);
    const std::string first = session.folder.path(std::string("a.") + ending);
    const std::string again = session.folder.path(std::string("b.") + ending);
    checkSuccess(
        session.figure({"--view", "ab", "--run", "2", "--reference", "1", "--size", "icml", "--out", first}));
    checkSuccess({"figure", "--from", first, "--out", again});
    CHECK(bytesOf(first).size() > 1000);
    CHECK(bytesOf(first) == bytesOf(again));
  }
}

TEST_CASE("text and lists are written, and made again after the session has grown") {
  const Session session;
  for (const char* view : {"answer", "edits", "runs"}) {
    for (const char* ending : {"pdf", "svg", "png"}) {
      INFO(view << " " << ending);
      const std::string first = session.folder.path(std::string(view) + "." + ending);
      checkSuccess(session.figure({"--view", view, "--run", "2", "--reference", "1", "--out", first}));
    }
  }
  checkSuccess({"session", "new", session.folder.path("s.routescope"), "--append", "--model", kNano,
                "--tokens", "5,6", "--max-tokens", "2"});
  for (const char* view : {"answer", "edits", "runs"}) {
    for (const char* ending : {"pdf", "svg", "png"}) {
      INFO(view << " " << ending);
      const std::string first = session.folder.path(std::string(view) + "." + ending);
      const std::string again = session.folder.path(std::string("again.") + ending);
      checkSuccess({"figure", "--from", first, "--out", again});
      CHECK(bytesOf(first).size() > 1000);
      CHECK(bytesOf(first) == bytesOf(again));
    }
  }
  CHECK_THAT(checkSuccess(session.figure({"--view", "runs", "--print", "caption"})).out,
             Catch::StartsWith("Runs 1 to 3 of the session, n = 3"));
}

TEST_CASE("caption, data and command can be had without a file") {
  const Session session;
  const Words view{"--view", "heatmap", "--value", "logit", "--layer=1"};
  const auto print = [&](const char* what) {
    Words words = session.figure(view);
    words.insert(words.end(), {"--print", what});
    return checkSuccess(words).out;
  };
  CHECK_THAT(print("caption"), Catch::Contains("n = "));
  CHECK_THAT(print("data"), Catch::StartsWith("token,layer,expert,value\n"));
  CHECK_THAT(print("command"), Catch::Contains("--view heatmap --value logit --layer 1"));
  CHECK_THAT(print("recipe"), Catch::Contains("\"figure\": \"heatmap\""));
}

TEST_CASE("a session of the command line shows the probability of every token but the first") {
  const Session session;
  std::istringstream shown(checkSuccess(session.figure({"--view", "tokens", "--value", "probability",
                                                        "--form", "line", "--print", "data"}))
                               .out);
  std::istringstream stored(
      checkSuccess({"session", "sql", session.folder.path("s.routescope"),
                    "SELECT exp(logprob) FROM v_tokens WHERE run = 2 ORDER BY position"})
          .out);
  std::string row;
  std::string number;
  REQUIRE(std::getline(shown, row));
  REQUIRE(std::getline(stored, number));
  for (int position = 0; position < 6; ++position) {
    CAPTURE(position);
    REQUIRE(std::getline(shown, row));
    REQUIRE(std::getline(stored, number));
    std::vector<std::string> fields(1);
    for (const char letter : row) {
      if (letter == ',') {
        fields.emplace_back();
      } else {
        fields.back() += letter;
      }
    }
    REQUIRE(fields.size() == 9);
    CHECK(fields[0] == std::to_string(position));
    CHECK(fields[3].empty() == (position == 0));
    if (position > 0) {
      CHECK(std::stod(fields[3]) ==
            Approx(std::stod(number)).epsilon(1e-6));  // it is printed with nine digits
    }
  }
}

TEST_CASE("what a figure cannot be is refused by name, and no file appears") {
  const Session session;
  const std::string out = session.folder.path("f.pdf");
  const auto refused = [&](const Words& options, int status, const Words& said) {
    Words words = session.figure(options);
    words.insert(words.end(), {"--out", out});
    checkRefusal(words, status, said);
    CHECK_FALSE(std::filesystem::exists(out));
  };
  refused({"--view", "heatmpa"}, 2, {"'heatmpa'", "'heatmap'"});
  refused({"--view", "heatmap", "--vlaue", "logit"}, 2, {"--vlaue", "'--value'"});
  refused({"--view", "heatmap", "--size", "imcl"}, 2, {"'imcl'", "'icml'"});
  refused({"--view", "heatmap", "--layer", "9", "--mode", "layer"}, 2, {"a layer", "0..1", "found 9"});
  refused({"--view", "heatmap", "--run", "7"}, 2, {"2 runs", "run 7"});
  refused({"--view", "heatmap", "--reference", "x"}, 2, {"--reference", "'x'"});
  refused({"--view", "ab"}, 2, {"--reference N"});
  refused({"--view", "edits", "--run", "1"}, 2, {"run 1", "without any", "--run"});
  refused({"--view", "firings"}, 2, {"run 2", "without virtual experts"});
  refused({"--view", "answer", "--value", "load"}, 2, {"probability|margin|none"});
  refused({"--view", "runs", "--last-run", "3"}, 2, {"2 runs", "run 3"});
  refused({"--view", "heatmap", "--png-dpi", "5"}, 2, {"png_dpi", "72..1200"});
  refused({"--view", "heatmap", "--print", "recipes"}, 2, {"'recipes'", "'recipe'"});
  checkRefusal(session.figure({"--view", "heatmap", "--out", "f.jpeg"}), 2, {".pdf", "f.jpeg"});
  checkRefusal({"figure", "--session", kNano + "/config.json", "--view", "heatmap", "--out", out}, 3,
               {"config.json"});
  checkRefusal({"figure", "--from", kNano + "/config.json", "--out", out}, 3, {"damaged"});
}

TEST_CASE("a figure is not made again from another session") {
  const Session session;
  const Session other;
  const std::string figure = session.folder.path("f.pdf");
  checkSuccess(session.figure({"--view", "history", "--out", figure}));
  checkRefusal({"figure", "--from", figure, "--session", other.folder.path("s.routescope"), "--out",
                session.folder.path("g.pdf")},
               3, {"expected the session", "s.routescope", "--session"});
}
