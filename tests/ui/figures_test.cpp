// SPDX-License-Identifier: Apache-2.0
//
// Figures: the same bytes each time, fonts embedded, what is drawn has the colours of its values, data and
// recipe inside and exact, bad requests refused by name.
#include <QFile>
#include <QImage>
#include <QPainter>
#include <QTemporaryDir>
#include <catch2/catch.hpp>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/routing/compile.h"
#include "tests/ui/application.h"
#include "tests/ui/figure_fixture.h"
#include "ui/figures/figure.h"
#include "ui/figures/shell_text.h"
#include "ui/heat/heat_raster.h"
#include "ui/reading/decision_reading.h"
#include "ui/reading/expert_statistics.h"

using rs::test::twoRuns;

namespace rs::figures {
namespace {

constexpr FigureFormat kFormats[] = {FigureFormat::kPdf, FigureFormat::kSvg, FigureFormat::kPng};

Figure make(const std::string& kind, const OptionTexts& options = {}, const std::string& size = "neurips") {
  FigureRequest request;
  request.kind = kind;
  request.options = options;
  request.page.size = parseSize(size);
  return {request, twoRuns(), "1.2"};
}

QList<QByteArray> rowsOf(const QByteArray& csv) {
  QList<QByteArray> rows = csv.trimmed().split('\n');
  rows.removeFirst();
  return rows;
}

void checkRefused(const std::string& kind, const OptionTexts& options,
                  const std::vector<std::string>& words) {
  try {
    (void)make(kind, options);
    FAIL("expected a refusal");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kUsage);
    for (const std::string& word : words) {
      INFO(error.what());
      CHECK(std::string(error.what()).find(word) != std::string::npos);
    }
  }
}

}  // namespace

TEST_CASE("every kind of figure has the same bytes each time, in every format") {
  for (const KindInfo& kind : allKinds()) {
    const std::string id(kind.id);
    INFO(id);
    for (const FigureFormat format : kFormats) {
      const QByteArray bytes = make(id).bytes(format);
      CHECK(bytes.size() > 1000);
      CHECK(bytes == make(id).bytes(format));
    }
  }
}

TEST_CASE("every kind of figure is drawn small and large without running over its sheet") {
  for (const KindInfo& kind : allKinds()) {
    for (const auto& [size, points] : std::vector<std::pair<std::string, double>>{
             {"150", 7}, {"icml", 7}, {"nature-wide", 8}, {"600x700", 7}, {"600", 16}}) {
      INFO(kind.id << " " << size << " " << points);
      FigureRequest request;
      request.kind = std::string(kind.id);
      request.page.size = parseSize(size);
      request.page.font_points = points;
      const Figure figure(request, twoRuns(), "1.2");
      const QImage image = QImage::fromData(figure.bytes(FigureFormat::kPng), "PNG");
      int n_dark = 0;
      int n_at_edge = 0;
      for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x) {
          const bool is_dark = qGray(image.pixel(x, y)) < 128;
          const bool is_edge = x < 2 || y < 2 || x >= image.width() - 2 || y >= image.height() - 2;
          n_dark += is_dark ? 1 : 0;
          n_at_edge += is_dark && is_edge ? 1 : 0;
        }
      }
      CHECK(n_dark > 500);
      CHECK(n_at_edge == 0);
    }
  }
}

