// SPDX-License-Identifier: Apache-2.0
//
// heatmap: the routing of a run as cells, from the same values and colours as the canvas.
#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/text.h"
#include "ui/canvas/heat_picture.h"
#include "ui/figures/kind.h"
#include "ui/heat/heat_raster.h"
#include "ui/reading/text_reading.h"
#include "ui/sources/run_heat_source.h"

namespace rs::figures {
namespace {

using canvas::HeatValue;

constexpr std::array<std::string_view, 3> kModes{"all", "layer", "token"};
constexpr std::array<std::string_view, canvas::kHeatValues> kValues{"weight", "probability", "logit",
                                                                    "margin", "presence",    "difference"};
constexpr std::array<std::string_view, 5> kMaps{"auto", "viridis", "cividis", "greys", "RdBu"};
enum Mode { kAll, kLayer, kToken };

constexpr int64_t kMostRectangles = 4096;
constexpr int64_t kMostRows = 1'000'000;
constexpr double kRasterDpi = 600;
constexpr double kBar = 8;

QColor colourOf(heat::Pixel pixel) {
  const heat::Rgb c = heat::rgbOf(pixel);
  return {c.r, c.g, c.b};
}

struct HeatOptions {
  Choice mode{kModes, kAll};
  Choice value{kValues, 0};
  int layer = 0;
  int token = -1;
  TokenSpan tokens;
  Choice colours{kMaps, 0};
  double low = 0;
  double high = 0;
};

class HeatPlot final : public Plot {
 public:
  HeatPlot(const FigureRuns& runs, const HeatOptions& options) : runs_(runs), options_(options) {
    source_.setRun(runs_.run, runs_.reference, runs_.names);
    const HeatValue value = this->value();
    if (!source_.offers(value)) {
      throw Error(ErrorCode::kUsage,
                  runs_.reference == nullptr
                      ? "drawing a heat map of differences: it needs a run to compare with; name it as "
                        "--reference N"
                      : "drawing a heat map of differences: the two runs have no token in common");
    }
    options_.tokens = options_.tokens.in(runs_);
    options_.layer = indexOf(options_.layer, source_.layers(), "a layer");
    options_.token = indexOf(options_.token, source_.tokens(), "a token");
    chooseColours();
    picture_.setSource(&source_);
    picture_.setValue(value);
    while (picture_.update(1e9)) {
    }
    if (mode() == kToken) {
      grid_ = std::make_unique<heat::HeatPyramid>(picture_.gridOf(options_.token));
    }
  }

  void paint(Sheet& sheet, const QRectF& area) const override {
    const double top = nameRoom(sheet.face());
    const double left = rowNamesWidth(sheet.face()) + 6;
    const QRectF plot(area.left() + left, area.top() + top, area.width() - left - barRoom(sheet.face()),
                      area.height() - top - axisHeight(sheet.face()));
    heat::Palette palette(picture_.quantiser(), map_, range_.low, range_.high);
    palette.setNoData(heat::pixelOf({0xe8, 0xe8, 0xea}), heat::pixelOf({0xb6, 0xb8, 0xbd}));
    if (cells() > kMostRectangles) {
      paintRaster(sheet, plot, palette);
    } else {
      paintRectangles(sheet, plot, palette);
    }
    sheet.frame(plot);
    paintRows(sheet, plot);
    paintColumns(sheet, plot);
    paintColourBar(sheet, plot, palette);
  }

  [[nodiscard]] double heightFor(double width, const Typeface& face) const override {
    const double least = width * (mode() == kAll ? 0.55 : 0.45);
    const double rows = mode() == kAll ? 0 : (mode() == kLayer ? source_.experts() : source_.layers());
    return std::clamp(rows * face.capHeight() * 1.6 + axisHeight(face) + nameRoom(face), least, 2.5 * least);
  }

