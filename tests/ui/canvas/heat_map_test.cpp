// SPDX-License-Identifier: Apache-2.0
//
// The heat map as a user meets it: mouse and keys in, signals and pixels out. Runs with GL (Xvfb) and
// without.
#include <QApplication>
#include <QSignalSpy>
#include <QTest>
#include <QVBoxLayout>
#include <QWheelEvent>
#include <catch2/catch.hpp>

#include "tests/ui/canvas/sources.h"
#include "tests/ui/canvas/waiting.h"
#include "ui/canvas/heat_map.h"
#include "ui/heat/heat_raster.h"

namespace rs::canvas {
namespace {

struct Window {
  FakeHeat source;
  QWidget top;
  HeatMap map{&top};

  Window() {
    auto* layout = new QVBoxLayout(&top);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(&map);
    top.resize(640, 360);
    map.setSource(&source);
    top.show();
    REQUIRE(QTest::qWaitForWindowExposed(&top));
    settle();
  }
  void settle() { settleCanvas(map); }
  [[nodiscard]] ItemBox plot() const { return *map.items().find("heat.plot"); }
  [[nodiscard]] QPoint centreOf(int token, int row) const {
    const ItemBox box = plot();
    const double x =
        static_cast<double>(box.left) + (token + 0.5) * static_cast<double>(box.width()) / source.n_tokens;
    const double y = static_cast<double>(box.top) +
                     (row + 0.5) * static_cast<double>(box.height()) / (source.n_layers * source.n_experts);
    return {static_cast<int>(x), static_cast<int>(y)};
  }
  QColor colourAt(const QPoint& at) {
    const QImage picture = map.picture();
    const double scale = map.devicePixelRatioF();
    return picture.pixelColor(static_cast<int>(at.x() * scale), static_cast<int>(at.y() * scale));
  }
};

QColor expected(float value) {
  const heat::Quantiser q(heat::Extreme::kMax, 0, 1);
  const heat::Palette palette(q, heat::ColourMap::kViridis, 0, 1);
  const heat::Rgb c = heat::rgbOf(palette.colourOf(q, value));
  return {c.r, c.g, c.b};
}

TEST_CASE("each cell has the colour that the colour map gives its value") {
  Window window;
  for (const int token : {0, 7, 20, 39}) {
    for (int row = 0; row < 24; ++row) {
      CAPTURE(token, row);
      const QColor colour = window.colourAt(window.centreOf(token, row));
      const QColor wanted = expected(FakeHeat::weightAt(token, row / 8, row % 8));
      REQUIRE(std::abs(colour.red() - wanted.red()) <= 1);
      REQUIRE(std::abs(colour.green() - wanted.green()) <= 1);
      REQUIRE(std::abs(colour.blue() - wanted.blue()) <= 1);
    }
  }
}

TEST_CASE("marks of one kind on the same pixels are drawn once; other kinds and other places are seen") {
  Window window;
  const auto pictureOf = [&](std::vector<Mark> marks) {
    window.map.setMarks(std::move(marks));
    window.settle();
    return window.map.picture();
  };
  const Mark mark{{3, 0, 5}, MarkKind::kForced};
  const QImage one = pictureOf({mark});
  CHECK(pictureOf({}) != one);
  CHECK(pictureOf({mark, mark, mark}) == one);
  CHECK(pictureOf({mark, {{3, 0, 5}, MarkKind::kBanned}}) != one);
  CHECK(pictureOf({mark, {{20, 1, 2}, MarkKind::kForced}}) != one);
}

TEST_CASE("a canvas has its ground up to the last device pixel") {
  Window window;
  for (int size = 357; size <= 360; ++size) {
    window.top.resize(280 + size, size);
    window.settle();
    const QImage picture = window.map.picture();
    const QColor ground = picture.pixelColor(1, 1);
    CAPTURE(picture.width(), picture.height());
    CHECK(picture.pixelColor(picture.width() - 1, picture.height() - 1) == ground);
    CHECK(picture.pixelColor(picture.width() - 1, 1) == ground);
    CHECK(picture.pixelColor(1, picture.height() - 1) == ground);
  }
}

TEST_CASE("a click moves the cursor to the cell under it and says so once") {
  Window window;
  const QSignalSpy moved(&window.map, &HeatMap::cursorMoved);
  QTest::mouseClick(&window.map, Qt::LeftButton, {}, window.centreOf(12, 11));
  window.settle();
  REQUIRE(moved.count() == 1);
  CHECK(moved[0][0].value<Cell>() == Cell{12, 1, 3});
  CHECK(window.map.view().cursor() == Cell{12, 1, 3});
  CHECK(window.map.accessibleDescription().contains("layer 1"));
}

TEST_CASE("setting the cursor from outside raises no signal") {
  Window window;
  const QSignalSpy moved(&window.map, &HeatMap::cursorMoved);
  window.map.setCursorCell({3, 0, 0});
  window.settle();
  CHECK(moved.count() == 0);
}

TEST_CASE("a drag selects tokens, Shift adds to them and Alt takes away") {
  Window window;
  const auto drag = [&](int from, int to, Qt::KeyboardModifiers held) {
    QTest::mousePress(&window.map, Qt::LeftButton, held, window.centreOf(from, 2));
    QTest::mouseMove(&window.map, window.centreOf((from + to) / 2, 4));
    QTest::mouseMove(&window.map, window.centreOf(to, 5));
    QTest::mouseRelease(&window.map, Qt::LeftButton, held, window.centreOf(to, 5));
    window.settle();
  };
  const QSignalSpy selected(&window.map, &HeatMap::selectionChanged);
  const QSignalSpy moved(&window.map, &HeatMap::cursorMoved);
  drag(5, 14, {});
  REQUIRE(selected.count() == 1);
  CHECK(window.map.view().selection() == Tokens{5, 15});
  CHECK(moved.count() == 0);
  drag(20, 24, Qt::ShiftModifier);
  CHECK(window.map.view().selection() == Tokens{5, 25});
  drag(0, 9, Qt::AltModifier);
  CHECK(window.map.view().selection() == Tokens{10, 25});
  QTest::keyClick(&window.map, Qt::Key_Escape);
  window.settle();
  CHECK(window.map.view().selection().empty());
}

TEST_CASE("the wheel zooms at the pointer and Home shows all again") {
  Window window;
  const QPoint at = window.centreOf(30, 5);
  QWheelEvent wheel(at, window.map.mapToGlobal(at), {}, {0, 480}, Qt::NoButton, Qt::NoModifier,
                    Qt::NoScrollPhase, false);
  QApplication::sendEvent(&window.map, &wheel);
  window.settle();
  const HeatView& view = window.map.view();
  CHECK(view.viewEnd() - view.viewBegin() == Approx(40 / std::pow(1.25, 4)));
  CHECK(view.viewBegin() > 5);
  QTest::mouseClick(&window.map, Qt::LeftButton, {}, at);
  window.settle();
  CHECK(view.cursor().token == 30);
  QTest::keyClick(&window.map, Qt::Key_Home);
  window.settle();
  CHECK(view.viewEnd() - view.viewBegin() == 40);
}

TEST_CASE("a right drag moves the view, a right click asks for the menu") {
  Window window;
  window.map.showTokens(10, 20);
  window.settle();
  const QSignalSpy asked(&window.map, &HeatMap::contextRequested);
  const QPoint middle(300, 100);
  QTest::mousePress(&window.map, Qt::RightButton, {}, middle);
  QTest::mouseMove(&window.map, middle + QPoint(60, 0));
  QTest::mouseRelease(&window.map, Qt::RightButton, {}, middle + QPoint(60, 0));
  window.settle();
  CHECK(window.map.view().viewBegin() < 9.5);
  CHECK(asked.count() == 0);
  window.map.fit();
  window.settle();
  QTest::mouseClick(&window.map, Qt::RightButton, {}, window.centreOf(8, 20));
  window.settle();
  REQUIRE(asked.count() == 1);
  CHECK(asked[0][0].value<Cell>() == Cell{8, 2, 4});
}

TEST_CASE("all of it goes by keyboard: arrows, layers, values, force, ban, delete, pin") {
  Window window;
  HeatMap& map = window.map;
  map.setCursorCell({4, 0, 6});
  const QSignalSpy forced(&map, &HeatMap::forceRequested);
  const QSignalSpy banned(&map, &HeatMap::banRequested);
  const QSignalSpy deleted(&map, &HeatMap::deleteRequested);
  const QSignalSpy pinned(&map, &HeatMap::pinned);
  for (const auto key : {Qt::Key_Right, Qt::Key_Down, Qt::Key_Down, Qt::Key_F, Qt::Key_X, Qt::Key_Delete,
                         Qt::Key_Space, Qt::Key_Period}) {
    QTest::keyClick(&map, key);
  }
  window.settle();
  CHECK(map.view().cursor() == Cell{5, 2, 0});  // over the border of a layer, then one layer on
  REQUIRE(forced.count() == 1);
  CHECK(forced[0][0].value<Cell>() == Cell{5, 1, 0});
  CHECK(banned.count() == 1);
  CHECK(deleted.count() == 1);
  REQUIRE(pinned.count() == 1);
  CHECK(pinned[0][0].toInt() == 5);
  QTest::keyClick(&map, Qt::Key_6);
  window.settle();
  CHECK(map.view().value() == HeatValue::kDifference);
  CHECK(map.view().colourMap() == heat::ColourMap::kRdBu);
}

TEST_CASE("keys that mean nothing here are left to the window") {
  Window window;
  QKeyEvent undo(QEvent::ShortcutOverride, Qt::Key_Z, Qt::ControlModifier, "\x1a");
  undo.ignore();
  QApplication::sendEvent(&window.map, &undo);
  CHECK_FALSE(undo.isAccepted());
  QKeyEvent escape(QEvent::ShortcutOverride, Qt::Key_Escape, Qt::NoModifier);
  escape.ignore();
  QApplication::sendEvent(&window.map, &escape);
  CHECK_FALSE(escape.isAccepted());  // nothing to step back from: it stops the engine
  QKeyEvent force(QEvent::ShortcutOverride, Qt::Key_F, Qt::NoModifier, "f");
  force.ignore();
  QApplication::sendEvent(&window.map, &force);
  CHECK(force.isAccepted());
}

TEST_CASE("nothing is drawn while nothing happens") {
  Window window;
  const int before = window.map.framesDrawn();
  QTest::qWait(300);
  CHECK(window.map.framesDrawn() == before);
}

TEST_CASE("the hover of another pane is drawn, one's own is told") {
  Window window;
  const QImage without = window.map.picture();
  window.map.setHover({20, 1, 4});
  window.settle();
  CHECK(window.map.picture() != without);
  const QSignalSpy hovered(&window.map, &HeatMap::hovered);
  QTest::mouseMove(&window.map, window.centreOf(9, 3));
  window.settle();
  REQUIRE(hovered.count() >= 1);
  CHECK(hovered.last()[0].value<Cell>() == Cell{9, 0, 3});
}

TEST_CASE("stale cells are hatched and marks are drawn") {
  Window window;
  const QImage before = window.map.picture();
  window.map.setStale({{{10, 40}, {1, 3}}});
  window.settle();
  const QImage hatched = window.map.picture();
  const QRect touched(window.centreOf(10, 8), window.centreOf(39, 23));
  const QRect untouched(window.centreOf(0, 0), window.centreOf(8, 23));
  const double scale = window.map.devicePixelRatioF();
  const auto part = [scale](const QImage& image, const QRect& r) {
    return image.copy(QRect((r.topLeft().toPointF() * scale).toPoint(), (r.size() * scale)));
  };
  CHECK(part(before, touched) != part(hatched, touched));
  CHECK(part(before, untouched) == part(hatched, untouched));
  window.map.setMarks({{{3, 0, 5}, MarkKind::kForced}});
  window.settle();
  CHECK(part(window.map.picture(), untouched) != part(hatched, untouched));
}

TEST_CASE("one layer and one token are shown on their own, and a click there still names the cell") {
  Window window;
  window.map.setCursorCell({6, 2, 1});
  window.map.setMode(HeatMode::kToken);
  window.settle();
  const ItemBox plot = window.plot();
  // Experts across, layers down.
  const QPoint at(static_cast<int>(plot.left + plot.width() * 5.5F / 8),
                  static_cast<int>(plot.top + plot.height() / 6));
  CHECK(std::abs(window.colourAt(at).green() - expected(FakeHeat::weightAt(6, 0, 5)).green()) <= 1);
  QTest::mouseClick(&window.map, Qt::LeftButton, {}, at);
  window.settle();
  CHECK(window.map.view().cursor() == Cell{6, 0, 5});
  window.map.setMode(HeatMode::kLayer);
  window.settle();
  const QPoint row_two(static_cast<int>(plot.left + plot.width() / 80),
                       static_cast<int>(plot.top + plot.height() * 2.5F / 8));
  CHECK(std::abs(window.colourAt(row_two).green() - expected(FakeHeat::weightAt(0, 0, 2)).green()) <= 1);
}

TEST_CASE("the table twin holds the same values, and a token that arrives becomes a row") {
  Window window;
  QAbstractTableModel* table = window.map.tableTwin();
  window.map.setCursorCell({0, 1, 0});
  REQUIRE(table->rowCount() == 40);
  REQUIRE(table->columnCount() == 9);
  CHECK(table->index(7, 0).data().toString() == "t7");
  CHECK(table->index(7, 4).data().toFloat() == FakeHeat::weightAt(7, 1, 3));
  CHECK(table->headerData(4, Qt::Horizontal, Qt::DisplayRole).toString() == "E3");
  window.source.n_tokens = 41;
  window.map.sourceChanged();
  CHECK(table->rowCount() == 41);
}

TEST_CASE("changed values are read anew from the first that changed") {
  Window window;
  window.source.reads = 0;
  window.source.weight_scale = 0.5F;
  window.source.changes = 1;
  window.source.changed_from = 30;
  window.map.sourceChanged();
  window.settle();
  CHECK(window.source.reads <= 10 * 3 + 3);
  const QColor after = window.colourAt(window.centreOf(35, 9));
  CHECK(std::abs(after.green() - expected(FakeHeat::weightAt(35, 1, 1) / 2).green()) <= 1);
  const QColor before = window.colourAt(window.centreOf(12, 9));
  CHECK(std::abs(before.green() - expected(FakeHeat::weightAt(12, 1, 1)).green()) <= 1);
}

TEST_CASE("without a source, without tokens and without the value it says so and survives every gesture") {
  Window window;
  window.map.setHint("Nothing has run yet.");
  window.source.offered = {0};
  for (int round = 0; round < 3; ++round) {
    if (round == 0) {
      window.map.setSource(nullptr);
    } else if (round == 1) {
      window.source.n_tokens = 0;
      window.map.setSource(&window.source);
    } else {
      window.source.n_tokens = 4;
      window.map.setValue(HeatValue::kLogit);
    }
    window.settle();
    for (const char key : {'f', 'x', 'v', 'm', '?', ',', '.', ' ', '1', '9', '[', ']', 'w', 'd', '+', '-'}) {
      QTest::keyClick(&window.map, key);
    }
    for (const auto key :
         {Qt::Key_Left, Qt::Key_Down, Qt::Key_PageUp, Qt::Key_End, Qt::Key_Home, Qt::Key_Return}) {
      QTest::keyClick(&window.map, key);
    }
    QTest::mouseClick(&window.map, Qt::LeftButton, {}, {200, 100});
    QTest::mouseDClick(&window.map, Qt::LeftButton, {}, {200, 100});
    window.settle();
  }
  SUCCEED();
}

TEST_CASE("a canvas survives being moved into another window") {
  Window window;
  const QPoint at = window.centreOf(7, 3);
  const QColor before = window.colourAt(at);
  QWidget other;
  auto* layout = new QVBoxLayout(&other);
  layout->setContentsMargins(0, 0, 0, 0);
  other.resize(640, 360);
  layout->addWidget(&window.map);
  other.show();
  REQUIRE(QTest::qWaitForWindowExposed(&other));
  window.settle();
  CHECK(window.colourAt(at) == before);
  window.map.setParent(nullptr);
}

TEST_CASE("GL is used where it is there, and software gives the same picture") {
  Window window;
  if (QGuiApplication::platformName() == "offscreen") {
    CHECK(window.map.renderer() == ImGuiCanvas::Renderer::kSoftware);
    return;
  }
  REQUIRE(window.map.renderer() == ImGuiCanvas::Renderer::kGl);
  window.map.setCursorCell({12, 1, 3});
  window.settle();
  const QImage gl = window.map.picture().convertToFormat(QImage::Format_RGB32);
  ImGuiCanvas::setGlAllowed(false);
  Window plain;
  ImGuiCanvas::setGlAllowed(true);
  REQUIRE(plain.map.renderer() == ImGuiCanvas::Renderer::kSoftware);
  plain.map.setCursorCell({12, 1, 3});
  plain.settle();
  const QImage soft = plain.map.picture().convertToFormat(QImage::Format_RGB32);
  REQUIRE(gl.size() == soft.size());
  const auto differs = [](QRgb a, QRgb b) {
    constexpr int kRounding = 2;  // of blended text
    return std::abs(qRed(a) - qRed(b)) > kRounding || std::abs(qGreen(a) - qGreen(b)) > kRounding ||
           std::abs(qBlue(a) - qBlue(b)) > kRounding;
  };
  int different = 0;
  for (int y = 0; y < gl.height(); ++y) {
    for (int x = 0; x < gl.width(); ++x) {
      different += differs(gl.pixel(x, y), soft.pixel(x, y)) ? 1 : 0;
    }
  }
  // The slopes of a triangle and a line or two may round otherwise.
  CHECK(different < gl.width() * gl.height() / 1000);
}

}  // namespace
}  // namespace rs::canvas
