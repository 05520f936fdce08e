// SPDX-License-Identifier: Apache-2.0
//
// The menu File: models, sessions, recent and recovered ones, copies and exports.
#include <QDockWidget>
#include <QFileDialog>
#include <QFileInfo>
#include <QMenu>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QStackedWidget>

#include "core/base/error.h"
#include "sessions/places.h"
#include "sessions/session_reader.h"
#include "ui/main_window.h"
#include "ui/pane.h"
#include "ui/session/model_notice.h"
#include "ui/session/session_link.h"
#include "ui/start_screen.h"

namespace rs::ui {
namespace {

constexpr const char* kSessionFilter = "Sessions (*.routescope)";

QString menuText(const QString& path) {
  const QFileInfo info(path);
  // An ampersand would underline the letter after it.
  return QStringLiteral("%1    %2")
      .arg(info.fileName(), info.path())
      .replace(QLatin1Char('&'), QLatin1String("&&"));
}

// A file that is no session: what it is instead, as far as that can be told.
QString notAnything(const QString& path) {
  try {
    sessions::SessionReader reader(path.toStdString());
  } catch (const Error& error) {
    return MainWindow::tr(
               "opening %1: it is neither a session nor a model directory (%2); a model is a directory with "
               "config.json and *.safetensors")
        .arg(path, QString::fromStdString(error.what()));
  }
  return {};
}

QString withEnding(const QString& path) {
  return QFileInfo(path).suffix().isEmpty() ? path + QStringLiteral(".routescope") : path;
}

}  // namespace

void MainWindow::addFileActions() {
  const QString menu = tr("File");
  actions_.add({.id = QStringLiteral("file.demo"),
                .menu = menu,
                .text = tr("Open the demo model"),
                .tip = tr("Open the small model that comes with Routescope and run a prompt"),
                .run = [this] { openDemo(); }});
  actions_.add({.id = QStringLiteral("file.open_model"),
                .menu = menu,
                .text = tr("Open a model directory …"),
                .shortcuts = {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_O)},
                .tip = tr("Open a directory with config.json and *.safetensors"),
                .run = [this] { askForModel(); }});
  actions_.separator(menu);
  actions_.add({.id = QStringLiteral("file.new"),
                .menu = menu,
                .text = tr("New session"),
                .shortcuts = {QKeySequence(Qt::CTRL | Qt::Key_N)},
                .tip = tr("Begin anew; what there is stays in its session"),
                .run = [this] { newSession(); }});
  actions_.add({.id = QStringLiteral("file.open"),
                .menu = menu,
                .text = tr("Open a session …"),
                .shortcuts = {QKeySequence(Qt::CTRL | Qt::Key_O)},
                .run = [this] { askForSession(); }});
  const auto popup = [this](QMenu* list) { list->popup(mapToGlobal(rect().center() - QPoint(200, 200))); };
  actions_.add({.id = QStringLiteral("file.recent"),
                .text = tr("Open recent …"),
                .tip = tr("Sessions and models that were opened last"),
                .run = [this, popup] { popup(recent_menu_); }});
  actions_.add({.id = QStringLiteral("file.recovered"),
                .text = tr("Recovered sessions …"),
                .tip = tr("Sessions without a name that a crash or a closed window left"),
                .run = [this, popup] { popup(recovered_menu_); }});
  addSaveActions();
  actions_.separator(menu);
  actions_.add({.id = QStringLiteral("file.close"),
                .menu = menu,
                .text = tr("Close session"),
                .shortcuts = {QKeySequence(Qt::CTRL | Qt::Key_W)},
                .tip = tr("Back to the start screen; everything is saved"),
                .run = [this] { closeSession(); },
                .is_enabled = [this] { return stack_->currentIndex() > 0; }});
  actions_.add({.id = QStringLiteral("file.quit"),
                .menu = menu,
                .text = tr("Quit"),
                .shortcuts = {QKeySequence(Qt::CTRL | Qt::Key_Q)},
                .run = [this] { close(); }});
}

