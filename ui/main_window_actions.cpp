// SPDX-License-Identifier: Apache-2.0
//
// Every action of the window but those of files and figures.
#include <QApplication>
#include <QClipboard>
#include <QInputDialog>
#include <QRegularExpression>
#include <QSettings>
#include <QUndoStack>
#include <algorithm>

#include "ui/kept_budget.h"
#include "ui/main_window.h"
#include "ui/notes.h"
#include "ui/palette.h"
#include "ui/pane.h"
#include "ui/reading/text_reading.h"
#include "ui/session/session_link.h"
#include "ui/theme.h"

namespace rs::ui {

void MainWindow::addEditActions() {
  const QString menu = tr("Edit");
  QUndoStack& undo = workbench_->undo();
  actions_.add({.id = QStringLiteral("edit.undo"),
                .menu = menu,
                .text = tr("Undo"),
                .shortcuts = {QKeySequence(Qt::CTRL | Qt::Key_Z)},
                .run = [&undo] { undo.undo(); },
                .is_enabled = [&undo] { return undo.canUndo(); }});
  actions_.add(
      {.id = QStringLiteral("edit.redo"),
       .menu = menu,
       .text = tr("Redo"),
       .shortcuts = {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Z), QKeySequence(Qt::CTRL | Qt::Key_Y)},
       .run = [&undo] { undo.redo(); },
       .is_enabled = [&undo] { return undo.canRedo(); }});
  actions_.separator(menu);
  addGestureActions();
  actions_.separator(menu);
  addNoteActions();
  actions_.separator(menu);
  actions_.add({.id = QStringLiteral("edit.copy_command"),
                .menu = menu,
                .text = tr("Copy as command"),
                .shortcuts = {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C)},
                .tip = tr("The line of a shell that does what the window shows"),
                .run = [this] {
                  QApplication::clipboard()->setText(workbench_->commandLine());
                  workbench_->note(tr("Copied: %1").arg(workbench_->commandLine()));
                }});
}

void MainWindow::addGestureActions() {
  const QString menu = tr("Edit");
  const auto has_cell = [this] {
    return workbench_->run() != nullptr && workbench_->cursor().cursor().expert >= 0;
  };
  const auto gesture = [&](const char* id, const QString& text, const QKeySequence& key, const QString& tip,
                           std::function<void()> run) {
    actions_.add({.id = QString::fromLatin1(id),
                  .menu = menu,
                  .text = text,
                  .shortcuts = {key},
                  .tip = tip,
                  .run = std::move(run),
                  .is_enabled = has_cell});
  };
  const auto at = [this] { return workbench_->cursor().cursor(); };
  gesture("edit.force", tr("Force the expert at the cursor"), QKeySequence(Qt::Key_F),
          tr("This token goes to this expert in this layer"),
          [this, at] { workbench_->forceExpert(at(), false); });
  gesture("edit.force_all", tr("Force the expert for all tokens"), QKeySequence(Qt::SHIFT | Qt::Key_F),
          tr("Every token goes to this expert in this layer"),
          [this, at] { workbench_->forceExpert(at(), true); });
  gesture("edit.ban", tr("Ban the expert at the cursor"), QKeySequence(Qt::Key_X),
          tr("This token cannot go to this expert in this layer; again: it may"),
          [this, at] { workbench_->banExpert(at(), false); });
  gesture("edit.ban_all", tr("Ban the expert for all tokens"), QKeySequence(Qt::SHIFT | Qt::Key_X),
          tr("No token can go to this expert in this layer; again: it may"),
          [this, at] { workbench_->banExpert(at(), true); });
  gesture("edit.lean_up", tr("Lean on the expert: logit + 0.5"), QKeySequence(Qt::Key_Plus),
          tr("Add 0.5 to its router logit for this token"),
          [this, at] { workbench_->addToLogit(at(), 0.5, false); });
  gesture("edit.lean_down", tr("Lean away from the expert: logit − 0.5"), QKeySequence(Qt::Key_Minus),
          tr("Take 0.5 from its router logit for this token"),
          [this, at] { workbench_->addToLogit(at(), -0.5, false); });
  gesture("edit.clear", tr("Take the edits of the expert away"), QKeySequence(Qt::Key_Delete),
          tr("Remove what was forced, banned or added for this expert here"),
          [this, at] { workbench_->clearEdits(at()); });
}