  [[nodiscard]] QByteArray csv() const override {
    if (cells() > kMostRows) {
      return {};
    }
    QByteArray text("token,layer,expert,value\n");
    const auto [first, last] = shownTokens();
    std::vector<float> values(static_cast<size_t>(source_.experts()));
    for (int token = first; token <= last; ++token) {
      for (int layer = firstLayer(); layer < endLayer(); ++layer) {
        source_.values(value(), token, layer, values);
        for (size_t expert = 0; expert < values.size(); ++expert) {
          if (!std::isnan(values[expert])) {
            text += QByteArray::number(token) + ',' + QByteArray::number(layer) + ',' +
                    QByteArray::number(static_cast<qsizetype>(expert)) + ',' +
                    csvNumber(static_cast<double>(values[expert])) + '\n';
          }
        }
      }
    }
    return text;
  }

  [[nodiscard]] QString caption() const override {
    const auto [first, last] = shownTokens();
    QString text =
        QStringLiteral("%1. Run %2, ").arg(ui::fromView(canvas::infoOf(value()).help)).arg(runs_.run_id);
    text += mode() == kToken ? QStringLiteral("token %1 \u201c").arg(first) + runs_.tokenText(first) +
                                   QStringLiteral("\u201d, ")
                             : QStringLiteral("tokens %1 to %2, ").arg(first).arg(last);
    text += mode() == kLayer ? QStringLiteral("layer %1, ").arg(options_.layer)
                             : QStringLiteral("layers 0 to %1, ").arg(source_.layers() - 1);
    text += QStringLiteral("n = %1 decisions.").arg(int64_t{last - first + 1} * (endLayer() - firstLayer()));
    if (runs_.reference_id.has_value() && value() == HeatValue::kDifference) {
      text += QStringLiteral(" Run %1 minus run %2.").arg(runs_.run_id).arg(*runs_.reference_id);
    }
    text[0] = text[0].toUpper();
    return text;
  }

  void addFacts(nlohmann::json& facts) const override {
    facts["low"] = range_.low;
    facts["high"] = range_.high;
    facts["colours"] = heat::allColourMaps()[static_cast<size_t>(map_)].name;
    facts["step"] = picture_.quantiser().step();
    facts["cells"] = cells();
    facts["cells_as_image"] = cells() > kMostRectangles;
    facts["clipped_values"] = picture_.clipped();
  }

 private:
  [[nodiscard]] int mode() const { return options_.mode.value; }
  [[nodiscard]] HeatValue value() const { return static_cast<HeatValue>(options_.value.value); }
  [[nodiscard]] int firstLayer() const { return mode() == kLayer ? options_.layer : 0; }
  [[nodiscard]] int endLayer() const { return mode() == kLayer ? options_.layer + 1 : source_.layers(); }
  [[nodiscard]] std::pair<int, int> shownTokens() const {
    return mode() == kToken ? std::pair(options_.token, options_.token)
                            : std::pair(options_.tokens.first, options_.tokens.last);
  }
  [[nodiscard]] int64_t cells() const {
    const auto [first, last] = shownTokens();
    return int64_t{last - first + 1} * (endLayer() - firstLayer()) * source_.experts();
  }
  [[nodiscard]] int rows() const {
    return mode() == kAll ? source_.layers() * source_.experts()
                          : (mode() == kLayer ? source_.experts() : source_.layers());
  }
  [[nodiscard]] int columns() const { return mode() == kToken ? source_.experts() : options_.tokens.size(); }
  [[nodiscard]] int firstColumn() const { return mode() == kToken ? 0 : options_.tokens.first; }
  [[nodiscard]] int firstRow() const { return mode() == kLayer ? options_.layer * source_.experts() : 0; }
  [[nodiscard]] const heat::HeatPyramid& pyramid() const {
    return grid_ != nullptr ? *grid_ : picture_.pyramid();
  }

  void chooseColours() {
    map_ = options_.colours.value == 0 ? canvas::infoOf(value()).map
                                       : static_cast<heat::ColourMap>(options_.colours.value - 1);
    range_ = source_.range(value());
    if (options_.low != options_.high) {
      range_ = {static_cast<float>(options_.low), static_cast<float>(options_.high)};
    }
    if (!(range_.low < range_.high)) {
      throw Error(ErrorCode::kUsage, format("drawing a heat map: expected low below high, found %g and %g",
                                            options_.low, options_.high));
    }
  }