void MainWindow::addSaveActions() {
  const QString menu = tr("File");
  const auto has_session = [this] { return session_->isOpen(); };
  actions_.add(
      {.id = QStringLiteral("file.save_as"),
       .menu = menu,
       .text = tr("Save session as …"),
       .shortcuts = {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_S), QKeySequence(Qt::CTRL | Qt::Key_S)},
       .tip = tr("Everything is saved as it is made; this gives it a name and a place"),
       .run = [this] { askWhereToSave(); },
       .is_enabled = [this] { return session_->isOpen() || workbench_->run() != nullptr; }});
  actions_.add({.id = QStringLiteral("file.save_copy"),
                .menu = menu,
                .text = tr("Save a copy …"),
                .tip = tr("A copy as it is now; the window stays with this session"),
                .run = [this] { askWhereToCopy(false); },
                .is_enabled = has_session});
  actions_.add({.id = QStringLiteral("file.copy_without_text"),
                .menu = menu,
                .text = tr("Save a copy without text …"),
                .tip = tr("A copy that holds no prompt, no answer, no note and no name, to be given away"),
                .run = [this] { askWhereToCopy(true); },
                .is_enabled = has_session});
  actions_.add({.id = QStringLiteral("file.export"),
                .menu = menu,
                .text = tr("Export the shown run …"),
                .shortcuts = {QKeySequence(Qt::CTRL | Qt::Key_E)},
                .tip = tr("As CSV, JSON or safetensors, for other programs"),
                .run = [this] { askWhereToExport(); },
                .is_enabled = [this] { return session_->isOpen() && workbench_->run() != nullptr; }});
  addFigureActions();
}

void MainWindow::addFileMenus(QMenu& menu) {
  recent_menu_ = menu.addMenu(tr("Open recent"));
  recent_menu_->setObjectName(QStringLiteral("menu.recent"));
  connect(recent_menu_, &QMenu::aboutToShow, this, [this] { fillRecentMenu(); });
  recovered_menu_ = menu.addMenu(tr("Recovered sessions"));
  recovered_menu_->setObjectName(QStringLiteral("menu.recovered"));
  connect(recovered_menu_, &QMenu::aboutToShow, this, [this] { fillRecoveredMenu(); });
}

void MainWindow::fillRecentMenu() {
  recent_menu_->clear();
  const std::vector<std::string> there = sessions::recentFiles();
  for (const std::string& path : there) {
    const QString name = QString::fromStdString(path);
    connect(recent_menu_->addAction(menuText(name)), &QAction::triggered, this, [this, name] { open(name); });
  }
  for (const std::string& path : sessions::lostRecentFiles()) {
    recent_menu_->addAction(tr("%1 (is not there any more)").arg(menuText(QString::fromStdString(path))))
        ->setEnabled(false);
  }
  if (recent_menu_->isEmpty()) {
    recent_menu_->addAction(tr("Nothing was opened yet"))->setEnabled(false);
  }
}

void MainWindow::fillRecoveredMenu() {
  recovered_menu_->clear();
  for (const UnsavedSession& unsaved : unsavedSessions()) {
    QMenu* one = recovered_menu_->addMenu(unsaved.text);
    const QString path = unsaved.path;
    connect(one->addAction(tr("Recover")), &QAction::triggered, this, [this, path] { open(path); });
    connect(one->addAction(tr("Discard …")), &QAction::triggered, this, [this, path] { discard(path); });
  }
  if (recovered_menu_->isEmpty()) {
    recovered_menu_->addAction(tr("There are none"))->setEnabled(false);
  }
}

void MainWindow::open(const QString& path) {
  const QFileInfo info(path);
  if (!info.exists()) {
    workbench_->tellError(tr("opening %1: there is nothing of that name").arg(path));
    return;
  }
  if (!info.isReadable()) {
    workbench_->tellError(tr("opening %1: it cannot be read; check its permissions").arg(path));
    return;
  }
  if (info.isFile() && isSessionFile(path)) {
    finishTyping();
    if (!mayLeave([this, path] { open(path); })) {
      return;
    }
    workbench_->forgetRuns();
    has_tried_untitled_ = false;
    session_->open(path);
    notice_->hide();
    return;
  }
  if (info.isFile()) {
    workbench_->tellError(notAnything(path));
    return;
  }
  OpenModel request;
  request.model = info.absoluteFilePath().toStdString();
  if (mayTakeModel([this, path] { open(path); })) {
    workbench_->openModel(request);
  }
}

void MainWindow::remember(const QString& path) {
  try {
    sessions::addRecentFile(path.toStdString());
  } catch (const Error& error) {  // a list that is not kept is no reason to stop
    workbench_->warn(QString::fromStdString(error.what()));
  }
  updateStart();
}

// Recent files, and sessions without a name that are not open anywhere.
void MainWindow::updateStart() {
  QStringList recent;
  for (const std::string& path : sessions::recentFiles()) {
    recent << QString::fromStdString(path);
  }
  start_->setRecent(recent);
  start_->setUnsaved(unsavedSessions());
}

void MainWindow::discard(const QString& path) {
  QMessageBox question(
      QMessageBox::Question, tr("Discard a session"),
      tr("Remove this session without a name for good? Its runs and edits cannot be brought back."),
      QMessageBox::Discard | QMessageBox::Cancel, this);
  question.setObjectName(QStringLiteral("discard"));
  question.setInformativeText(path);
  question.setDefaultButton(QMessageBox::Cancel);
  if (question.exec() != QMessageBox::Discard) {
    return;
  }
  if (!sessions::discardUntitled(path.toStdString())) {
    workbench_->tellError(tr("discarding a session: another window has it open: %1").arg(path));
  }
  updateStart();
}

