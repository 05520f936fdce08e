// SPDX-License-Identifier: Apache-2.0
//
// heat_map: the routing of the whole run, every token, layer and expert; as a picture, or as a table.
#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QMenu>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/actions.h"
#include "ui/canvas/heat_map.h"
#include "ui/reading/text_reading.h"
#include "ui/sources/run_heat_source.h"
#include "ui/view.h"
#include "ui/widgets/picture_or_table.h"
#include "ui/widgets/twin_table.h"

namespace rs::ui {
namespace {

Cursor cursorOf(const canvas::Cell& cell) {
  return {cell.token, cell.layer, cell.expert};
}

canvas::Cell cellOf(const Cursor& cursor) {
  return {cursor.token, cursor.layer, cursor.expert};
}

class HeatMapView final : public View {
 public:
  explicit HeatMapView(const ViewContext& context)
      : workbench_(context.workbench),
        actions_(context.actions),
        widget_(new QWidget),
        mode_(new QComboBox(widget_)),
        value_(new QComboBox(widget_)),
        map_(new QComboBox(widget_)),
        canvas_(new canvas::HeatMap(widget_)),
        table_(new TwinTable(*canvas_, QStringLiteral("heat.table"),
                             QObject::tr("Routing of one layer, a row for each token"), widget_)),
        pages_(new PictureOrTable(canvas_, table_, QStringLiteral("heat.as_table"), widget_)) {
    build();
    connectCanvas();
    canvas_->setSource(&source_);
  }
  ~HeatMapView() override = default;

  QWidget& widget() override { return *widget_; }

  void show(const Shown& shown) override {
    const bool is_other = shown.run != shown_.run || shown.reference != shown_.reference ||
                          shown.tokenizer != shown_.tokenizer ||
                          shown.experts.revision() != shown_.experts.revision() ||
                          shown.first_look != shown_.first_look;
    shown_ = shown;
    if (is_other) {
      source_.setRun(shown.run, shown.reference, shown.tokenizer, shown.experts, shown.first_look);
      canvas_->sourceChanged();
      canvas_->setMarks(shown.run == nullptr ? std::vector<canvas::Mark>() : marksOf(*shown.run));
      canvas_->setStale(shown.run == nullptr ? std::vector<canvas::StaleBox>()
                                             : staleBoxesOf(*shown.run, shown.first_look.get()));
    }
    canvas_->setCursorCell(cellOf(shown.cursor));
    canvas_->setHover(cellOf(shown.hover));
    canvas_->setSelection({shown.selection.first, shown.selection.last + 1});
    canvas_->setPin(shown.pin);
    showInTable();
  }

  [[nodiscard]] std::vector<std::pair<std::string, std::string>> figureOptions() const override {
    static constexpr const char* kModes[] = {"all", "layer", "token"};
    static constexpr const char* kValues[] = {"weight", "probability", "logit",
                                              "margin", "presence",    "difference"};
    const canvas::HeatView& view = canvas_->view();
    const heat::ColourMap map = view.colourMap();
    const bool is_own = map == canvas::infoOf(view.value()).map;
    return {{"mode", kModes[static_cast<std::size_t>(view.mode())]},
            {"value", kValues[static_cast<std::size_t>(view.value())]},
            {"colours",
             is_own ? "auto" : std::string(heat::allColourMaps()[static_cast<std::size_t>(map)].name)}};
  }

 private:
  template <typename Box>
  void name(Box& box, const char* object, const QString& text) {
    box.setObjectName(QString::fromLatin1(object));
    box.setAccessibleName(text);
    box.setToolTip(text);
  }

  void build() {
    name(*mode_, "heat.mode", QObject::tr("What the rows and columns are"));
    mode_->addItems(
        {QObject::tr("tokens × all layers"), QObject::tr("tokens × one layer"), QObject::tr("one token")});
    name(*value_, "heat.value", QObject::tr("What a cell shows"));
    for (int i = 0; i < canvas::kHeatValues; ++i) {
      const canvas::HeatValueInfo& info = canvas::infoOf(static_cast<canvas::HeatValue>(i));
      value_->addItem(fromView(info.name));
      value_->setItemData(i, fromView(info.help), Qt::ToolTipRole);
    }
    name(*map_, "heat.map", QObject::tr("Colours"));
    map_->addItems({QStringLiteral("viridis"), QStringLiteral("cividis"), QStringLiteral("greys"),
                    QStringLiteral("RdBu")});
    canvas_->setObjectName(QStringLiteral("heat.canvas"));
    canvas_->setAccessibleName(QObject::tr("Heat map of the routing"));
    canvas_->setHint(QObject::tr("Run a prompt: every token, layer and expert appears here."));
    table_->horizontalHeader()->setDefaultSectionSize(
        table_->fontMetrics().horizontalAdvance(QStringLiteral("−00.000 ")) + 8);
    auto* row = new QHBoxLayout;
    for (QWidget* box : std::initializer_list<QWidget*>{mode_, value_, map_}) {
      row->addWidget(box);
    }
    row->addStretch(1);
    row->addWidget(pages_->button());
    auto* column = new QVBoxLayout(widget_);
    column->setContentsMargins(6, 2, 6, 4);
    column->setSpacing(3);
    column->addLayout(row);
    column->addWidget(pages_, 1);
    widget_->setFocusProxy(pages_);
  }