  void paintRectangles(Sheet& sheet, const QRectF& plot, const heat::Palette& palette) const {
    const double width = plot.width() / columns();
    const double height = plot.height() / rows();
    for (int column = 0; column < columns(); ++column) {
      const auto codes = pyramid().column(firstColumn() + column);
      for (int row = 0; row < rows(); ++row) {
        const QRectF cell(plot.left() + column * width, plot.top() + row * height, width, height);
        const uint8_t code = codes[static_cast<size_t>(firstRow()) + static_cast<size_t>(row)];
        sheet.fill(cell, colourOf(palette[code]));
        if (code == 0) {
          sheet.line(cell.bottomLeft(), cell.topRight(), colourOf(palette.noDataLine()), 0.3);
        }
      }
    }
  }

  void paintRaster(Sheet& sheet, const QRectF& plot, const heat::Palette& palette) const {
    const auto axis = [](int cells, int begin, int end, double points) {
      heat::Axis made;
      made.setCells(cells);
      made.setPixels(std::max(1, static_cast<int>(std::lround(points / 72 * kRasterDpi))));
      made.showExactly(begin, end);
      return made;
    };
    const heat::Axis x = axis(pyramid().columns(), firstColumn(), firstColumn() + columns(), plot.width());
    const heat::Axis y = axis(rows(), 0, rows(), plot.height());
    QImage image(x.pixels(), y.pixels(), QImage::Format_RGBX8888);
    heat::HeatRaster().draw(pyramid(), x, y, firstRow(), palette,
                            {reinterpret_cast<heat::Pixel*>(image.bits()),
                             static_cast<size_t>(image.width()) * static_cast<size_t>(image.height())});
    sheet.image(plot, image.convertToFormat(QImage::Format_RGB32));
  }

  // Beside the cells.
  [[nodiscard]] static double barRoom(const Typeface& face) { return 20 + 4 * face.points(); }
  // Above the colour bar: half a number and the name of the value.
  [[nodiscard]] static double nameRoom(const Typeface& face) { return 1.6 * face.capHeight() + 4; }

  [[nodiscard]] QString rowName(int group) const {
    return mode() == kLayer ? QString::fromStdString(source_.expertName(options_.layer, group))
                            : QStringLiteral("L%1").arg(group);
  }
  [[nodiscard]] int groups() const { return mode() == kLayer ? source_.experts() : source_.layers(); }
  [[nodiscard]] double rowNamesWidth(const Typeface& face) const {
    double widest = 0;
    for (int i = 0; i < groups(); ++i) {
      widest = std::max(widest, face.width(rowName(i)));
    }
    return std::min(widest, 90.0);
  }

  void paintRows(Sheet& sheet, const QRectF& plot) const {
    const double height = plot.height() / groups();
    const int step = std::max(1, static_cast<int>(std::ceil(sheet.face().capHeight() * 1.5 / height)));
    for (int i = 0; i < groups(); ++i) {
      const double top = plot.top() + i * height;
      if (mode() == kAll && i > 0 && height > 2) {
        sheet.line({plot.left() - 3, top}, {plot.left(), top});
        sheet.line({plot.left(), top}, {plot.right(), top}, QColor(255, 255, 255, 110), 0.3);
      }
      if (i % step == 0) {
        sheet.textBeside({plot.left() - 4, top + height / 2}, sheet.face().elided(rowName(i), 90),
                         Align::kRight);
      }
    }
  }

  void paintColumns(Sheet& sheet, const QRectF& plot) const {
    const QString name = mode() == kToken   ? QStringLiteral("expert (token %1)").arg(options_.token)
                         : mode() == kLayer ? QStringLiteral("token position (layer %1)").arg(options_.layer)
                                            : QStringLiteral("token position");
    indexAxis(sheet, plot, firstColumn(), firstColumn() + columns(), name);
  }