TEST_CASE("a PDF carries subsets of its fonts, its data and its recipe, and no time") {
  for (const KindInfo& kind : allKinds()) {
    INFO(kind.id);
    const QByteArray pdf = make(std::string(kind.id)).bytes(FigureFormat::kPdf);
    CHECK(pdf.startsWith("%PDF-1."));
    CHECK(pdf.contains("/FontFile2"));
    CHECK(pdf.contains("/CIDFontType2"));
    CHECK_FALSE(pdf.contains("/Type3"));
    CHECK_FALSE(pdf.contains("/Subtype /Type3"));
    CHECK(pdf.contains("+DejaVuSans"));  // six letters and a plus before the name: a subset
    CHECK(pdf.size() < 300'000);
    CHECK(pdf.contains("/EmbeddedFiles"));
    CHECK(pdf.contains("/F (recipe.json)"));
    CHECK(pdf.contains("/F (data.csv)"));
    CHECK(pdf.contains("/CreationDate (D:20000101000000"));
  }
}

TEST_CASE("the recipe comes back out of a PDF, an SVG, a PNG and a file of its own") {
  const QTemporaryDir folder;
  FigureRequest request;
  request.kind = "token-detail";
  request.options = {{"layer", "1"}, {"token", "3"}, {"order", "expert"}};
  request.page.size = parseSize("nature x 60mm");
  request.page.title = "it's & \"this\"";
  request.page.font_points = 8.5;
  const Figure figure(request, twoRuns(), "1.2");
  QFile own(folder.filePath("recipe.json"));
  REQUIRE(own.open(QIODevice::WriteOnly));
  own.write(figure.recipe());
  own.close();
  for (const char* name : {"f.pdf", "f.svg", "f.png", "recipe.json"}) {
    INFO(name);
    const std::string path = folder.filePath(QString::fromLatin1(name)).toStdString();
    if (std::string(name) != "recipe.json") {
      figure.write(path);
    }
    const Recipe recipe = readRecipe(path);
    CHECK(recipe.session_uuid == "0123");
    CHECK(recipe.session_file == "a session.routescope");
    CHECK(recipe.request.run == 2);
    CHECK(recipe.request.reference.run == 1);
    const Figure again(recipe.request, twoRuns(), "1.2");
    for (const FigureFormat format : kFormats) {
      CHECK(again.bytes(format) == figure.bytes(format));
    }
  }
}

TEST_CASE("a file without a recipe, or with a damaged one, is refused") {
  const QTemporaryDir folder;
  const auto write = [&](const char* name, const QByteArray& bytes) {
    QFile file(folder.filePath(QString::fromLatin1(name)));
    REQUIRE(file.open(QIODevice::WriteOnly));
    file.write(bytes);
    return file.fileName().toStdString();
  };
  CHECK_THROWS_AS((void)readRecipe(write("a.pdf", "%PDF-1.4\nnothing")), Error);
  CHECK_THROWS_AS((void)readRecipe(write("a.json", "{\"figure\": 3}")), Error);
  CHECK_THROWS_AS((void)readRecipe(write("b.json", "{\"figure\": ")), Error);
  CHECK_THROWS_AS((void)readRecipe(write("a.svg", "<svg/>")), Error);
  CHECK_THROWS_AS((void)readRecipe(write("a.png", "\x89PNG")), Error);
  CHECK_THROWS_AS((void)readRecipe("/nonexistent/f.pdf"), Error);
  QByteArray cut = make("history").bytes(FigureFormat::kPdf);
  cut.replace("/FlateDecode", "/FlateDecodf");
  CHECK_THROWS_AS((void)readRecipe(write("cut.pdf", cut)), Error);
}

TEST_CASE("data and recipe are in an SVG and in a PNG too") {
  const Figure figure = make("expert");
  CHECK(figure.bytes(FigureFormat::kSvg).contains("<metadata id=\"data.csv\">expert,hits,n,"));
  const QImage image = QImage::fromData(figure.bytes(FigureFormat::kPng), "PNG");
  CHECK(image.text(QStringLiteral("data")).toUtf8() == figure.csv());
  CHECK(image.text(QStringLiteral("recipe")).toUtf8() == figure.recipe());
}

TEST_CASE("a cell of the heat map has the colour of its value") {
  const FigureRuns runs = twoRuns();
  const Figure figure = make("heatmap", {{"mode", "token"}, {"token", "3"}}, "400x300");
  const QImage image = QImage::fromData(figure.bytes(FigureFormat::kPng), "PNG");
  const heat::Quantiser q(heat::Extreme::kMax, 0, 1);
  const heat::Palette palette(q, heat::ColourMap::kViridis, 0, 1);
  // The frame is the leftmost and topmost long dark line.
  const double unit = 300.0 / 72;
  for (int layer = 0; layer < 2; ++layer) {
    std::vector<float> weights(6, 0.0F);
    for (const ui::Slot& slot : ui::readDecision(*runs.run, layer, 3).final) {
      weights[static_cast<std::size_t>(slot.expert)] = slot.weight;
    }
    const int y = static_cast<int>((60 + 100 * layer) * unit);
    std::vector<QRgb> seen;  // colours met from left to right, frames and labels left out
    for (int x = static_cast<int>(30 * unit); x < image.width() - 60 * unit; ++x) {
      const QRgb pixel = image.pixel(x, y);
      if (seen.empty() || seen.back() != pixel) {
        seen.push_back(pixel);
      }
    }
    for (const float weight : weights) {
      const heat::Rgb wanted = heat::rgbOf(palette.colourOf(q, weight));
      CHECK(std::find(seen.begin(), seen.end(), qRgb(wanted.r, wanted.g, wanted.b)) != seen.end());
    }
  }
}

TEST_CASE("up to 4,096 cells are rectangles, more are one lossless image") {
  FigureRuns runs = twoRuns();
  const int n = runs.run->size();
  REQUIRE(n * 12 < 4096);
  CHECK_FALSE(make("heatmap").bytes(FigureFormat::kSvg).contains("<image"));
  auto longer = std::make_shared<RunSnapshot>(*runs.run);
  const auto request = TraceRequest{parseAddresses("router", longer->trace->config()), LogitsWanted::kNone};
  auto trace = std::make_shared<Trace>(longer->trace->config(),
                                       compile({}, longer->trace->config(), {{}, 0, {}}), request, 400);
  std::vector<std::int32_t> tokens(400, 5);
  for (int first = 0; first < 400; first += kTraceBlock) {
    const int end = std::min(400, first + kTraceBlock);
    const CaptureSinks& sinks = trace->sinksFor(first);
    for (const Address& address : request.addresses) {
      for (int position = first; position < end; ++position) {
        const auto wide = static_cast<std::size_t>(sinks.at(address.site, address.layer).row_elements);
        if (address.site == Site::kExpertIndices) {
          std::fill_n(sinks.ints(address.site, address.layer, position), wide, position % 6);
        } else {
          std::fill_n(sinks.floats(address.site, address.layer, position), wide, 0.25F);
        }
      }
    }
    trace->append(
        std::span(tokens).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(end - first)));
  }
  longer->trace = trace;
  longer->tokens = std::make_shared<const std::vector<std::int32_t>>(tokens);
  runs.run = longer;
  runs.reference = nullptr;
  runs.reference_id.reset();
  FigureRequest asked;
  asked.kind = "heatmap";
  const Figure large(asked, runs, "1.2");
  CHECK(large.bytes(FigureFormat::kSvg).contains("<image"));
  const QByteArray pdf = large.bytes(FigureFormat::kPdf);
  CHECK(pdf.contains("/Subtype /Image"));
  CHECK_FALSE(pdf.contains("/DCTDecode"));
}