  void connectCanvas() {
    QObject::connect(mode_, &QComboBox::activated, widget_,
                     [this](int index) { canvas_->setMode(static_cast<canvas::HeatMode>(index)); });
    QObject::connect(value_, &QComboBox::activated, widget_, [this](int index) {
      canvas_->setValue(static_cast<canvas::HeatValue>(index));
      readCanvas();
    });
    QObject::connect(map_, &QComboBox::activated, widget_,
                     [this](int index) { canvas_->setColourMap(static_cast<heat::ColourMap>(index)); });
    QObject::connect(pages_, &PictureOrTable::turned, widget_, [this] { showInTable(); });
    QObject::connect(table_, &TwinTable::wentTo, widget_, [this](const canvas::Place& place) {
      workbench_.cursor().move({place.row, std::max(shown_.cursor.layer, 0), place.column - 1});
    });
    QObject::connect(canvas_, &canvas::HeatMap::viewChanged, widget_, [this] { readCanvas(); });
    QObject::connect(canvas_, &canvas::HeatMap::cursorMoved, widget_,
                     [this](const canvas::Cell& cell) { workbench_.cursor().move(cursorOf(cell)); });
    QObject::connect(canvas_, &canvas::HeatMap::hovered, widget_,
                     [this](const canvas::Cell& cell) { workbench_.cursor().setHover(cursorOf(cell)); });
    QObject::connect(canvas_, &canvas::HeatMap::selectionChanged, widget_,
                     [this](const canvas::Tokens& tokens) {
                       workbench_.cursor().setSelection(
                           {static_cast<int>(tokens.begin), static_cast<int>(tokens.end) - 1});
                     });
    QObject::connect(canvas_, &canvas::HeatMap::forceRequested, widget_,
                     [this](const canvas::Cell& cell) { workbench_.forceExpert(cursorOf(cell), false); });
    QObject::connect(canvas_, &canvas::HeatMap::banRequested, widget_,
                     [this](const canvas::Cell& cell) { workbench_.banExpert(cursorOf(cell), false); });
    QObject::connect(canvas_, &canvas::HeatMap::deleteRequested, widget_,
                     [this](const canvas::Cell& cell) { workbench_.clearEdits(cursorOf(cell)); });
    QObject::connect(canvas_, &canvas::HeatMap::pinned, widget_,
                     [this](int token) { workbench_.cursor().setPin(token); });
    QObject::connect(canvas_, &canvas::HeatMap::openRequested, widget_,
                     [this] { actions_.find(QStringLiteral("view.pane.token_detail"))->trigger(); });
    QObject::connect(canvas_, &canvas::HeatMap::contextRequested, widget_,
                     [this](const canvas::Cell& cell, const QPoint& global) { openMenu(cell, global); });
    const auto tell = [this](const QString& reason) {
      workbench_.note(QObject::tr("No OpenGL here (%1): the heat map is drawn in software.").arg(reason));
    };
    QObject::connect(canvas_, &canvas::ImGuiCanvas::glUnavailable, widget_, tell);
    if (!canvas_->whySoftware().isEmpty()) {
      tell(canvas_->whySoftware());
    }
    readCanvas();
  }

  // Mode, value and colours can be changed by keys in the canvas too.
  void readCanvas() {
    mode_->setCurrentIndex(static_cast<int>(canvas_->view().mode()));
    value_->setCurrentIndex(static_cast<int>(canvas_->view().value()));
    map_->setCurrentIndex(static_cast<int>(canvas_->view().colourMap()));
  }

  void openMenu(const canvas::Cell& cell, const QPoint& global) {
    workbench_.cursor().move(cursorOf(cell));
    actions_.refresh();
    QMenu menu(widget_);
    for (const char* id : {"edit.force", "edit.force_all", "edit.ban", "edit.ban_all", "edit.lean_up",
                           "edit.lean_down", "edit.clear", "run.branch"}) {
      if (QAction* action = actions_.find(QString::fromLatin1(id)); action != nullptr) {
        menu.addAction(action);
      }
    }
    menu.exec(global);
  }

  void showInTable() {
    if (pages_->showsTable()) {
      table_->showPlace({shown_.cursor.token, std::max(shown_.cursor.expert, -1) + 1});
    }
  }

  RunHeatSource source_;  // before the canvas that reads it
  Workbench& workbench_;
  ActionRegistry& actions_;
  QWidget* widget_;
  QComboBox* mode_;
  QComboBox* value_;
  QComboBox* map_;
  canvas::HeatMap* canvas_;
  TwinTable* table_;
  PictureOrTable* pages_;
  Shown shown_;
};

}  // namespace

ViewInfo heatMapView() {
  return describeView<HeatMapView>({.id = "heat_map",
                                    .title = "Heat map",
                                    .summary = "Which experts every token visits in every layer.",
                                    .gestures =
                                        "Click: cursor to this cell\nDouble click: zoom to it\nDrag: select "
                                        "tokens\nWheel: zoom at the pointer; "
                                        "Ctrl finer, Shift faster\nRight or middle drag: pan\nHome: "
                                        "everything\nF, X, Del: force, ban, clear\n"
                                        "1 to 6: what a cell shows\nV: colours\nComma, full stop: layer",
                                    .area = ViewArea::kCenter});
}

}  // namespace rs::ui
