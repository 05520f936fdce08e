// SPDX-License-Identifier: Apache-2.0
//
// The window: docks, menus, toolbar, palette, layouts, start screen, status line.
//
// Thread: the one of the event loop.
#pragma once

#include <QMainWindow>
#include <memory>
#include <vector>

#include "sessions/types.h"
#include "ui/actions.h"
#include "ui/pane_turns.h"
#include "ui/view.h"

class QDockWidget;
class QMenu;
class QStackedWidget;

namespace rs::ui {

class Banner;
struct FigureSubject;
class Guide;
class ModelNotice;
class Pane;
class SessionLink;
class StartScreen;
class StatusLine;

enum class Layout { kExplore, kIntervene };

class MainWindow final : public QMainWindow {
 public:
  explicit MainWindow(std::unique_ptr<EngineClient> client);
  ~MainWindow() override;

  [[nodiscard]] Workbench& workbench() { return *workbench_; }
  [[nodiscard]] ActionRegistry& actions() { return actions_; }
  // A model directory or a session; what it is, is found out.
  void open(const QString& path);
  [[nodiscard]] SessionLink& session() { return *session_; }
  void openDemo();
  // Null: there is none of that id.
  [[nodiscard]] Pane* pane(std::string_view id) const;
  void bringToFront(std::string_view id);
  // Also gives it the keyboard.
  void goToPane(std::string_view id);
  void arrange(Layout layout);

 protected:
  void closeEvent(QCloseEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  void addFileActions();
  void addSaveActions();
  void addFigureActions();
  void addFigureButton(Pane& pane);
  void openFigure(std::string_view pane_id);
  [[nodiscard]] FigureSubject figureSubject(std::string_view pane_id, sessions::RunId run) const;
  void addEditActions();
  void addGestureActions();
  void addNoteActions();
  void addViewActions();
  void addRunActions();
  void addComparisonActions();
  void addHelpActions();
  void addCursorActions();
  void buildMenus();
  void buildToolBar();
  void buildCenter();
  void buildDocks();
  void placeDocks();
  // Leaves the start screen, if it is there.
  void showWorkspace();
  void restoreLayout();
  void saveLayout() const;
  void refreshPanes();
  void remember(const QString& path);
  void askForModel();
  void askForSession();
  void askWhereToSave();
  void askWhereToCopy(bool without_text);
  void askWhereToExport();
  void newSession();
  void closeSession();
  void leaveSession();
  // Whether the session can be left without a loss. Else the user is asked, and `again` is called if the loss
  // is accepted; by then it is true.
  bool mayLeave(const std::function<void()>& again);
  bool mayTakeModel(const std::function<void()>& again);
  bool mayLose(const QString& loss, const std::function<void()>& again);
  void askAboutLoss(const QString& loss, const std::function<void()>& again);
  // Asks first, then removes a session without a name.
  void discard(const QString& path);
  void addFileMenus(QMenu& menu);
  void fillRecentMenu();
  void fillRecoveredMenu();
  void updateTitle();
  void updateStart();
  void finishTyping();
  void nameExpertAtCursor();
  void onModelOpened();
  void onSessionOpened();
  void openWantedModel();
  void updateNotice();
  void goTo();
  void showPalette();
  void showShortcuts();
  void showAbout();
  void stepCursor(int d_token, int d_layer, int d_expert);
  // The pane before or after the one with the keyboard, of those that are open.
  void stepPane(int step);

  // Raised when docks are added or leave, so that an older layout is not forced on them.
  static constexpr int kLayoutVersion = 2;

  struct Dock {
    Pane* pane = nullptr;
    QDockWidget* dock = nullptr;  // null: the pane in the middle
  };

  std::unique_ptr<Workbench> workbench_;
  std::unique_ptr<SessionLink> session_;  // before the workbench goes
  ActionRegistry actions_;
  std::vector<Dock> docks_;
  PaneTurns turns_;
  QStackedWidget* stack_ = nullptr;
  StartScreen* start_ = nullptr;
  Banner* banner_ = nullptr;
  Guide* guide_ = nullptr;
  ModelNotice* notice_ = nullptr;
  StatusLine* status_ = nullptr;
  std::string_view figure_pane_ = "heat_map";  // used last, of those that have a figure
  bool refresh_is_queued_ = false;
  QMenu* recent_menu_ = nullptr;
  QMenu* recovered_menu_ = nullptr;
  bool has_tried_untitled_ = false;
  bool is_loss_accepted_ = false;
  bool demo_waits_for_run_ = false;
};

}  // namespace rs::ui
