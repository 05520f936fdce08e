// SPDX-License-Identifier: Apache-2.0
//
// The token strip as a user meets it. Runs with GL (Xvfb) and without.
#include <QApplication>
#include <QSignalSpy>
#include <QTest>
#include <QVBoxLayout>
#include <catch2/catch.hpp>

#include "tests/ui/canvas/sources.h"
#include "tests/ui/canvas/waiting.h"
#include "ui/canvas/token_strip.h"
#include "ui/heat/heat_raster.h"

namespace rs::canvas {
namespace {

struct Window {
  FakeStrip source;
  QWidget top;
  TokenStrip strip{&top};

  Window() {
    auto* layout = new QVBoxLayout(&top);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(&strip);
    top.resize(700, 100);
    strip.setSource(&source);
    top.show();
    REQUIRE(QTest::qWaitForWindowExposed(&top));
    settle();
  }
  void settle() { settleCanvas(strip); }
  [[nodiscard]] QPoint centreOf(int token) const {
    const std::optional<ItemBox> box = strip.items().find("strip.chip." + std::to_string(token));
    REQUIRE(box.has_value());
    return {static_cast<int>((box->left + box->right) / 2), static_cast<int>((box->top + box->bottom) / 2)};
  }
};

QColor expected(float value) {
  const heat::Quantiser q(heat::Extreme::kMin, 0, 1);
  const heat::Palette palette(q, heat::ColourMap::kViridis, 0, 1);
  const heat::Rgb c = heat::rgbOf(palette.colourOf(q, value));
  return {c.r, c.g, c.b};
}

TEST_CASE("a chip has the colour of its number, and a click on it moves the cursor there") {
  Window window;
  const QSignalSpy moved(&window.strip, &TokenStrip::cursorMoved);
  for (const int token : {1, 5, 9}) {
    const ItemBox box = *window.strip.items().find("strip.chip." + std::to_string(token));
    const double scale = window.strip.devicePixelRatioF();
    // Left of the text, below the frame of the cursor.
    const QColor colour = window.strip.picture().pixelColor(static_cast<int>((box.left + 1.5F) * scale),
                                                            static_cast<int>((box.top + 2.5F) * scale));
    CHECK(std::abs(colour.green() - expected(FakeStrip::probabilityOf(token)).green()) <= 1);
    QTest::mouseClick(&window.strip, Qt::LeftButton, {}, window.centreOf(token));
    window.settle();
    REQUIRE(moved.count() > 0);
    CHECK(moved.last()[0].toInt() == token);
    window.strip.setCursorToken(-1);
    window.settle();
  }
  CHECK(moved.count() == 3);
}

TEST_CASE("only visible chips are drawn, and a cursor set from outside is brought into view") {
  Window window;
  CHECK(window.strip.items().find("strip.chip.0").has_value());
  CHECK_FALSE(window.strip.items().find("strip.chip.400").has_value());
  window.strip.setCursorToken(400);
  window.settle();
  CHECK(window.strip.items().find("strip.chip.400").has_value());
  CHECK_FALSE(window.strip.items().find("strip.chip.0").has_value());
}

TEST_CASE("arrows move the cursor, Ctrl jumps to the next mark, Shift by a page") {
  Window window;
  window.source.edited = {77, 300};
  window.source.changes = 1;
  window.strip.sourceChanged();
  window.strip.setCursorToken(10);
  window.settle();
  QTest::keyClick(&window.strip, Qt::Key_Right);
  window.settle();
  CHECK(window.strip.view().cursor() == 11);
  QTest::keyClick(&window.strip, Qt::Key_Right, Qt::ControlModifier);
  QTest::keyClick(&window.strip, Qt::Key_BracketRight);
  window.settle();
  CHECK(window.strip.view().cursor() == 300);
  QTest::keyClick(&window.strip, Qt::Key_Left, Qt::ShiftModifier);
  window.settle();
  CHECK(window.strip.view().cursor() < 299);
  QTest::keyClick(&window.strip, Qt::Key_End);
  window.settle();
  CHECK(window.strip.view().cursor() == 499);
}

TEST_CASE("the map of the run brings the view where it is clicked") {
  Window window;
  const ItemBox map = *window.strip.items().find("strip.map");
  QTest::mouseClick(
      &window.strip, Qt::LeftButton, {},
      {static_cast<int>(map.left + map.width() / 2), static_cast<int>(map.top + map.height() / 2)});
  window.settle();
  const Tokens shown = window.strip.view().visible();
  CHECK(shown.begin > 200);
  CHECK(shown.end < 300);
}

TEST_CASE("Home shows all tokens, and an edit among 131,072 is still marked") {
  Window window;
  window.source.n_tokens = 131072;
  window.source.changes = 1;
  window.strip.sourceChanged();
  window.settle();
  QTest::keyClick(&window.strip, Qt::Key_Home);
  window.settle();
  CHECK(window.strip.view().visible() == Tokens{0, 131072});
  const QImage without = window.strip.picture();
  window.source.edited = {70'000};
  window.source.changes = 2;
  window.source.changed_from = 70'000;
  window.strip.sourceChanged();
  window.settle();
  CHECK(window.strip.view().visible() == Tokens{0, 131072});
  CHECK(window.strip.picture() != without);
}

TEST_CASE("a drag over chips selects their tokens") {
  Window window;
  const QSignalSpy selected(&window.strip, &TokenStrip::selectionChanged);
  QTest::mousePress(&window.strip, Qt::LeftButton, {}, window.centreOf(2));
  QTest::mouseMove(&window.strip, window.centreOf(4));
  QTest::mouseMove(&window.strip, window.centreOf(6));
  QTest::mouseRelease(&window.strip, Qt::LeftButton, {}, window.centreOf(6));
  window.settle();
  REQUIRE(selected.count() == 1);
  CHECK(window.strip.view().selection() == Tokens{2, 7});
}

TEST_CASE("the strip's table has text, numbers and marks of every token") {
  Window window;
  window.source.edited = {4};
  const QAbstractTableModel* table = window.strip.tableTwin();
  REQUIRE(table->rowCount() == 500);
  REQUIRE(table->columnCount() == 4);
  CHECK(table->index(3, 0).data().toString() == QString::fromUtf8("\u00b7word3"));
  CHECK(table->index(3, 1).data().toFloat() == FakeStrip::probabilityOf(3));
  CHECK_FALSE(table->index(0, 1).data().isValid());
  CHECK(table->index(4, 3).data().toString() == "edited");
}

TEST_CASE("an empty strip survives every gesture") {
  Window window;
  for (const bool has_source : {false, true}) {
    window.source.n_tokens = 0;
    window.source.changes += 1;
    window.strip.setSource(has_source ? &window.source : nullptr);
    window.settle();
    for (const char key : {'a', 'd', 'v', '?', ' ', '1', '3', '[', ']', '+', '-'}) {
      QTest::keyClick(&window.strip, key);
    }
    for (const auto key : {Qt::Key_Left, Qt::Key_End, Qt::Key_Home, Qt::Key_Return, Qt::Key_Delete}) {
      QTest::keyClick(&window.strip, key);
    }
    for (const int y : {8, 40}) {
      QTest::mouseClick(&window.strip, Qt::LeftButton, {}, {200, y});
      QTest::mouseDClick(&window.strip, Qt::LeftButton, {}, {200, y});
    }
    window.settle();
  }
  SUCCEED();
}

}  // namespace
}  // namespace rs::canvas