bool MainWindow::mayLeave(const std::function<void()>& again) {
  return is_loss_accepted_ || mayLose(session_->lossAtLeaving(), again);
}

// Another model leaves no runs of the one before but those in the session's file.
bool MainWindow::mayTakeModel(const std::function<void()>& again) {
  return is_loss_accepted_ || mayLose(session_->lossWithModel(), again);
}

bool MainWindow::mayLose(const QString& loss, const std::function<void()>& again) {
  if (!loss.isEmpty()) {
    askAboutLoss(loss, again);
  }
  return loss.isEmpty();
}

void MainWindow::askAboutLoss(const QString& loss, const std::function<void()>& again) {
  delete findChild<QMessageBox*>(QStringLiteral("loss"));  // asked about something before
  auto* question = new QMessageBox(QMessageBox::Warning, tr("Not everything is saved"), loss,
                                   QMessageBox::Discard | QMessageBox::Cancel, this);
  question->setObjectName(QStringLiteral("loss"));
  question->setAttribute(Qt::WA_DeleteOnClose);
  question->button(QMessageBox::Discard)->setText(tr("Leave without it"));
  question->setInformativeText(tr("All of it can be saved as another file, where there is room."));
  auto* save = question->addButton(tr("Save session as …"), QMessageBox::AcceptRole);
  connect(save, &QAbstractButton::clicked, this, [this] { askWhereToSave(); });
  question->setDefaultButton(save);
  connect(question->button(QMessageBox::Discard), &QAbstractButton::clicked, this, [this, again] {
    is_loss_accepted_ = true;
    again();
    is_loss_accepted_ = false;
  });
  question->open();
}

void MainWindow::leaveSession() {
  session_->setLayout(saveState(kLayoutVersion));
  workbench_->forgetRuns();
  session_->close();
  workbench_->setStored({});
  workbench_->restore({}, {}, {}, 0);
  has_tried_untitled_ = false;
  updateNotice();
}

void MainWindow::newSession() {
  finishTyping();
  if (!mayLeave([this] { newSession(); })) {
    return;
  }
  leaveSession();
  session_->startUntitled();
}

void MainWindow::closeSession() {
  finishTyping();
  if (!mayLeave([this] { closeSession(); })) {
    return;
  }
  saveLayout();
  leaveSession();
  for (const Dock& entry : docks_) {
    if (entry.dock != nullptr) {
      entry.dock->hide();
    }
  }
  stack_->setCurrentIndex(0);
  updateStart();
  updateTitle();
}

void MainWindow::askForModel() {
  QSettings settings;
  const QString directory = QFileDialog::getExistingDirectory(
      this, tr("A model directory"), settings.value(QStringLiteral("model_folder")).toString());
  if (!directory.isEmpty()) {
    settings.setValue(QStringLiteral("model_folder"), directory);
    open(directory);
  }
}

void MainWindow::askForSession() {
  const QString path = QFileDialog::getOpenFileName(
      this, tr("A session"), {}, tr(kSessionFilter) + QStringLiteral(";;") + tr("All files (*)"));
  if (!path.isEmpty()) {
    open(path);
  }
}

void MainWindow::askWhereToSave() {
  const QString path = QFileDialog::getSaveFileName(this, tr("Save session as"),
                                                    QStringLiteral("session.routescope"), tr(kSessionFilter));
  if (!path.isEmpty()) {
    finishTyping();
    session_->saveAs(withEnding(path));
  }
}

void MainWindow::askWhereToCopy(bool without_text) {
  const QString path = QFileDialog::getSaveFileName(
      this, without_text ? tr("Save a copy without text") : tr("Save a copy"),
      without_text ? QStringLiteral("session-without-text.routescope") : QStringLiteral("copy.routescope"),
      tr(kSessionFilter));
  if (!path.isEmpty()) {
    finishTyping();
    session_->saveCopy(withEnding(path), without_text);
  }
}

void MainWindow::askWhereToExport() {
  const auto run = workbench_->run();
  if (run == nullptr) {
    return;
  }
  const QString path = QFileDialog::getSaveFileName(
      this, tr("Export the shown run"), QStringLiteral("run.csv"),
      tr("A row for each choice (*.csv);;A token a line (*.json);;Arrays (*.safetensors)"));
  if (!path.isEmpty()) {
    session_->exportRun(run->id, path);
  }
}

}  // namespace rs::ui
