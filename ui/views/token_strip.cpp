// SPDX-License-Identifier: Apache-2.0
//
// token_strip: every token of the run as a chip with a map of the whole; or as a table.
#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QMenu>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/actions.h"
#include "ui/canvas/token_strip.h"
#include "ui/reading/text_reading.h"
#include "ui/sources/run_strip_source.h"
#include "ui/view.h"
#include "ui/widgets/picture_or_table.h"
#include "ui/widgets/twin_table.h"

namespace rs::ui {
namespace {

class TokenStripView final : public View {
 public:
  explicit TokenStripView(const ViewContext& context)
      : workbench_(context.workbench),
        actions_(context.actions),
        widget_(new QWidget),
        value_(new QComboBox(widget_)),
        canvas_(new canvas::TokenStrip(widget_)),
        table_(new TwinTable(*canvas_, QStringLiteral("strip.table"),
                             QObject::tr("Tokens of the run as a table"), widget_)),
        pages_(new PictureOrTable(canvas_, table_, QStringLiteral("strip.as_table"), widget_)) {
    build();
    connectCanvas();
    canvas_->setSource(&source_);
    canvas_->setValue(canvas::StripValue::kProbability);
    value_->setCurrentIndex(static_cast<int>(canvas_->view().value()));
  }

  QWidget& widget() override { return *widget_; }

  void show(const Shown& shown) override {
    const bool is_other = shown.run != shown_.run || shown.tokenizer != shown_.tokenizer ||
                          shown.cursor.layer != shown_.cursor.layer ||
                          shown.cursor.expert != shown_.cursor.expert;
    shown_ = shown;
    if (is_other) {
      source_.setRun(shown.run, shown.tokenizer, shown.cursor.layer, shown.cursor.expert);
      canvas_->sourceChanged();
      const bool is_stale = shown.run != nullptr && shown.run->stale.has_value();
      canvas_->setStale(is_stale ? std::vector<canvas::Tokens>{{shown.run->stale->position, shown.size()}}
                                 : std::vector<canvas::Tokens>());
    }
    canvas_->setCursorToken(shown.cursor.token);
    canvas_->setHover(shown.hover.token);
    canvas_->setSelection({shown.selection.first, shown.selection.last + 1});
    canvas_->setPin(shown.pin);
    showInTable();
  }

  [[nodiscard]] std::vector<std::pair<std::string, std::string>> figureOptions() const override {
    const int value = value_->currentIndex();  // 0: text alone, which is no figure
    if (value <= 0) {
      return {};
    }
    return {{"value", std::string(canvas::nameOf(static_cast<canvas::StripValue>(value)))}};
  }

 private:
  void build() {
    value_->setObjectName(QStringLiteral("strip.value"));
    value_->setAccessibleName(QObject::tr("What the tokens are coloured by"));
    value_->setToolTip(value_->accessibleName());
    for (int i = 0; i < canvas::kStripValues; ++i) {
      value_->addItem(fromView(canvas::nameOf(static_cast<canvas::StripValue>(i))));
    }
    canvas_->setObjectName(QStringLiteral("strip.canvas"));
    canvas_->setAccessibleName(QObject::tr("Tokens of the run"));
    canvas_->setHint(QObject::tr("The tokens of a run appear here."));
    table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    auto* side = new QVBoxLayout;
    side->addWidget(value_);
    side->addWidget(pages_->button());
    side->addStretch(1);
    auto* row = new QHBoxLayout(widget_);
    row->setContentsMargins(6, 2, 6, 4);
    row->setSpacing(4);
    row->addWidget(pages_, 1);
    row->addLayout(side);
    widget_->setFocusProxy(pages_);
  }

  void connectCanvas() {
    QObject::connect(value_, &QComboBox::activated, widget_,
                     [this](int index) { canvas_->setValue(static_cast<canvas::StripValue>(index)); });
    QObject::connect(pages_, &PictureOrTable::turned, widget_, [this] { showInTable(); });
    QObject::connect(table_, &TwinTable::wentTo, widget_,
                     [this](const canvas::Place& place) { workbench_.cursor().moveToken(place.row); });
    QObject::connect(canvas_, &canvas::TokenStrip::viewChanged, widget_,
                     [this] { value_->setCurrentIndex(static_cast<int>(canvas_->view().value())); });
    QObject::connect(canvas_, &canvas::TokenStrip::cursorMoved, widget_,
                     [this](int token) { workbench_.cursor().moveToken(token); });
    QObject::connect(canvas_, &canvas::TokenStrip::hovered, widget_, [this](int token) {
      workbench_.cursor().setHover({token, -1, -1});
    });
    QObject::connect(canvas_, &canvas::TokenStrip::selectionChanged, widget_,
                     [this](const canvas::Tokens& tokens) {
                       workbench_.cursor().setSelection({tokens.begin, tokens.end - 1});
                     });
    QObject::connect(canvas_, &canvas::TokenStrip::pinned, widget_,
                     [this](int token) { workbench_.cursor().setPin(token); });
    QObject::connect(canvas_, &canvas::TokenStrip::deleteRequested, widget_,
                     [this](int token) { workbench_.clearEditsOf(token); });
    QObject::connect(canvas_, &canvas::TokenStrip::openRequested, widget_,
                     [this] { actions_.find(QStringLiteral("view.pane.token_detail"))->trigger(); });
    QObject::connect(
        canvas_, &canvas::TokenStrip::contextRequested, widget_, [this](int token, const QPoint& global) {
          workbench_.cursor().moveToken(token);
          actions_.refresh();
          QMenu menu(widget_);
          for (const char* id : {"run.branch", "view.pane.token_detail", "view.pane.decision_history"}) {
            if (QAction* action = actions_.find(QString::fromLatin1(id)); action != nullptr) {
              menu.addAction(action);
            }
          }
          menu.exec(global);
        });
  }

  void showInTable() {
    if (pages_->showsTable()) {
      table_->showPlace({shown_.cursor.token, 0});
    }
  }

  RunStripSource source_;  // before the canvas that reads it
  Workbench& workbench_;
  ActionRegistry& actions_;
  QWidget* widget_;
  QComboBox* value_;
  canvas::TokenStrip* canvas_;
  TwinTable* table_;
  PictureOrTable* pages_;
  Shown shown_;
};

}  // namespace

ViewInfo tokenStripView() {
  return describeView<TokenStripView>(
      {.id = "token_strip",
       .title = "Tokens",
       .summary = "Every token of the run, with a map of the whole; edits and hijacked decisions are marked.",
       .gestures = "Click: cursor to this token\nDrag: select tokens\nWheel: zoom at the pointer\nRight or "
                   "middle drag: "
                   "pan\nLeft, Right: the token beside\nCtrl+Left, Ctrl+Right: the flagged token before, "
                   "after\nHome: "
                   "everything",
       .area = ViewArea::kStrip});
}

}  // namespace rs::ui