void MainWindow::addNoteActions() {
  const QString menu = tr("Edit");
  const auto is_named = [this] {
    const auto run = workbench_->run();
    const Cursor& at = workbench_->cursor().cursor();
    return run != nullptr && run->trace != nullptr && at.layer >= 0 && at.expert >= 0 &&
           at.expert < run->trace->config().n_experts;
  };
  actions_.add({.id = QStringLiteral("edit.name_expert"),
                .menu = menu,
                .text = tr("Name the expert at the cursor …"),
                .shortcuts = {QKeySequence(Qt::Key_F2)},
                .tip = tr("The name is shown wherever the expert is; it holds for this model"),
                .run = [this] { nameExpertAtCursor(); },
                .is_enabled = is_named});
  actions_.add(
      {.id = QStringLiteral("edit.bookmark"),
       .menu = menu,
       .text = tr("Bookmark the cursor"),
       .shortcuts = {QKeySequence(Qt::CTRL | Qt::Key_B)},
       .tip = tr("Set a bookmark here, or remove it; the pane Notes lists them"),
       .run =
           [this] {
             if (!toggleBookmark(*workbench_)) {
               workbench_->tellError(
                   tr("setting a bookmark: the session does not hold this run yet; try once it has begun"));
             }
           },
       .is_enabled = [this] { return workbench_->run() != nullptr; }});
}

void MainWindow::nameExpertAtCursor() {
  const Cursor at = workbench_->cursor().cursor();
  bool is_given = false;
  const QString name = QInputDialog::getText(
      this, tr("Name an expert"), tr("A name for E%1 in layer %2:").arg(at.expert).arg(at.layer),
      QLineEdit::Normal, workbench_->expertNames().of(at.layer, at.expert), &is_given);
  if (is_given) {
    nameExpert(*workbench_, at, name);
  }
}

void MainWindow::addRunActions() {
  const QString menu = tr("Run");
  const auto has_model = [this] { return workbench_->model() != nullptr; };
  const auto has_run = [this] { return workbench_->model() != nullptr && workbench_->run() != nullptr; };
  actions_.add({.id = QStringLiteral("run.start"),
                .menu = menu,
                .text = tr("Run"),
                .shortcuts = {QKeySequence(Qt::Key_F5), QKeySequence(Qt::CTRL | Qt::Key_Return)},
                .tip = tr("Run the prompt and let the model answer"),
                .run = [this] { workbench_->startRun(); },
                .is_enabled = has_model});
  actions_.add({.id = QStringLiteral("run.step"),
                .menu = menu,
                .text = tr("Step"),
                .shortcuts = {QKeySequence(Qt::Key_F6)},
                .tip = tr("One token more"),
                .run = [this] { workbench_->continueRun(1); },
                .is_enabled = has_run});
  actions_.add({.id = QStringLiteral("run.continue"),
                .menu = menu,
                .text = tr("Continue"),
                .shortcuts = {QKeySequence(Qt::Key_F7)},
                .tip = tr("As many tokens more as the prompt asks for"),
                .run = [this] { workbench_->continueRun(std::max(workbench_->prompt().max_new_tokens, 1)); },
                .is_enabled = has_run});
  actions_.add({.id = QStringLiteral("run.from_edit"),
                .menu = menu,
                .text = tr("From edit"),
                .shortcuts = {QKeySequence(Qt::CTRL | Qt::Key_R)},
                .tip = tr("Run again from the first layer and token that the edits touch"),
                .run = [this] { workbench_->rerunFromEdit(); },
                .is_enabled = has_run});
  actions_.add({.id = QStringLiteral("run.stop"),
                .menu = menu,
                .text = tr("Stop"),
                .shortcuts = {QKeySequence(Qt::Key_Escape)},
                .tip = tr("Stop what is running; what it has stays"),
                .run = [this] { workbench_->stop(); },
                .is_enabled = [this] { return workbench_->isBusy(); }});
  actions_.add(
      {.id = QStringLiteral("run.branch"),
       .menu = menu,
       .text = tr("Branch at the cursor"),
       .shortcuts = {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_B)},
       .tip = tr("A new run that shares the tokens before the cursor and goes on from there"),
       .run = [this] { workbench_->branchAt(workbench_->cursor().cursor().token); },
       .is_enabled =
           [this] { return workbench_->run() != nullptr && workbench_->cursor().cursor().token > 0; }});
  actions_.separator(menu);
  actions_.add({.id = QStringLiteral("run.kept_budget"),
                .menu = menu,
                .text = tr("Memory for kept layer inputs…"),
                .tip = tr("How much memory lets edits run again from their layer on"),
                .run = [this] { askForKeptBudget(*workbench_, this); }});
  addComparisonActions();
}

