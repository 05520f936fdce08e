// SPDX-License-Identifier: Apache-2.0
//
// Figures of text and lists: the answer, what virtual experts said, edits, runs. Every value that a row or a
// caption tells is checked against the run.
#include <QImage>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/stats/interval.h"
#include "tests/ui/figure_fixture.h"
#include "tests/ui/recorded_run.h"
#include "ui/figures/figure.h"
#include "ui/figures/table.h"
#include "ui/reading/decision_reading.h"
#include "ui/reading/text_reading.h"

using rs::test::twoRuns;

namespace rs::figures {
namespace {

Figure make(const std::string& kind, const OptionTexts& options = {}, FigureRuns runs = twoRuns()) {
  FigureRequest request;
  request.kind = kind;
  request.options = options;
  return {request, std::move(runs), "1.2"};
}

QList<QByteArray> rowsOf(const Figure& figure) {
  QList<QByteArray> rows = figure.csv().trimmed().split('\n');
  rows.removeFirst();
  return rows;
}

FigureRuns with(const std::function<void(RunSnapshot&)>& change) {
  FigureRuns runs = twoRuns();
  auto run = std::make_shared<RunSnapshot>(*runs.run);
  change(*run);
  runs.run = run;
  return runs;
}

std::string zeros(int n) {
  std::string text = "[0";
  for (int i = 1; i < n; ++i) {
    text += ",0";
  }
  return text + "]";
}

QImage pictureOf(const Figure& figure) {
  return QImage::fromData(figure.bytes(FigureFormat::kPng), "PNG");
}

}  // namespace

TEST_CASE("the answer has every token with its part, its probability and its smallest margin") {
  const FigureRuns runs = with([](RunSnapshot& run) {
    auto tokens = std::make_shared<std::vector<std::int32_t>>(*run.tokens);
    tokens->push_back(8);  // chosen, and seen by no layer yet
    auto logprobs = std::make_shared<std::vector<float>>(tokens->size(), std::nanf(""));
    logprobs->back() = -0.5F;
    run.tokens = tokens;
    run.logprobs = logprobs;
    run.n_prompt = run.size() - 1;
  });
  const Figure figure = make("answer", {}, runs);
  const QList<QByteArray> rows = rowsOf(figure);
  REQUIRE(rows.size() == runs.run->size() + 1);
  for (int position = 0; position < runs.run->size(); ++position) {
    float smallest = ui::marginAt(*runs.run->trace, 0, position);
    smallest = std::min(smallest, ui::marginAt(*runs.run->trace, 1, position));
    const QList<QByteArray> fields = rows[position].split(',');
    CHECK(fields.back().toFloat() == smallest);
    CHECK(fields[fields.size() - 2].isEmpty());
    CHECK(fields[fields.size() - 3] == (position < runs.run->n_prompt ? "prompt" : "answer"));
  }
  CHECK(
      rows.back() ==
      QByteArray("%1,8,\xc2\xb7w8,answer,0.606530666,").replace("%1", QByteArray::number(runs.run->size())));
  CHECK(figure.caption().contains(QStringLiteral("n = 2 of the answer")));
  CHECK(figure.caption().contains(QStringLiteral("known of n = 1")));
}

TEST_CASE("the ground of a token of the answer is the colour of its value") {
  const auto coloured = [](float logprob) {
    const FigureRuns runs = with([&](RunSnapshot& run) {
      run.logprobs = std::make_shared<const std::vector<float>>(run.tokens->size(), logprob);
    });
    const QImage image = pictureOf(make("answer", {{"first_token", "2"}, {"last_token", "3"}}, runs));
    qsizetype n_full = 0;
    for (int y = 0; y < image.height(); ++y) {
      for (int x = 0; x < image.width(); ++x) {
        n_full += image.pixel(x, y) == qRgb(236, 134, 74) ? 1 : 0;
      }
    }
    return n_full;
  };
  CHECK(coloured(-100.0F) > 1000);  // nobody would have said it
  CHECK(coloured(0.0F) < 100);      // but for the end of the key
}

TEST_CASE("text keeps its line ends, shows its controls and wraps within the sheet") {
  FigureRuns runs = twoRuns();
  std::map<std::int32_t, std::string> texts;
  for (std::int32_t id = 0; id < 300; ++id) {
    texts[id] = "a";
  }
  const auto& tokens = *runs.run->tokens;
  texts[tokens[0]] = "<|start|>";
  texts[tokens[1]] = "x\ny";
  texts[tokens[2]] = "\x01";
  texts[tokens[3]] = std::string(4000, 'w');  // a word as no line has room for
  runs.names = std::make_shared<const ui::TokenNames>(texts);
  const Figure figure = make("answer", {}, runs);
  CHECK(figure.caption().contains(QStringLiteral("is a line end")));
  CHECK(figure.warnings().isEmpty());
  const QImage image = pictureOf(figure);
  for (int y = 0; y < image.height(); ++y) {
    CHECK(qGray(image.pixel(image.width() - 2, y)) > 128);
  }
  texts[tokens[1]] = "x y";
  runs.names = std::make_shared<const ui::TokenNames>(texts);
  CHECK(make("answer", {}, runs).size().height() <= figure.size().height());
  CHECK_FALSE(make("answer", {}, runs).caption().contains(QStringLiteral("line end")));
}

TEST_CASE("a long run has what fits and says how much more there is") {
  const FigureRuns runs = with([](RunSnapshot& run) {
    run.tokens = std::make_shared<const std::vector<std::int32_t>>(20'000, 7);
    run.logprobs = nullptr;
  });
  const Figure figure = make("answer", {}, runs);
  CHECK(figure.size().height() < 2.3 * figure.size().width());
  CHECK(rowsOf(figure).size() == 20'000);
  FigureRequest request;
  request.kind = "answer";
  request.page.svg_text.value = 1;
  CHECK(Figure(request, runs, "").bytes(FigureFormat::kSvg).contains("tokens more"));
}

TEST_CASE("firings tell what was pushed, with which weight, and what came") {
  const auto reserved = test::recordedRun(
      R"([{"op":"virtual","name":"calculator","mode":"reserve","weight":0.4,"layer":1,"pos":[3],)"
      R"("vector":)" +
      zeros(64) + "}]");
  const FigureRuns runs = with([&](RunSnapshot& run) {
    run.trace = reserved->trace;
    run.steering = {{}, {"calculator:layers=0..1"}};
    run.column_names = {"calculator"};
    run.n_prompt = 4;
    run.firings = {{0, {3, (*run.tokens)[4], "6 * 7 =", "6 * 7", "42", 0, 2}},
                   {0, {4, (*run.tokens)[5] + 1, "6 * 7 =", "6 * 7", "42", 1, 2}}};
  });
  const Figure figure = make("firings", {}, runs);
  const QList<QByteArray> rows = rowsOf(figure);
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].startsWith("3,calculator,6 * 7 =,6 * 7,42,"));
  CHECK(rows[0].contains(",1,2,0 1, 0.400000006,"));  // no slot in layer 0
  CHECK(rows[2].startsWith("2,calculator,1 / 0 =,"));
  CHECK(rows[2].endsWith(",a division by zero"));
  const Interval half = wilsonInterval(1, 2);
  CHECK(figure.caption().contains(QStringLiteral("pushed n = 2 tokens and were silent n = 1 times")));
  CHECK(figure.caption().contains(
      QStringLiteral(
          "Of the n = 2 that the model was free to follow the answer has 1, 50.0 % (95 % Wilson: ") +
      ui::percentText(half.low) + QStringLiteral(" to ") + ui::percentText(half.high)));
  const Figure spoken = make("firings", {{"abstentions", "no"}}, runs);
  CHECK(rowsOf(spoken).size() == 2);
  CHECK(spoken.caption().contains(QStringLiteral("silent n = 1 times")));
  CHECK(rowsOf(make("firings", {{"first_token", "4"}}, runs)).size() == 1);
}

TEST_CASE("what the reference says at a firing is told where both runs are the same text") {
  const Figure figure = make("firings");
  CHECK(figure.caption().contains(
      QStringLiteral("Likeliest there in run 1 (steering: none): the same token 0 of n = 1 times")));
  FigureRuns alone = twoRuns();
  alone.reference = nullptr;
  alone.reference_id.reset();
  CHECK_FALSE(make("firings", {}, alone).caption().contains(QStringLiteral("Likeliest")));
  // A reference that does not reach that far says nothing.
  FigureRuns parted = twoRuns();
  auto reference = std::make_shared<RunSnapshot>(*parted.reference);
  reference->trace = nullptr;
  parted.reference = reference;
  CHECK_FALSE(make("firings", {}, parted).caption().contains(QStringLiteral("Likeliest")));
}

TEST_CASE("edits are listed in order, with the decisions that are others than in the reference") {
  const FigureRuns runs = with([](RunSnapshot& run) {
    Edit off = run.steering.edits[0];
    off.on = false;
    off.name = "an idea, kept";
    off.positions = std::vector<std::int32_t>{0, 1, 2, 3, 4, 5, 6, 7};
    run.steering.edits.push_back(off);
  });
  const Figure figure = make("edits", {}, runs);
  const QList<QByteArray> rows = rowsOf(figure);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].startsWith("1,1,force,layer 0,token 3,experts 5,,"));
  CHECK(rows[1].startsWith("2,0,force,layer 0,\"tokens 0, 1, 2, 3, 4, 5, "));
  CHECK(rows[1].contains("[0,1,2,3,4,5,6,7]"));  // whole, however the table shortens it
  CHECK(rows[1].contains("\"an idea, kept\""));
  int flips = 0;
  const int n = 2 * runs.run->size();
  for (int token = 0; token < runs.run->size(); ++token) {
    for (int layer = 0; layer < 2; ++layer) {
      flips += ui::decisionsDiffer(*runs.reference, *runs.run, layer, token) ? 1 : 0;
    }
  }
  REQUIRE(flips > 0);
  const Interval interval = wilsonInterval(flips, n);
  CHECK(figure.caption().contains(QStringLiteral("%1 of n = %2 decisions").arg(flips).arg(n)));
  CHECK(figure.caption().contains(ui::percentText(interval.low) + QStringLiteral(" to ") +
                                  ui::percentText(interval.high)));
  CHECK(figure.caption().contains(QStringLiteral("2 edits of run 2 in their order, 1 of them off")));
  FigureRuns alone = twoRuns();
  alone.reference = nullptr;
  CHECK(make("edits", {}, alone).caption().contains(QStringLiteral("no run to compare with")));
}