TEST_CASE("the data of a heat map are the exact weights of the run") {
  const FigureRuns runs = twoRuns();
  const Figure figure =
      make("heatmap", {{"mode", "layer"}, {"layer", "1"}, {"first_token", "2"}, {"last_token", "3"}});
  const QList<QByteArray> rows = rowsOf(figure.csv());
  REQUIRE(rows.size() == 2 * 6);
  for (const QByteArray& row : rows) {
    const QList<QByteArray> fields = row.split(',');
    float weight = 0;
    for (const ui::Slot& slot : ui::readDecision(*runs.run, 1, fields[0].toInt()).final) {
      weight = slot.expert == fields[2].toInt() ? slot.weight : weight;
    }
    CHECK(fields[3].toFloat() == weight);
  }
}

TEST_CASE("token detail has every logit, what was chosen and what the model would have chosen") {
  const FigureRuns runs = twoRuns();
  const ui::DecisionReading reading = ui::readDecision(*runs.run, 0, 3, runs.reference.get());
  const Figure figure = make("token-detail", {{"layer", "0"}, {"token", "3"}});
  const QList<QByteArray> rows = rowsOf(figure.csv());
  REQUIRE(rows.size() == 6);
  float last = std::numeric_limits<float>::infinity();
  for (const QByteArray& row : rows) {
    const QList<QByteArray> fields = row.split(',');
    const auto expert = static_cast<std::size_t>(fields[1].toInt());
    CHECK(fields[3].toFloat() == reading.logits[expert]);
    CHECK(fields[4].toFloat() == reading.own_logits[expert]);
    CHECK(fields[3].toFloat() <= last);
    last = fields[3].toFloat();
    CHECK((fields[6] == "1") == (expert == 5));
  }
  CHECK(figure.caption().contains(QStringLiteral("decision forced")));
}

TEST_CASE("the load of every expert comes with n, interval, even use and the null") {
  const FigureRuns runs = twoRuns();
  const Figure figure = make("expert", {{"layer", "0"}, {"expert", "5"}});
  const QList<QByteArray> rows = rowsOf(figure.csv());
  REQUIRE(rows.size() == 6);
  for (int expert = 0; expert < 6; ++expert) {
    const ui::ExpertLoad load = ui::expertStatistics(*runs.run, 0, expert, 0, runs.run->size() - 1).load;
    const QList<QByteArray> fields = rows[expert].split(',');
    CHECK(fields[1].toInt() == load.hits);
    CHECK(fields[2].toInt() == runs.run->size());
    CHECK(fields[4].toDouble() == Approx(load.interval.low));
    CHECK(fields[5].toDouble() == Approx(load.interval.high));
    CHECK(fields[7].toDouble() == Approx(load.null_range.low));
    CHECK(fields[8].toDouble() == Approx(load.null_range.high));
    CHECK(fields[9].toDouble() == Approx(load.p_value));
  }
  CHECK(figure.caption().contains(QStringLiteral("n = %1").arg(runs.run->size())));
  CHECK(figure.caption().contains(QStringLiteral("random dealings")));
  CHECK(figure.caption().contains(QStringLiteral("p = ")));
}