void MainWindow::addComparisonActions() {
  const QString menu = tr("Run");
  actions_.add(
      {.id = QStringLiteral("run.regenerate"),
       .menu = menu,
       .text = tr("A new answer after each edit"),
       .tip = tr("On: after an edit the answer is generated anew. Off: its tokens stay, so that only the "
                 "routing differs"),
       .run = [this] { workbench_->setRegenerates(!workbench_->regenerates()); },
       .is_checked = [this] { return workbench_->regenerates(); }});
  actions_.add({.id = QStringLiteral("run.swap"),
                .menu = menu,
                .text = tr("Swap runs A and B"),
                .shortcuts = {QKeySequence(Qt::CTRL | Qt::Key_T)},
                .run = [this] { workbench_->swapRuns(); },
                .is_enabled = [this] { return workbench_->reference() != nullptr; }});
  actions_.add({.id = QStringLiteral("run.diff"),
                .menu = menu,
                .text = tr("Diff"),
                .shortcuts = {QKeySequence(Qt::CTRL | Qt::Key_D)},
                .tip = tr("Compare run B, which is shown, with run A"),
                .run = [this] { bringToFront("ab"); }});
}

void MainWindow::addCursorActions() {
  const QString menu = tr("Go");
  const auto has_run = [this] { return workbench_->run() != nullptr; };
  const auto move = [&](const char* id, const QString& text, const QKeySequence& key, int token, int layer,
                        int expert) {
    actions_.add({.id = QString::fromLatin1(id),
                  .menu = menu,
                  .text = text,
                  .shortcuts = {key},
                  .run = [this, token, layer, expert] { stepCursor(token, layer, expert); },
                  .is_enabled = has_run});
  };
  move("go.next_token", tr("Next token"), QKeySequence(Qt::ALT | Qt::Key_Right), 1, 0, 0);
  move("go.previous_token", tr("Previous token"), QKeySequence(Qt::ALT | Qt::Key_Left), -1, 0, 0);
  move("go.next_layer", tr("Next layer"), QKeySequence(Qt::ALT | Qt::Key_Down), 0, 1, 0);
  move("go.previous_layer", tr("Previous layer"), QKeySequence(Qt::ALT | Qt::Key_Up), 0, -1, 0);
  move("go.next_expert", tr("Next expert"), QKeySequence(Qt::ALT | Qt::Key_PageDown), 0, 0, 1);
  move("go.previous_expert", tr("Previous expert"), QKeySequence(Qt::ALT | Qt::Key_PageUp), 0, 0, -1);
  actions_.separator(menu);
  actions_.add({.id = QStringLiteral("go.next_pane"),
                .menu = menu,
                .text = tr("Next pane"),
                .shortcuts = {QKeySequence(Qt::CTRL | Qt::Key_F6)},
                .run = [this] { stepPane(1); }});
  actions_.add({.id = QStringLiteral("go.previous_pane"),
                .menu = menu,
                .text = tr("Previous pane"),
                .shortcuts = {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_F6)},
                .run = [this] { stepPane(-1); }});
  actions_.separator(menu);
  actions_.add({.id = QStringLiteral("go.to"),
                .menu = menu,
                .text = tr("Go to …"),
                .shortcuts = {QKeySequence(Qt::CTRL | Qt::Key_G)},
                .tip = tr("A token, layer or expert: t12, L3, E7, or all in one: t12 L3 E7"),
                .run = [this] { goTo(); },
                .is_enabled = has_run});
  actions_.add({.id = QStringLiteral("go.follow"),
                .menu = menu,
                .text = tr("Follow the newest token"),
                .shortcuts = {QKeySequence(Qt::CTRL | Qt::Key_L)},
                .run = [this] { workbench_->cursor().setFollows(!workbench_->cursor().follows()); },
                .is_checked = [this] { return workbench_->cursor().follows(); }});
}