TEST_CASE("runs are listed with where they came from, and stay those they were when the session grows") {
  const Figure figure = make("runs");
  const QList<QByteArray> rows = rowsOf(figure);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].startsWith("1,,,nano,"));
  CHECK(rows[1].startsWith("2,1,3,nano,"));
  CHECK(rows[1].contains(",\"Force, layer 0, token 3: experts 5\",1,,exact,cpu,avx512,"));
  CHECK(figure.caption().contains(QStringLiteral("n = 2: 2 length")));
  FigureRuns grown = twoRuns();
  grown.all_runs.push_back(grown.all_runs[0]);
  grown.all_runs[2].summary.id = 3;
  grown.all_runs[2].summary.ending.clear();
  const auto recipe = nlohmann::json::parse(figure.recipe().toStdString());
  CHECK(recipe["options"]["last_run"] == "2");
  const Figure again = make("runs", {{"last_run", "2"}}, grown);
  CHECK(again.bytes(FigureFormat::kPdf) == figure.bytes(FigureFormat::kPdf));
  CHECK(rowsOf(make("runs", {}, grown)).size() == 3);
  CHECK(make("runs", {{"first_run", "-1"}}, grown).caption().contains(QStringLiteral("1 not ended")));
}

TEST_CASE("lists that hold nothing and ranges that cannot be are refused by what there is") {
  const auto refused = [](const std::string& kind, const OptionTexts& options, const FigureRuns& runs,
                          const std::string& words) {
    INFO(kind << ": " << words);
    CHECK_THROWS_WITH(make(kind, options, runs), Catch::Contains(words));
  };
  const FigureRuns runs = twoRuns();
  refused("answer", {{"first_token", "900"}}, runs, "a first token within 0..");
  refused("answer", {{"value", "load"}}, runs, "probability|margin|none");
  refused("firings", {{"first_token", "0"}, {"last_token", "1"}}, runs, "(3, 2), found 0 to 1");
  const auto silent = [](RunSnapshot& run) {
    run.firings.clear();
    run.abstentions.clear();
  };
  refused("firings", {}, with(silent), "run 2 was made without virtual experts");
  refused("firings", {}, with([&](RunSnapshot& run) {
            silent(run);
            run.steering.virtual_experts = {"calculator"};
          }),
          "nothing in run 2 asked");
  refused("edits", {}, with([](RunSnapshot& run) { run.steering.edits.clear(); }),
          "run 2 was made without any");
  refused("runs", {{"last_run", "7"}}, runs, "2 runs, up to run 2");
  refused("runs", {{"first_run", "-9"}}, runs, "found run -9");
  refused("runs", {{"first_run", "2"}, {"last_run", "1"}}, runs, "found 2 to 1");
}

TEST_CASE("a table breaks what is too wide, keeps its titles whole and counts what does not fit") {
  (void)twoRuns();
  const Typeface face(QStringLiteral("DejaVu Sans"), 7);
  std::vector<TableRow> rows;
  for (int i = 0; i < 1000; ++i) {
    rows.push_back({{QString::number(i), QStringLiteral("words and ").repeated(12)}});
  }
  const Table many({{QStringLiteral("number")}, {QStringLiteral("what it says")}}, rows,
                   QStringLiteral("rows"));
  CHECK(many.heightFor(200, face) == Approx(400));
  rows.resize(2);
  const Table two({{QStringLiteral("number")}, {QStringLiteral("what it says")}}, rows,
                  QStringLiteral("rows"));
  CHECK(two.heightFor(200, face) > two.heightFor(600, face));
  rows[0].cells[1] = rows[1].cells[1] = QStringLiteral("short");
  const Table shorter({{QStringLiteral("number")}, {QStringLiteral("what it says")}}, rows,
                      QStringLiteral("rows"));
  CHECK(shorter.heightFor(200, face) < two.heightFor(200, face));
}

}  // namespace rs::figures