TEST_CASE("A/B counts the flips of every layer and bounds the divergence") {
  const FigureRuns runs = twoRuns();
  const Figure figure = make("ab");
  const QList<QByteArray> rows = rowsOf(figure.csv());
  REQUIRE(rows.size() == 2 + runs.run->size());
  for (int layer = 0; layer < 2; ++layer) {
    int flips = 0;
    for (int token = 0; token < runs.run->size(); ++token) {
      flips += ui::decisionsDiffer(*runs.reference, *runs.run, layer, token) ? 1 : 0;
    }
    CHECK(rows[layer].split(',')[2].toInt() == flips);
    CHECK(rows[layer].split(',')[3].toInt() == runs.run->size());
  }
  CHECK(rows[2].split(',')[2].toDouble() == 0);
  CHECK(rows.back().split(',')[2].toDouble() > 0);
  CHECK(figure.caption().contains(QStringLiteral("Wilson")));
}

TEST_CASE("history and candidates tell what became of a token") {
  const Figure history = make("history", {{"token", "3"}});
  CHECK(rowsOf(history.csv())[0].split(',')[1] == "forced");
  CHECK(history.caption().contains(QStringLiteral("1 forced")));
  const Figure candidates = make("candidates");
  const QList<QByteArray> rows = rowsOf(candidates.csv());
  const QList<QByteArray> first = rows[0].split(',');
  CHECK(first[first.size() - 2].toDouble() == Approx(std::exp(-0.9)));
  CHECK(first.back().toDouble() == Approx(std::exp(-0.1)));
}

TEST_CASE("text that the font cannot show is written as its code point and told") {
  FigureRuns runs = twoRuns();
  const std::int32_t id = runs.run->trace->tokens()[0];
  runs.names =
      std::make_shared<const ui::TokenNames>(std::map<std::int32_t, std::string>{{id, "\xe4\xb8\xad"}});
  FigureRequest request;
  request.kind = "tokens";
  const Figure figure(request, runs, "1.2");
  REQUIRE(figure.warnings().size() == 1);
  CHECK(figure.warnings()[0].contains(QStringLiteral("1 of the characters")));
  CHECK(make("heatmap").warnings().isEmpty());
  const Typeface face(QStringLiteral("DejaVu Sans"), 7);
  CHECK(face.shown(QString::fromUtf8("a\xe4\xb8\xad")) == QStringLiteral("a\\u{4E2D}"));
}

TEST_CASE("the text of a token that looks like a marker stays what it is") {
  FigureRuns runs = twoRuns();
  std::map<std::int32_t, std::string> texts;
  for (std::int32_t id = 0; id < 300; ++id) {
    texts[id] = "%1%2%3";
  }
  runs.names = std::make_shared<const ui::TokenNames>(std::move(texts));
  FigureRequest request;
  for (const char* kind : {"token-detail", "history", "candidates"}) {
    request.kind = kind;
    CHECK(Figure(request, runs, "1.2").caption().contains(QStringLiteral("\u201c%1%2%3\u201d")));
  }
}

TEST_CASE("text of an SVG is outlines unless it is wanted as text") {
  FigureRequest request;
  request.kind = "history";
  CHECK_FALSE(Figure(request, twoRuns(), "").bytes(FigureFormat::kSvg).contains("<text"));
  request.page.svg_text.value = 1;
  CHECK(Figure(request, twoRuns(), "").bytes(FigureFormat::kSvg).contains("<text"));
}

