// SPDX-License-Identifier: Apache-2.0
//
// The main job, done in the real window with mouse and keys: open the demo, run, click, force, undo, switch
// the calculator on.
#include <QAbstractButton>
#include <QDockWidget>
#include <QInputDialog>
#include <QLabel>
#include <QMouseEvent>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSettings>
#include <QTest>
#include <QTextCursor>
#include <QTextEdit>
#include <QTimer>
#include <QToolButton>
#include <catch2/catch.hpp>
#include <cmath>
#include <span>
#include <vector>

#include "tests/ui/window_driver.h"
#include "ui/palette.h"
#include "ui/pane.h"
#include "ui/reading/decision_reading.h"
#include "ui/theme.h"
#include "ui/widgets/logit_bars.h"
#include "ui/widgets/text_table.h"

using rs::test::Driver;
using rs::test::settle;
using rs::test::waitFor;

namespace rs::ui {
TEST_CASE("from the start screen to the right product with three clicks") {
  Driver driver;
  driver.openDemo();
  CHECK(!driver.answer().contains(QStringLiteral("11303")));
  auto* guide = driver.find<QPushButton>("guide.button");
  REQUIRE(guide->isVisible());
  driver.click(guide);  // switch the calculator on
  REQUIRE(driver.idle());
  CHECK(driver.answer().trimmed().startsWith(QStringLiteral("11303")));
  REQUIRE(driver.window->workbench().reference() != nullptr);
  driver.click(guide);  // compare
  CHECK(driver.find<QWidget>("ab.layers")->isVisible());
  driver.window->bringToFront("virtual_experts");
  CHECK(driver.find<TextTable>("virtual.firings")->rowCount() > 0);
}

TEST_CASE("a prompt is typed, run with the keyboard, and taken over with a click and a key") {
  Driver driver;
  driver.openDemo();
  auto* text = driver.find<QPlainTextEdit>("prompt.text");
  text->setFocus();
  text->selectAll();
  QTest::keyClicks(text, QStringLiteral("The capital of France is"));
  driver.takeKeyboard();
  QTest::keyClick(text, Qt::Key_Return, Qt::ControlModifier);
  REQUIRE(driver.idle());
  Workbench& bench = driver.window->workbench();
  CHECK(tokensText(bench.tokenizer().get(),
                   std::span(*bench.run()->tokens).first(static_cast<std::size_t>(bench.run()->n_prompt))) ==
        QStringLiteral("The capital of France is"));

  // A bar that is not chosen, clicked, then F.
  bench.cursor().move({2, 1, 0});
  settle();
  auto* bars = driver.find<LogitBars>("detail.bars");
  REQUIRE(bars->isVisible());
  const int row = static_cast<int>(bars->bars().size()) - 1;
  const int expert = bars->bars()[static_cast<std::size_t>(row)].expert;
  driver.click(bars->viewport(), {20, bars->rowRect(0).center().y()});
  driver.takeKeyboard();
  bars->setFocus();
  driver.key(Qt::Key_End);
  CHECK(bench.cursor().cursor().expert == expert);
  driver.key(Qt::Key_F);
  REQUIRE(driver.idle());
  CHECK(readDecision(*bench.run(), 1, 2).final.front().expert == expert);
  CHECK(driver.find<TextTable>("edits.table")->rowCount() == 1);
  driver.key(Qt::Key_Z, Qt::ControlModifier);
  REQUIRE(driver.idle());
  CHECK(bench.steering().edits.empty());
  CHECK(readDecision(*bench.run(), 1, 2).final.front().expert != expert);
}

TEST_CASE("after an edit the answer's tokens have the colours of their new probabilities") {
  Driver driver;
  driver.openDemo();
  Workbench& bench = driver.window->workbench();
  auto* text = driver.find<QTextEdit>("answer.text");
  const auto coloured = [&] {
    std::vector<QColor> colours;
    QTextCursor at(text->document());
    int end = 0;
    for (const std::int32_t token : *bench.run()->tokens) {
      end += static_cast<int>(tokensText(bench.tokenizer().get(), std::span(&token, 1)).size());
      at.setPosition(end);
      const QBrush brush = at.charFormat().background();
      colours.push_back(brush.style() == Qt::NoBrush ? QColor() : brush.color());
    }
    return colours;
  };
  const auto wanted = [&] {
    std::vector<QColor> colours;
    for (const float logprob : *bench.run()->logprobs) {
      colours.push_back(surpriseColour(std::exp(static_cast<double>(logprob))));
    }
    return colours;
  };
  const std::vector<QColor> before = coloured();
  CHECK(before == wanted());
  bench.forceExpert({0, 0, 9}, true);
  REQUIRE(driver.idle());
  CHECK(text->toPlainText() == tokensText(bench.tokenizer().get(), *bench.run()->tokens));
  CHECK(coloured() == wanted());
  CHECK(coloured() != before);
}

TEST_CASE("a dragged bar adds to its logit, with the choice shown before it is let go") {
  Driver driver;
  driver.openDemo();
  Workbench& bench = driver.window->workbench();
  bench.cursor().move({2, 1, 0});
  settle();
  auto* bars = driver.find<LogitBars>("detail.bars");
  const LogitBar bar = bars->bars()[4];
  const int y = bars->rowRect(4).center().y();
  const int from = bars->xOf(static_cast<double>(bar.logit));
  const int to = bars->xOf(static_cast<double>(bars->bars()[0].logit) * 1.1);
  QTest::mousePress(bars->viewport(), Qt::LeftButton, {}, {from, y});
  for (int step = 1; step <= 4; ++step) {
    QMouseEvent move(QEvent::MouseMove, QPointF(from + (to - from) * step / 4, y),
                     bars->viewport()->mapToGlobal(QPointF(from + (to - from) * step / 4, y)), Qt::LeftButton,
                     Qt::LeftButton, {});
    QApplication::sendEvent(bars->viewport(), &move);
  }
  CHECK(bars->bars()[0].expert == bar.expert);
  CHECK(bars->bars()[0].is_chosen);
  CHECK(bench.steering().edits.empty());
  QTest::mouseRelease(bars->viewport(), Qt::LeftButton, {}, {to, y});
  REQUIRE(driver.idle());
  REQUIRE(bench.steering().edits.size() == 1);
  CHECK(bench.steering().edits[0].op->id == "add");
  CHECK(readDecision(*bench.run(), 1, 2).final.front().expert == bar.expert);
}

TEST_CASE("the memory for kept inputs is shown, asked for and remembered") {
  {
    Driver driver;
    driver.openDemo();
    const auto kept = [&] { return driver.window->workbench().engine().snapshot()->kept; };
    REQUIRE(!kept().layers.empty());
    auto* status = driver.find<QToolButton>("status.kept");
    CHECK(status->isVisible());
    CHECK(status->text().endsWith(QStringLiteral("of 256 MB")));
    QTimer::singleShot(0, [] {
      auto* dialog = qobject_cast<QInputDialog*>(QApplication::activeModalWidget());
      if (dialog != nullptr) {
        dialog->setIntValue(0);
        dialog->accept();
      }
    });
    driver.click(status);
    REQUIRE(driver.idle());
    CHECK(kept().budget == 0);
    CHECK(kept().layers.empty());
  }
  Driver next;
  REQUIRE(next.idle());
  CHECK(next.window->workbench().engine().snapshot()->kept.budget == 0);
  QSettings().remove(QStringLiteral("kept_megabytes"));
}

TEST_CASE("the palette finds an action by a few letters and runs it") {
  Driver driver;
  driver.openDemo();
  driver.key(Qt::Key_K, Qt::ControlModifier);
  auto* palette = driver.window->findChild<Palette*>(QStringLiteral("palette"));
  REQUIRE(palette != nullptr);
  QTest::keyClicks(palette->findChild<QWidget*>(QStringLiteral("palette.input")),
                   QStringLiteral("intervene"));
  QTest::keyClick(palette->findChild<QWidget*>(QStringLiteral("palette.input")), Qt::Key_Return);
  settle();
  const int wide = driver.find<QDockWidget>("dock.token_detail")->width();
  driver.window->arrange(Layout::kExplore);
  settle();
  CHECK(wide > driver.find<QDockWidget>("dock.token_detail")->width());
}

TEST_CASE("a directory that is no model is told in the banner and the window lives on") {
  Driver driver;
  driver.openDemo();
  driver.window->open(QStringLiteral(RS_SOURCE_DIR "/docs"));
  REQUIRE(driver.idle());
  REQUIRE(driver.find<QWidget>("banner")->isVisible());
  CHECK(driver.window->workbench().run() != nullptr);
  driver.window->open(QStringLiteral("no/such/place"));
  CHECK(driver.find<QWidget>("banner.text")->isVisible());
}

TEST_CASE("every widget that can be used has an object name and an accessible name or text") {
  Driver driver;
  driver.openDemo();
  for (const QAbstractButton* button : driver.window->findChildren<QAbstractButton*>()) {
    const QString inner = button->objectName();
    const bool is_inner = inner.startsWith(QStringLiteral("qt_")) || button->focusPolicy() == Qt::NoFocus;
    if (!is_inner) {
      INFO(button->metaObject()->className() << " " << button->text().toStdString());
      CHECK(!button->objectName().isEmpty());
      CHECK(!(button->text() + button->accessibleName()).isEmpty());
    }
  }
  for (const TextTable* table : driver.window->findChildren<TextTable*>()) {
    CHECK(!table->objectName().isEmpty());
    CHECK(!table->accessibleName().isEmpty());
  }
}

TEST_CASE("a locked pane stays where it is while the cursor moves on") {
  Driver driver;
  driver.openDemo();
  Workbench& bench = driver.window->workbench();
  bench.cursor().move({1, 0, 0});
  settle();
  Pane* detail = driver.window->pane("token_detail");
  detail->setLocked(true);
  const auto title = driver.find<QLabel>("detail.title");
  const QString before = title->text();
  bench.cursor().move({3, 1, 0});
  settle();
  CHECK(title->text() == before);
  detail->setLocked(false);
  bench.cursor().move({2, 1, 0});
  settle();
  CHECK(title->text() != before);
}

}  // namespace rs::ui