  void paintColourBar(Sheet& sheet, const QRectF& plot, const heat::Palette& palette) const {
    constexpr int kSteps = 128;
    const bool has_gaps = value() == HeatValue::kLogit || value() == HeatValue::kMargin ||
                          value() == HeatValue::kProbability || value() == HeatValue::kDifference;
    const double foot = has_gaps ? 2 * sheet.face().lineHeight() : 0;
    const QRectF bar(plot.right() + 8, plot.top(), kBar, std::max(plot.height() - foot, 20.0));
    for (int i = 0; i < kSteps; ++i) {
      const heat::Rgb c = heat::colourAt(map_, 1 - static_cast<double>(i) / (kSteps - 1));
      sheet.fill(
          QRectF(bar.left(), bar.top() + bar.height() * i / kSteps, bar.width(), bar.height() / kSteps),
          QColor(c.r, c.g, c.b));
    }
    sheet.frame(bar);
    const Scale scale{static_cast<double>(range_.low), static_cast<double>(range_.high), bar.bottom(),
                      bar.top()};
    const int about = std::max(2, static_cast<int>(bar.height() / (2.2 * sheet.face().lineHeight())));
    const std::vector<double> ticks = ticksOf(scale.low, scale.high, about);
    const double step = ticks.size() > 1 ? ticks[1] - ticks[0] : 1;
    for (const double tick : ticks) {
      sheet.line({bar.right(), scale.at(tick)}, {bar.right() + 2, scale.at(tick)});
      sheet.textBeside({bar.right() + 4, scale.at(tick)}, tickText(tick, step));
    }
    sheet.text({bar.left() + barRoom(sheet.face()) - 8, plot.top() - sheet.face().capHeight() / 2 - 3},
               value() == HeatValue::kDifference ? QStringLiteral("weight, B \u2212 A")
                                                 : ui::fromView(canvas::infoOf(value()).name),
               Align::kRight);
    if (has_gaps) {
      const QRectF swatch(bar.left(), plot.bottom() - 5, kBar, 5);
      sheet.fill(swatch, colourOf(palette[0]));
      sheet.line(swatch.bottomLeft(), swatch.topRight(), colourOf(palette.noDataLine()), 0.3);
      sheet.textBeside({swatch.right() + 4, swatch.center().y()}, QStringLiteral("none"));
    }
  }

  FigureRuns runs_;
  HeatOptions options_;
  ui::RunHeatSource source_;
  heat::ColourMap map_{};
  canvas::ValueRange range_;
  canvas::HeatPicture picture_;
  std::unique_ptr<heat::HeatPyramid> grid_;  // of one token
};

class Heatmap final : public Kind {
 public:
  static constexpr std::string_view kId = "heatmap";
  static constexpr std::string_view kTitle = "Heat map";
  static constexpr std::string_view kSummary =
      "The routing of a run: tokens by layers and experts, by the experts of one layer, or one token alone.";

  void visit(ParamVisitor& visitor) override {
    constexpr RealRange kReal{-1e6, 1e6};
    visitor(options_.mode, "mode", "all layers over tokens, one layer over tokens, or one token");
    visitor(options_.value, "value", "what a cell shows; difference: weights of the run minus its reference");
    visitor(options_.layer, "layer", "which layer, with mode layer; negative: counted from the end",
            kFromEitherEnd);
    visitor(options_.token, "token", "which token, with mode token; -1: the last", kFromEitherEnd);
    options_.tokens.visit(visitor);
    visitor(options_.colours, "colours", "auto: those that suit the value");
    visitor(options_.low, "low", "value of the first colour; low = high: the value's own range", kReal);
    visitor(options_.high, "high", "value of the last colour", kReal);
  }

  [[nodiscard]] std::unique_ptr<Plot> plot(const FigureRuns& runs) const override {
    return std::make_unique<HeatPlot>(runs, options_);
  }

  [[nodiscard]] std::span<const std::string_view> panes() const override {
    static constexpr std::array<std::string_view, 1> kPanes{"heat_map"};
    return kPanes;
  }

 private:
  HeatOptions options_;
};

}  // namespace

KindInfo heatmapFigure() {
  return describe<Kind, Heatmap>();
}

}  // namespace rs::figures
