// SPDX-License-Identifier: Apache-2.0
//
// Figures: the same bytes each time, cells of the right colour, data and recipe inside, bad requests refused.
#include <QFile>
#include <QImage>
#include <QTemporaryDir>
#include <catch2/catch.hpp>

#include "core/base/error.h"
#include "tests/ui/canvas/sources.h"
#include "ui/figures/heat_figure.h"
#include "ui/heat/heat_raster.h"

namespace rs::figures {
namespace {

using canvas::FakeHeat;

TEST_CASE("the same figure has the same bytes, in every format") {
  const FakeHeat source;
  const HeatFigure a(source, {.title = "weights"});
  const HeatFigure b(source, {.title = "weights"});
  for (const FigureFormat format : {FigureFormat::kPdf, FigureFormat::kSvg, FigureFormat::kPng}) {
    const QByteArray first = a.bytes(format);
    CHECK(first.size() > 1000);
    CHECK(first == b.bytes(format));
  }
}

TEST_CASE("another value makes another figure") {
  FakeHeat source;
  const QByteArray before = HeatFigure(source, {}).bytes(FigureFormat::kPng);
  source.weight_scale = 0.5F;
  CHECK(HeatFigure(source, {}).bytes(FigureFormat::kPng) != before);
}

TEST_CASE("a PDF carries its fonts, its data and its recipe, and no time") {
  const FakeHeat source;
  const QByteArray pdf = HeatFigure(source, {}).bytes(FigureFormat::kPdf);
  CHECK(pdf.startsWith("%PDF-1."));
  CHECK(pdf.contains("/FontFile2"));
  CHECK(pdf.contains("/EmbeddedFile"));
  CHECK(pdf.contains("/CreationDate (D:20000101000000"));
}

TEST_CASE("up to 4,096 cells are rectangles, more are one lossless image") {
  FakeHeat source;
  source.n_tokens = 170;  // 170 x 24 = 4,080
  CHECK_FALSE(HeatFigure(source, {}).bytes(FigureFormat::kSvg).contains("<image"));
  source.n_tokens = 171;
  const HeatFigure large(source, {});
  CHECK(large.cells() > HeatFigure::kMostRectangles);
  CHECK(large.bytes(FigureFormat::kSvg).contains("<image"));
  const QByteArray pdf = large.bytes(FigureFormat::kPdf);
  CHECK(pdf.contains("/Subtype /Image"));
  CHECK_FALSE(pdf.contains("/DCTDecode"));
}

TEST_CASE("a cell of the picture has the colour of its value") {
  const FakeHeat source;
  for (const int end : {20, 40}) {
    const HeatFigure figure(source, {.first_token = 10, .end_token = end});
    const QImage image = QImage::fromData(figure.bytes(FigureFormat::kPng), "PNG");
    const double unit = 300.0 / 72;
    const double left = 34 * unit;
    const double top = 16 * unit;
    const double width = (468 - 34 - 58) * unit / (end - 10);
    const double height = (260 - 16 - 24) * unit / 24;
    const heat::Quantiser q(heat::Extreme::kMax, 0, 1);
    const heat::Palette palette(q, heat::ColourMap::kViridis, 0, 1);
    for (const int token : {10, 13, 19}) {
      for (int row = 0; row < 24; ++row) {
        const QColor colour = image.pixelColor(static_cast<int>(left + (token - 10 + 0.5) * width),
                                               static_cast<int>(top + (row + 0.5) * height));
        const heat::Rgb wanted =
            heat::rgbOf(palette.colourOf(q, FakeHeat::weightAt(token, row / 8, row % 8)));
        REQUIRE(colour == QColor(wanted.r, wanted.g, wanted.b));
      }
    }
  }
}

TEST_CASE("text of an SVG is outlines unless it is wanted as text") {
  const FakeHeat source;
  CHECK_FALSE(HeatFigure(source, {}).bytes(FigureFormat::kSvg).contains("<text"));
  CHECK(HeatFigure(source, {.text_as_outlines = false}).bytes(FigureFormat::kSvg).contains("<text"));
}

TEST_CASE("the data are the exact values of what is shown") {
  const FakeHeat source;
  const HeatFigure figure(source,
                          {.mode = canvas::HeatMode::kLayer, .layer = 2, .first_token = 3, .end_token = 5});
  const QList<QByteArray> lines = figure.csv().trimmed().split('\n');
  REQUIRE(lines.size() == 1 + 2 * 8);
  const QList<QByteArray> fields = lines[1 + 8 + 5].split(',');
  CHECK(fields[0] == "4");
  CHECK(fields[1] == "2");
  CHECK(fields[2] == "5");
  CHECK(fields[3].toFloat() == FakeHeat::weightAt(4, 2, 5));
  CHECK(figure.recipe().contains("\"value\": \"weight\""));
}

TEST_CASE("one token's figure shows its layers and experts") {
  const FakeHeat source;
  const HeatFigure figure(source, {.mode = canvas::HeatMode::kToken, .token = 6});
  CHECK(figure.cells() == 24);
  CHECK(figure.csv().trimmed().split('\n').size() == 25);
  CHECK(figure.bytes(FigureFormat::kPdf).size() > 1000);
}

TEST_CASE("what cannot be drawn or written is refused by name") {
  FakeHeat source;
  CHECK_THROWS_AS(HeatFigure(source, {.first_token = 30, .end_token = 20}), Error);
  CHECK_THROWS_AS(HeatFigure(source, {.end_token = 99}), Error);
  CHECK_THROWS_AS(HeatFigure(source, {.mode = canvas::HeatMode::kLayer, .layer = 3}), Error);
  CHECK_THROWS_AS(HeatFigure(source, {.size_points = {20, 20}}), Error);
  CHECK_THROWS_AS((void)figureFormat("picture.jpeg"), Error);
  CHECK_THROWS_AS(HeatFigure(source, {}).write("/nonexistent/figure.pdf"), Error);
  source.offered = {0};
  CHECK_THROWS_AS(HeatFigure(source, {.value = canvas::HeatValue::kLogit}), Error);
  source.n_tokens = 0;
  CHECK_THROWS_AS(HeatFigure(source, {}), Error);
}

TEST_CASE("a written file is the figure's bytes") {
  const FakeHeat source;
  const QTemporaryDir folder;
  const HeatFigure figure(source, {});
  figure.write(folder.filePath("f.svg"));
  QFile file(folder.filePath("f.svg"));
  REQUIRE(file.open(QIODevice::ReadOnly));
  CHECK(file.readAll() == figure.bytes(FigureFormat::kSvg));
}

}  // namespace
}  // namespace rs::figures
