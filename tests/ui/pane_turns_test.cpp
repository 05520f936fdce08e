// SPDX-License-Identifier: Apache-2.0
//
// Panes that take turns while the engine is busy, and lines of text that keep their place.
#include <QElapsedTimer>
#include <QHBoxLayout>
#include <QThread>
#include <algorithm>
#include <catch2/catch.hpp>

#include "tests/support/fake_engine.h"
#include "tests/ui/application.h"
#include "ui/actions.h"
#include "ui/pane.h"
#include "ui/pane_turns.h"
#include "ui/widgets/steady_label.h"

using rs::test::waitFor;

namespace rs::ui {
namespace {

constexpr int kSlowMilliseconds = 4;

// Takes longer than a turn to show anything.
class SlowView final : public View {
 public:
  explicit SlowView(const ViewContext& /*context*/) : widget_(new QWidget) {}
  QWidget& widget() override { return *widget_; }
  void show(const Shown& shown) override {
    QThread::msleep(kSlowMilliseconds);
    token = shown.cursor.token;
    ++n_shown;
  }

  int token = -1;
  int n_shown = 0;

 private:
  QWidget* widget_;
};

struct Stage {
  Stage() : workbench(std::make_unique<rs::test::FakeEngine>()), actions(window) {
    for (int i = 0; i < 6; ++i) {
      panes.push_back(new Pane(info, {workbench, actions}, &window));
    }
    turns.setPanes(panes);
  }
  void offer(int token, bool at_once) {
    Shown shown;
    shown.snapshot = std::make_shared<const Snapshot>();
    shown.cursor.token = token;
    turns.offer(shown, at_once);
  }
  [[nodiscard]] int nShowing(int token) const {
    return static_cast<int>(std::count_if(panes.begin(), panes.end(), [&](Pane* pane) {
      return static_cast<SlowView&>(pane->view()).token == token;
    }));
  }

  QApplication& application = rs::test::application();
  const ViewInfo info = describeView<SlowView>({.id = "slow", .title = "Slow"});
  Workbench workbench;
  QWidget window;
  ActionRegistry actions;
  std::vector<Pane*> panes;
  PaneTurns turns;
};

}  // namespace

TEST_CASE("panes that take turns leave the event loop in between, and all of them get there") {
  Stage stage;
  stage.offer(1, false);
  CHECK(stage.nShowing(1) == 1);
  CHECK(waitFor([&] { return stage.nShowing(1) == 6; }));
  stage.offer(2, true);
  CHECK(stage.nShowing(2) == 6);
}

TEST_CASE("news that come faster than they are shown leave no pane behind") {
  Stage stage;
  for (int token = 0; token < 12; ++token) {
    stage.offer(token, false);
  }
  for (Pane* pane : stage.panes) {
    CHECK(static_cast<SlowView&>(pane->view()).n_shown == 2);
  }
  CHECK(waitFor([&] { return stage.nShowing(11) == 6; }));
}

TEST_CASE("what is held back is not shown until there is something newer") {
  Stage stage;
  stage.offer(1, false);
  stage.turns.hold();
  QElapsedTimer clock;
  clock.start();
  CHECK(waitFor([&] { return clock.elapsed() > 10 * kSlowMilliseconds; }));
  CHECK(stage.nShowing(1) == 1);
  stage.offer(2, false);
  CHECK(waitFor([&] { return stage.nShowing(2) == 6; }));
}

TEST_CASE("a steady label grows with its text and does not shrink") {
  rs::test::application();
  QWidget window;
  auto* row = new QHBoxLayout(&window);
  auto* label = new SteadyLabel(&window);
  row->addWidget(label);
  window.resize(400, 40);
  window.show();
  rs::test::settle();
  label->say(QStringLiteral("generating 9 of 64 tokens"));
  rs::test::settle();
  const int width = label->width();
  CHECK(width >= label->fontMetrics().horizontalAdvance(label->text()));
  label->say(QStringLiteral("generating 64"));
  rs::test::settle();
  CHECK(label->width() == width);
  label->say(QStringLiteral("generating 10064 of 10064 tokens, 12 s left"));
  rs::test::settle();
  CHECK(label->width() > width);
  label->say({});
  CHECK(label->text().isEmpty());
}

}  // namespace rs::ui