TEST_CASE("what cannot be drawn or written is refused by name") {
  checkRefused("heatmpa", {}, {"'heatmpa'", "'heatmap'"});
  checkRefused("heatmap", {{"vlaue", "weight"}}, {"vlaue", "'value'"});
  checkRefused("heatmap", {{"value", "wieght"}}, {"wieght", "weight|probability"});
  checkRefused("heatmap", {{"first_token", "5"}, {"last_token", "2"}}, {"5 to 2"});
  checkRefused("heatmap", {{"mode", "layer"}, {"layer", "2"}}, {"a layer", "0..1", "found 2"});
  checkRefused("heatmap", {{"low", "2"}, {"high", "1"}}, {"low below high"});
  checkRefused("expert", {{"expert", "6"}}, {"an expert", "0..5"});
  checkRefused("tokens", {{"value", "load"}}, {"--expert"});
  CHECK_THROWS_AS((void)figureFormat("picture.jpeg"), Error);
  CHECK_THROWS_AS(make("heatmap").write("/nonexistent/figure.pdf"), Error);
  CHECK_THROWS_AS((void)make("ab", {}, "150x80"), Error);  // no room left beside the caption
  FigureRuns alone = twoRuns();
  alone.reference = nullptr;
  FigureRequest request;
  for (const auto& [kind, options] :
       std::vector<std::pair<std::string, OptionTexts>>{{"ab", {}}, {"heatmap", {{"value", "difference"}}}}) {
    request.kind = kind;
    request.options = options;
    CHECK_THROWS_WITH(Figure(request, alone, ""), Catch::Contains("--reference"));
  }
  auto bare = std::make_shared<RunSnapshot>(*alone.run);
  bare->next = nullptr;
  bare->logprobs = nullptr;
  alone.run = bare;
  request = {};
  request.kind = "candidates";
  CHECK_THROWS_WITH(Figure(request, alone, ""), Catch::Contains("nothing is stored"));
  request.kind = "tokens";
  CHECK_THROWS_WITH(Figure(request, alone, ""), Catch::Contains("not stored"));
}

TEST_CASE("sizes are presets, lengths with units, or both") {
  CHECK(parseSize("icml").width == Approx(234));
  CHECK(parseSize("icml").height == 0);
  CHECK(parseSize("nature x 60mm").height == Approx(60 * 72 / 25.4));
  CHECK(parseSize("89mmx60mm").width == Approx(89 * 72 / 25.4));
  CHECK(parseSize("3.25in").width == Approx(234));
  CHECK(parseSize("234x150").height == 150);
  for (const char* bad : {"", "imcl", "icml x", "20x20", "300x10", "nan", "-5x5", "300px", "1e9x1e9"}) {
    INFO(bad);
    CHECK_THROWS_AS((void)parseSize(bad), Error);
  }
  CHECK_THROWS_WITH(parseSize("imcl"), Catch::Contains("'icml'"));
}

TEST_CASE("the command of a figure names what differs from the defaults, quoted for a shell") {
  FigureRequest request;
  request.kind = "heatmap";
  request.options = {{"value", "logit"}, {"token", "-1"}};
  request.page.title = "it's";
  const Figure figure(request, twoRuns(), "1.2");
  CHECK(figure.command("my run.routescope", "f.pdf") ==
        "routescope figure --session 'my run.routescope' --run 2 --reference 1 --view heatmap --value logit "
        "--size neurips --title 'it'\\''s' --out f.pdf");
  const auto recipe = nlohmann::json::parse(figure.recipe().toStdString());
  CHECK(recipe["command"].get<std::string>().find("my run") == std::string::npos);
  CHECK(recipe["options"]["value"] == "logit");
  CHECK(recipe["found"]["cells"] == twoRuns().run->size() * 12);
}

TEST_CASE("every pane with a picture has its figure") {
  for (const auto& [pane, kind] :
       std::vector<std::pair<const char*, const char*>>{{"heat_map", "heatmap"},
                                                        {"token_strip", "tokens"},
                                                        {"answer", "answer"},
                                                        {"prompt", "answer"},
                                                        {"token_detail", "token-detail"},
                                                        {"decision_history", "history"},
                                                        {"candidates", "candidates"},
                                                        {"ab", "ab"},
                                                        {"expert_inspector", "expert"},
                                                        {"virtual_experts", "firings"},
                                                        {"edits", "edits"},
                                                        {"runs", "runs"}}) {
    INFO(pane);
    REQUIRE(kindOfPane(pane) != nullptr);
    CHECK(kindOfPane(pane)->id == kind);
  }
  CHECK(kindOfPane("log") == nullptr);
}

TEST_CASE("a written file is the figure's bytes") {
  const QTemporaryDir folder;
  const Figure figure = make("candidates");
  figure.write(folder.filePath("f.svg").toStdString());
  QFile file(folder.filePath("f.svg"));
  REQUIRE(file.open(QIODevice::ReadOnly));
  CHECK(file.readAll() == figure.bytes(FigureFormat::kSvg));
}

}  // namespace rs::figures
