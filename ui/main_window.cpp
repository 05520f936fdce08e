// SPDX-License-Identifier: Apache-2.0
#include "ui/main_window.h"

#include <QApplication>
#include <QCloseEvent>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QMimeData>
#include <QSettings>
#include <QStackedWidget>
#include <QTimer>
#include <QToolButton>
#include <QVBoxLayout>
#include <utility>

#include "core/base/error.h"
#include "sessions/places.h"
#include "ui/banner.h"
#include "ui/guide.h"
#include "ui/kept_budget.h"
#include "ui/pane.h"
#include "ui/reading/text_reading.h"
#include "ui/session/model_notice.h"
#include "ui/session/session_link.h"
#include "ui/start_screen.h"
#include "ui/status_line.h"

namespace rs::ui {
namespace {

constexpr const char* kDemoPrompt = "127 * 89 =";
constexpr int kDemoTokens = 8;

}  // namespace

MainWindow::MainWindow(std::unique_ptr<EngineClient> client)
    : workbench_(std::make_unique<Workbench>(std::move(client))),
      session_(std::make_unique<SessionLink>(*workbench_, QApplication::applicationVersion().toStdString())),
      actions_(*this) {
  setObjectName(QStringLiteral("window"));
  setWindowTitle(QStringLiteral("Routescope"));
  setAcceptDrops(true);
  setDockNestingEnabled(true);
  resize(1480, 940);
  addFileActions();
  addEditActions();
  addRunActions();
  addCursorActions();
  buildCenter();
  buildDocks();
  addViewActions();
  addHelpActions();
  buildMenus();
  buildToolBar();
  status_ = new StatusLine(*workbench_, this);
  setStatusBar(status_);
  connect(workbench_.get(), &Workbench::changed, this, [this] {
    turns_.hold();
    if (!std::exchange(refresh_is_queued_, true)) {
      QMetaObject::invokeMethod(
          this, [this] { refreshPanes(); }, Qt::QueuedConnection);
    }
  });
  connect(workbench_.get(), &Workbench::logged, this, [this](const LogEntry& entry) {
    if (entry.kind == LogEntry::Kind::kError) {
      banner_->tell(entry.text);
    }
  });
  connect(workbench_.get(), &Workbench::modelOpened, this, [this] { onModelOpened(); });
  connect(session_.get(), &SessionLink::opened, this, [this] { onSessionOpened(); });
  connect(session_.get(), &SessionLink::changed, this, [this] { updateTitle(); });
  updateStart();
  restoreKeptBudget(*workbench_);
  QSettings settings;
  restoreGeometry(settings.value(QStringLiteral("geometry")).toByteArray());
  for (const Dock& entry : docks_) {
    if (entry.dock != nullptr) {
      entry.dock->hide();
    }
  }
  refreshPanes();
}

MainWindow::~MainWindow() {
  // Panes hold references into the workbench and the registry, which are members and die first otherwise.
  workbench_->disconnect(this);
  session_->disconnect(this);
  session_.reset();
  turns_.setPanes({});
  for (const Dock& entry : docks_) {
    delete entry.pane;
  }
}

void MainWindow::buildCenter() {
  auto* center = new QWidget(this);
  auto* column = new QVBoxLayout(center);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  banner_ = new Banner(center);
  guide_ = new Guide(
      *workbench_, [this] { bringToFront("ab"); }, center);
  notice_ = new ModelNotice(
      [this](const QString& path) {
        if (path.isEmpty()) {
          askForModel();
        } else {
          openWantedModel();
        }
      },
      center);
  stack_ = new QStackedWidget(center);
  start_ = new StartScreen(
      actions_, [this](const QString& path) { open(path); }, [this](const QString& path) { discard(path); },
      stack_);
  stack_->addWidget(start_);
  column->addWidget(banner_);
  column->addWidget(notice_);
  column->addWidget(guide_);
  column->addWidget(stack_, 1);
  setCentralWidget(center);
}

void MainWindow::buildDocks() {
  const ViewContext context{*workbench_, actions_};
  for (const ViewInfo& info : allViews()) {
    auto* pane = new Pane(info, context, this);
    addFigureButton(*pane);
    if (info.area == ViewArea::kCenter) {
      stack_->addWidget(pane);
      docks_.push_back({pane, nullptr});
      continue;
    }
    auto* dock = new QDockWidget(pane->title(), this);
    dock->setObjectName(QStringLiteral("dock.") + fromView(info.id));
    dock->setTitleBarWidget(&pane->header());
    dock->setWidget(pane);
    auto* close = new QToolButton(&pane->header());
    close->setObjectName(QStringLiteral("close.") + fromView(info.id));
    close->setText(QStringLiteral("×"));
    close->setAccessibleName(tr("Close %1").arg(pane->title()));
    close->setToolTip(tr("Close; the menu View brings it back"));
    close->setAutoRaise(true);
    connect(close, &QToolButton::clicked, dock, &QDockWidget::close);
    pane->addHeaderButton(*close);
    connect(dock, &QDockWidget::visibilityChanged, pane, [pane](bool is_seen) { pane->setSeen(is_seen); });
    docks_.push_back({pane, dock});
  }
  setCorner(Qt::TopLeftCorner, Qt::LeftDockWidgetArea);
  setCorner(Qt::BottomLeftCorner, Qt::LeftDockWidgetArea);
  setCorner(Qt::TopRightCorner, Qt::RightDockWidgetArea);
  setCorner(Qt::BottomRightCorner, Qt::RightDockWidgetArea);
  setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
  placeDocks();
  std::vector<Pane*> panes;
  for (const Dock& entry : docks_) {
    panes.push_back(entry.pane);
  }
  turns_.setPanes(std::move(panes));
}

void MainWindow::showWorkspace() {
  if (stack_->count() > 1 && stack_->currentIndex() == 0) {
    stack_->setCurrentIndex(1);
    restoreLayout();
  }
}

void MainWindow::refreshPanes() {
  refresh_is_queued_ = false;
  Shown shown;
  shown.snapshot = workbench_->engine().snapshot();
  shown.run = workbench_->run();
  shown.reference = workbench_->reference();
  shown.first_look = workbench_->firstLook();
  shown.cursor = workbench_->cursor().cursor();
  shown.hover = workbench_->cursor().hover();
  shown.selection = workbench_->cursor().selection();
  shown.pin = workbench_->cursor().pin();
  shown.tokenizer = workbench_->tokenizer();
  shown.experts = workbench_->expertNames();
  if (shown.run != nullptr) {
    showWorkspace();
    if (!session_->isOpen() && !std::exchange(has_tried_untitled_, true)) {
      session_->startUntitled();
    }
  }
  turns_.offer(shown, !workbench_->isBusy() && !session_->isReading());
  status_->show(shown);
  guide_->show(shown);
  actions_.refresh();
}

void MainWindow::openDemo() {
  if (!mayTakeModel([this] { openDemo(); })) {
    return;
  }
  demo_waits_for_run_ = true;
  workbench_->setPrompt({PromptMode::kText, kDemoPrompt, kDemoTokens, {}});
  showWorkspace();
  workbench_->openModel({});
}

void MainWindow::onModelOpened() {
  showWorkspace();
  const auto model = workbench_->model();
  try {
    sessions::rememberModel(model->model_hash, model->is_demo ? "demo" : model->path);
  } catch (const Error& error) {
    workbench_->warn(QString::fromStdString(error.what()));
  }
  if (!model->is_demo) {
    remember(QString::fromStdString(model->path));
  }
  if (!session_->isOpen()) {
    session_->startUntitled();
  }
  updateNotice();
  if (std::exchange(demo_waits_for_run_, false)) {
    workbench_->startRun();
  }
}

void MainWindow::onSessionOpened() {
  showWorkspace();
  if (!session_->layout().isEmpty()) {
    restoreState(session_->layout(), kLayoutVersion);
  }
  if (!session_->isUntitled()) {
    remember(session_->path());
  }
  updateTitle();
  // A model of this size takes a moment and no thought; a bigger one is worth a question.
  constexpr std::uint64_t kOpensByItself = std::uint64_t{2} << 30;
  const WantedModel& wanted = session_->wantedModel();
  const auto model = workbench_->model();
  const bool is_open = model != nullptr && model->model_hash == wanted.hash;
  if (!wanted.hash.empty() && !is_open && !wanted.path.empty() && wanted.bytes <= kOpensByItself) {
    openWantedModel();
  } else {
    updateNotice();
  }
}

void MainWindow::openWantedModel() {
  if (!mayTakeModel([this] { openWantedModel(); })) {
    return;
  }
  notice_->hide();
  OpenModel request;
  request.model = session_->wantedModel().path;
  workbench_->openModel(request, [this] { updateNotice(); });
}

void MainWindow::updateNotice() {
  notice_->show(session_->wantedModel(), workbench_->model().get());
}

void MainWindow::updateTitle() {
  const QString name = !session_->isOpen()      ? QString()
                       : session_->isUntitled() ? tr("untitled")
                                                : QFileInfo(session_->path()).completeBaseName();
  setWindowTitle(name.isEmpty() ? QStringLiteral("Routescope")
                                : QStringLiteral("%1%2 – Routescope")
                                      .arg(name, session_->isReadOnly()  ? tr(" (read only)")
                                                 : session_->isOpening() ? tr(" (opening …)")
                                                                         : QString()));
}

// A text that is being typed counts as it stands.
void MainWindow::finishTyping() {
  if (QWidget* focus = focusWidget(); focus != nullptr) {
    focus->clearFocus();
  }
}

void MainWindow::closeEvent(QCloseEvent* event) {
  finishTyping();
  if (!mayLeave([this] { close(); })) {
    event->ignore();
    return;
  }
  saveLayout();
  session_->setLayout(saveState(kLayoutVersion));
  workbench_->stop();
  event->accept();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  if (event->mimeData()->hasUrls()) {
    event->acceptProposedAction();
  }
}

void MainWindow::dropEvent(QDropEvent* event) {
  const QList<QUrl> urls = event->mimeData()->urls();
  if (!urls.isEmpty() && urls.front().isLocalFile()) {
    event->acceptProposedAction();
    open(urls.front().toLocalFile());
  }
}

}  // namespace rs::ui