void MainWindow::addViewActions() {
  const QString menu = tr("View");
  actions_.add({.id = QStringLiteral("view.explore"),
                .menu = menu,
                .text = tr("Layout Explore"),
                .shortcuts = {QKeySequence(Qt::CTRL | Qt::Key_1)},
                .run = [this] { arrange(Layout::kExplore); }});
  actions_.add({.id = QStringLiteral("view.intervene"),
                .menu = menu,
                .text = tr("Layout Intervene"),
                .shortcuts = {QKeySequence(Qt::CTRL | Qt::Key_2)},
                .run = [this] { arrange(Layout::kIntervene); }});
  actions_.separator(menu);
  for (const Dock& entry : docks_) {
    const std::string_view id = entry.pane->info().id;
    const QString name = fromView(id);
    actions_.add({.id = QStringLiteral("view.pane.") + name,
                  .menu = menu,
                  .text = entry.pane->title(),
                  .tip = tr("Opens the pane and gives it the keyboard"),
                  .run = [this, id] { goToPane(id); }});
  }
  actions_.separator(menu);
  for (const ThemeChoice choice : {ThemeChoice::kSystem, ThemeChoice::kLight, ThemeChoice::kDark}) {
    const QString name = textOf(choice);
    actions_.add(
        {.id = QStringLiteral("view.theme.") + name,
         .menu = menu,
         .text = tr("Theme: %1").arg(name),
         .run =
             [this, choice, name] {
               QSettings().setValue(QStringLiteral("theme"), name);
               applyTheme(choice);
               refreshPanes();
             },
         .is_checked =
             [name] {
               return QSettings().value(QStringLiteral("theme"), QStringLiteral("system")).toString() == name;
             }});
  }
}

void MainWindow::addHelpActions() {
  const QString menu = tr("Help");
  actions_.add(
      {.id = QStringLiteral("help.palette"),
       .menu = menu,
       .text = tr("Do anything …"),
       .shortcuts = {QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_P), QKeySequence(Qt::CTRL | Qt::Key_K)},
       .tip = tr("Every action, found by a few letters"),
       .run = [this] { showPalette(); }});
  actions_.add({.id = QStringLiteral("help.shortcuts"),
                .menu = menu,
                .text = tr("Keys and gestures"),
                .shortcuts = {QKeySequence(Qt::Key_F1), QKeySequence(Qt::Key_Question)},
                .run = [this] { showShortcuts(); }});
  actions_.add(
      {.id = QStringLiteral("help.about"), .menu = menu, .text = tr("About Routescope"), .run = [this] {
         showAbout();
       }});
}

void MainWindow::goTo() {
  bool is_given = false;
  const QString text = QInputDialog::getText(this, tr("Go to"), tr("Token, layer, expert: t12 L3 E7"),
                                             QLineEdit::Normal, {}, &is_given);
  if (!is_given) {
    return;
  }
  Cursor target = workbench_->cursor().cursor();
  static const QRegularExpression kPart(QStringLiteral("([tTlLeE]?)\\s*(\\d+)"));
  auto parts = kPart.globalMatch(text);
  while (parts.hasNext()) {
    const QRegularExpressionMatch part = parts.next();
    const int number = part.captured(2).toInt();
    const QString kind = part.captured(1).toLower();
    (kind == QLatin1String("l")   ? target.layer
     : kind == QLatin1String("e") ? target.expert
                                  : target.token) = number;
  }
  workbench_->cursor().move(target);
  stepCursor(0, 0, 0);
}

void MainWindow::stepCursor(int d_token, int d_layer, int d_expert) {
  const auto run = workbench_->run();
  if (run == nullptr || run->size() == 0) {
    return;
  }
  const ModelConfig& config = run->trace->config();
  Cursor next = workbench_->cursor().cursor();
  const int n_columns = config.n_experts + static_cast<int>(run->column_names.size());
  next.token = std::clamp(next.token + d_token, 0, run->size() - 1);
  next.layer = std::clamp(next.layer + d_layer, 0, config.n_layers - 1);
  next.expert = std::clamp(next.expert + d_expert, -1, n_columns - 1);
  workbench_->cursor().move(next);
}

}  // namespace rs::ui
