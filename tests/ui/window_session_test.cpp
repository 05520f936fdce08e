// SPDX-License-Identifier: Apache-2.0
//
// What was done in the window is there again: after closing, in a copy, after a crash.
#include <QAction>
#include <QDir>
#include <QFile>
#include <QInputDialog>
#include <QListWidget>
#include <QMenu>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QProcess>
#include <QTemporaryDir>
#include <QTimer>
#include <QUndoStack>
#include <algorithm>
#include <cstdio>
#include <random>

#include "app/cli/session_runs.h"
#include "sessions/check.h"
#include "sessions/places.h"
#include "tests/ui/window_driver.h"
#include "ui/reading/decision_reading.h"
#include "ui/session/session_link.h"
#include "ui/widgets/logit_bars.h"
#include "ui/widgets/text_table.h"

using rs::test::Driver;
using rs::test::settle;
using rs::test::waitFor;

namespace rs::ui {
namespace {

constexpr const char* kPrompt = "The capital of France is";

void typePrompt(Driver& driver, const char* prompt) {
  auto* text = driver.find<QPlainTextEdit>("prompt.text");
  text->setFocus();
  text->selectAll();
  QTest::keyClicks(text, QString::fromLatin1(prompt));
  driver.takeKeyboard();
  QTest::keyClick(text, Qt::Key_Return, Qt::ControlModifier);
  REQUIRE(driver.idle());
}

void saveAs(Driver& driver, const QString& path) {
  SessionLink& session = driver.window->session();
  session.saveAs(path);
  REQUIRE(waitFor([&] { return session.path() == path && !session.isUntitled(); }));
  settle();
}

void reopen(Driver& driver, const QString& path) {
  bool is_read = false;
  QObject::connect(&driver.window->session(), &SessionLink::opened, driver.window.get(),
                   [&] { is_read = true; });
  driver.window->open(path);
  REQUIRE(waitFor([&] { return is_read; }));
  REQUIRE(driver.idle());
}

QByteArray bytesOf(const QString& path) {
  QFile file(path);
  REQUIRE(file.open(QIODevice::ReadOnly));
  return file.readAll();
}

}  // namespace

TEST_CASE("a session that is closed and opened again is as it was, and goes on") {
  const QTemporaryDir folder;
  const QString path = folder.filePath(QStringLiteral("work.routescope"));
  Steering steering;
  std::vector<std::int32_t> tokens;
  std::vector<FiringRecord> firings;
  std::size_t n_runs = 0;
  int expert = -1;
  const Cursor at{3, 1, 0};
  {
    Driver driver;
    driver.openDemo();
    typePrompt(driver, kPrompt);
    Workbench& bench = driver.window->workbench();
    expert = (readDecision(*bench.run(), 1, 2).final.front().expert + 7) % 32;
    bench.cursor().move({2, 1, expert});
    settle();
    driver.find<QWidget>("detail.bars")->setFocus();
    driver.key(Qt::Key_F);
    REQUIRE(driver.idle());
    driver.key(Qt::Key_Z, Qt::ControlModifier);
    REQUIRE(driver.idle());
    REQUIRE(bench.steering().edits.empty());
    driver.key(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
    REQUIRE(driver.idle());
    typePrompt(driver, "127 * 89 =");
    Steering with = bench.steering();
    with.virtual_experts.emplace_back("calculator");
    REQUIRE(bench.changeSteering(with, QStringLiteral("Switch the calculator on")));
    REQUIRE(driver.idle());
    REQUIRE(!bench.run()->firings.empty());
    bench.cursor().move(at);
    settle();
    saveAs(driver, path);
    steering = bench.steering();
    tokens = *bench.run()->tokens;
    firings = bench.run()->firings;
    n_runs = bench.runs().size();
    driver.close();
  }
  CHECK(!QFile::exists(path + QStringLiteral("-wal")));
  CHECK(!QFile::exists(path + QStringLiteral("-shm")));
  CHECK(sessions::checkSession(path.toStdString()).findings.empty());

  Driver driver;
  Workbench& bench = driver.window->workbench();
  reopen(driver, path);
  REQUIRE(waitFor([&] { return bench.model() != nullptr; }));  // by itself
  REQUIRE(driver.idle());
  CHECK(!driver.find<QWidget>("model_notice")->isVisible());
  CHECK(bench.steering() == steering);
  CHECK(bench.prompt().text == "127 * 89 =");
  CHECK(bench.runs().size() >= n_runs);
  CHECK(*bench.run()->tokens == tokens);
  CHECK(bench.run()->firings.size() == firings.size());
  CHECK(bench.cursor().cursor() == at);
  CHECK(bench.undo().count() == 2);
  CHECK(driver.find<TextTable>("edits.table")->rowCount() == 1);

  // Undo goes on from where it was, and an edit runs the stored run again.
  driver.key(Qt::Key_Z, Qt::ControlModifier);
  REQUIRE(driver.idle());
  CHECK(bench.steering().virtual_experts.empty());
  REQUIRE(bench.run()->id > 0);
  CHECK(bench.run()->firings.empty());
  driver.key(Qt::Key_Z, Qt::ControlModifier);
  REQUIRE(driver.idle());
  CHECK(bench.steering().edits.empty());
  CHECK(!bench.undo().canUndo());
  driver.key(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
  driver.key(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
  REQUIRE(driver.idle());
  CHECK(bench.steering() == steering);

  // The same prompt under the same edits gives the same answer, beside the stored runs.
  driver.key(Qt::Key_F5);
  REQUIRE(driver.idle());
  CHECK(bench.run()->id > 0);
  CHECK(*bench.run()->tokens == tokens);
  CHECK(bench.stored().size() >= n_runs);
  driver.close();
  CHECK(sessions::checkSession(path.toStdString()).findings.empty());
}

TEST_CASE("a copy without text holds none of the prompt, and the session goes on") {
  const QTemporaryDir folder;
  const QString copy = folder.filePath(QStringLiteral("copy.routescope"));
  const QString full = folder.filePath(QStringLiteral("full.routescope"));
  Driver driver;
  driver.openDemo();
  typePrompt(driver, kPrompt);
  saveAs(driver, full);
  driver.window->session().saveCopy(copy, true);
  REQUIRE(waitFor([&] { return QFile::exists(copy); }));
  CHECK(driver.window->session().path() == full);
  driver.close();
  const QByteArray all = bytesOf(full);
  const QByteArray without = bytesOf(copy);
  for (const char* word : {"The capital", "France", " capital"}) {
    INFO(word);
    CHECK(all.contains(word));
    CHECK(!without.contains(word));
  }
  Driver next;
  reopen(next, copy);
  CHECK(next.window->workbench().runs().size() == 2);
}

TEST_CASE("a window that is closed before its session's file is open keeps its run") {
  QString untitled;
  {
    Driver driver;
    driver.openDemo();
    driver.window->session().startUntitled();  // nothing has come from its thread yet
    untitled = driver.window->session().path();
    driver.close();
  }
  REQUIRE(QFile::exists(untitled));
  sessions::SessionReader reader(untitled.toStdString());
  REQUIRE(reader.runs().size() == 1);
  CHECK(reader.runs()[0].n_tokens > 5);
}

TEST_CASE("recent and recovered sessions are in the menu and can be discarded") {
  const QTemporaryDir folder;
  const QString path = folder.filePath(QStringLiteral("named.routescope"));
  const QString gone = folder.filePath(QStringLiteral("gone.routescope"));
  QString untitled;
  {
    Driver driver;
    driver.openDemo();
    driver.find<QAction>("action.file.new")->trigger();
    settle();
    CHECK(driver.window->workbench().run() == nullptr);
    typePrompt(driver, kPrompt);
    untitled = driver.window->session().path();
    saveAs(driver, gone);
    saveAs(driver, path);
    driver.find<QAction>("action.file.close")->trigger();
    settle();
    CHECK(driver.find<QWidget>("start")->isVisible());
    CHECK(!driver.window->session().isOpen());
    CHECK(driver.window->workbench().run() == nullptr);
    driver.find<QAction>("action.run.start")->trigger();  // without a session: one begins
    REQUIRE(driver.idle());
    REQUIRE(driver.window->session().isOpen());
    CHECK(driver.window->session().isUntitled());
    untitled = driver.window->session().path();
    driver.close();
  }
  REQUIRE(QFile::exists(untitled));
  QFile::remove(gone);
  Driver driver;
  auto* recent = driver.find<QMenu>("menu.recent");
  Q_EMIT recent->aboutToShow();
  const auto names = [](const QMenu& menu) {
    QStringList texts;
    for (const QAction* action : menu.actions()) {
      texts << (action->isEnabled() ? QString() : QStringLiteral("-")) +
                   action->text().section(QLatin1Char(' '), 0, 0);
    }
    return texts;
  };
  CHECK(names(*recent).contains(QStringLiteral("named.routescope")));
  CHECK(names(*recent).contains(QStringLiteral("-gone.routescope")));
  auto* list = driver.find<QListWidget>("start.unsaved");
  REQUIRE(list->isVisible());
  int row = -1;
  for (int i = 0; i < list->count(); ++i) {
    row = list->item(i)->data(Qt::UserRole).toString() == untitled ? i : row;
  }
  REQUIRE(row >= 0);
  list->setCurrentRow(row);
  const auto answer = [](QMessageBox::StandardButton button) {
    QTimer::singleShot(0, [button] {
      if (auto* box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget()); box != nullptr) {
        box->button(button)->click();
      }
    });
  };
  answer(QMessageBox::Cancel);
  driver.click(driver.find<QPushButton>("start.discard"));
  CHECK(QFile::exists(untitled));
  answer(QMessageBox::Discard);
  list->setCurrentRow(row);
  driver.click(driver.find<QPushButton>("start.discard"));
  CHECK(!QFile::exists(untitled));
}

TEST_CASE("the shown run is exported in three formats, a live one and a stored one") {
  const QTemporaryDir folder;
  Driver driver;
  driver.openDemo();
  SessionLink& session = driver.window->session();
  const auto exported = [&](const char* name) {
    const QString path = folder.filePath(QString::fromLatin1(name));
    session.exportRun(driver.window->workbench().run()->id, path);
    REQUIRE(waitFor([&] { return QFile::exists(path); }));
    return bytesOf(path);
  };
  const QByteArray csv = exported("live.csv");
  CHECK(csv.count('\n') > 100);
  CHECK(exported("live.json").startsWith('{'));
  CHECK(exported("live.safetensors").contains("expert_indices"));
  const QString path = folder.filePath(QStringLiteral("named.routescope"));
  saveAs(driver, path);
  reopen(driver, path);
  REQUIRE(driver.window->workbench().run()->id < 0);
  CHECK(exported("stored.csv") == csv);
}

TEST_CASE("notes, names and bookmarks are steps of undo, come back, and stay out of a copy without text") {
  const QTemporaryDir folder;
  const QString path = folder.filePath(QStringLiteral("work.routescope"));
  const QString copy = folder.filePath(QStringLiteral("copy.routescope"));
  const char* const kNote = "capitals live here";
  const Cursor at{2, 1, 5};
  {
    Driver driver;
    driver.openDemo();
    Workbench& bench = driver.window->workbench();
    driver.window->bringToFront("notes");
    settle();
    auto* note = driver.find<QPlainTextEdit>("notes.session");
    note->setFocus();
    QTest::keyClicks(note, QString::fromLatin1(kNote));
    REQUIRE(waitFor([&] { return bench.undo().count() == 1; }));  // after a pause, as one step
    QTest::keyClicks(note, QStringLiteral(", or not"));
    driver.key(Qt::Key_Z, Qt::ControlModifier);  // in the middle of typing: what was typed last
    CHECK(note->toPlainText() == QString::fromLatin1(kNote));
    CHECK(bench.undo().index() == 1);

    bench.cursor().move(at);
    settle();
    QTimer::singleShot(0, [] {
      if (auto* dialog = qobject_cast<QInputDialog*>(QApplication::activeModalWidget()); dialog != nullptr) {
        dialog->setTextValue(QStringLiteral("the mapmaker"));
        dialog->accept();
      }
    });
    driver.find<QAction>("action.edit.name_expert")->trigger();
    settle();
    CHECK(bench.expertNames().of(1, 5) == QStringLiteral("the mapmaker"));
    const auto bars = driver.find<LogitBars>("detail.bars")->bars();
    CHECK(std::any_of(bars.begin(), bars.end(),
                      [](const LogitBar& bar) { return bar.label == QStringLiteral("E5 the mapmaker"); }));
    driver.find<QWidget>("detail.bars")->setFocus();
    driver.key(Qt::Key_B, Qt::ControlModifier);
    auto* marks = driver.find<TextTable>("notes.bookmarks");
    REQUIRE(marks->rowCount() == 1);
    driver.key(Qt::Key_B, Qt::ControlModifier);
    CHECK(marks->rowCount() == 0);
    driver.key(Qt::Key_Z, Qt::ControlModifier);
    CHECK(marks->rowCount() == 1);
    auto* on_run = driver.find<QPlainTextEdit>("notes.run");
    on_run->setFocus();
    QTest::keyClicks(on_run, QStringLiteral("said at the last moment"));
    saveAs(driver, path);
    driver.close();  // without a pause
  }
  Driver driver;
  Workbench& bench = driver.window->workbench();
  reopen(driver, path);
  REQUIRE(waitFor([&] { return bench.model() != nullptr; }));
  REQUIRE(driver.idle());
  driver.window->bringToFront("notes");
  settle();
  CHECK(driver.find<QPlainTextEdit>("notes.session")->toPlainText() == QString::fromLatin1(kNote));
  CHECK(driver.find<QPlainTextEdit>("notes.run")->toPlainText() == QStringLiteral("said at the last moment"));
  CHECK(bench.expertNames().of(1, 5) == QStringLiteral("the mapmaker"));
  bench.cursor().move({0, 0, 0});
  settle();
  auto* marks = driver.find<TextTable>("notes.bookmarks");
  REQUIRE(marks->rowCount() == 1);
  driver.click(marks->viewport(), marks->visualItemRect(marks->item(0, 1)).center());
  CHECK(bench.cursor().cursor() == at);
  while (bench.undo().canUndo()) {
    bench.undo().undo();
  }
  settle();
  CHECK(driver.find<QPlainTextEdit>("notes.session")->toPlainText().isEmpty());
  CHECK(bench.expertNames().of(1, 5).isEmpty());
  CHECK(marks->rowCount() == 0);
  while (bench.undo().canRedo()) {
    bench.undo().redo();
  }
  CHECK(bench.expertNames().of(1, 5) == QStringLiteral("the mapmaker"));
  driver.window->session().saveCopy(copy, true);
  REQUIRE(waitFor([&] { return QFile::exists(copy); }));
  driver.close();
  CHECK(bytesOf(path).contains(kNote));
  CHECK(!bytesOf(copy).contains(kNote));
  CHECK(!bytesOf(copy).contains("mapmaker"));
  CHECK(sessions::checkSession(path.toStdString()).findings.empty());
}

TEST_CASE("runs that were edited, branched and gone on with in the window replay bit for bit") {
  const QTemporaryDir folder;
  const QString path = folder.filePath(QStringLiteral("work.routescope"));
  {
    Driver driver;
    driver.openDemo();
    Workbench& bench = driver.window->workbench();
    REQUIRE(bench.forceExpert({2, 1, 9}, false));
    REQUIRE(driver.idle());
    REQUIRE(bench.banExpert({0, 0, 3}, true));  // takes the place of the last one
    REQUIRE(driver.idle());
    bench.setRegenerates(false);
    REQUIRE(bench.addToLogit({4, 3, 11}, 3.0, true));
    REQUIRE(driver.idle());
    bench.continueRun(3);
    REQUIRE(driver.idle());
    bench.continueRun(1);
    REQUIRE(driver.idle());
    bench.setRegenerates(true);
    bench.undo().undo();
    REQUIRE(driver.idle());
    bench.branchAt(7, 40);
    REQUIRE(driver.idle());
    Prompt prompt = bench.prompt();
    prompt.text = "12 * 12 =";
    prompt.max_new_tokens = 6;
    prompt.sampling = {0.8, 0.9, 5};
    bench.setPrompt(prompt);
    bench.startRun();
    REQUIRE(driver.idle());
    Steering with = bench.steering();
    with.virtual_experts.emplace_back("calculator");
    REQUIRE(bench.changeSteering(with, QStringLiteral("Switch the calculator on")));
    REQUIRE(driver.idle());
    bench.continueRun(2);
    REQUIRE(driver.idle());
    saveAs(driver, path);
    driver.close();
  }
  CHECK(sessions::checkSession(path.toStdString()).findings.empty());
  sessions::SessionReader reader(path.toStdString());
  app::LoadedModel model = app::loadModel({});
  app::Console console;
  console.is_quiet = true;
  const auto runs = reader.runs();
  CHECK(runs.size() >= 8);
  bool has_kept = false;
  for (const sessions::RunSummary& run : runs) {
    const app::Replay replay = app::replayRun(reader, run.id, model, "cpu", console);
    CAPTURE(run.id, run.n_tokens, run.n_prompt, replay.other, replay.differences);
    CHECK(replay.differences.empty());
    CHECK(replay.n_positions >= run.n_tokens - 1);
    has_kept = has_kept || std::any_of(replay.other.begin(), replay.other.end(), [](const std::string& line) {
                 return line.find("are kept from run") != std::string::npos;
               });
  }
  CHECK(has_kept);  // the edit over tokens that stand
}

// Not run by itself: the next case starts it as a program of its own, to kill it.
TEST_CASE("edits without end in an untitled session", "[.child]") {
  Driver driver;
  driver.openDemo();
  Workbench& bench = driver.window->workbench();
  SessionLink& session = driver.window->session();
  std::printf("path %s\n", qPrintable(session.path()));
  for (int i = 1;; ++i) {
    REQUIRE(bench.addToLogit({i % 8, i % 6, i % 32}, 0.25 * i, false));
    if (i % 5 == 0) {
      bench.undo().undo();
      bench.undo().redo();
    }
    REQUIRE(waitFor([&] { return session.isSaved(); }));
    std::printf("edits %d\n", bench.undo().index());
    std::fflush(stdout);
  }
}

TEST_CASE("a window that is killed while it edits loses no edit that was saved") {
  rs::test::application();
  std::mt19937 random(3);
  for (int kill = 0; kill < 6; ++kill) {
    QProcess child;
    child.setProcessChannelMode(QProcess::SeparateChannels);
    child.start(QApplication::applicationFilePath(),
                {QStringLiteral("edits without end in an untitled session")});
    REQUIRE(child.waitForStarted());
    QByteArray said;
    const auto hears = [&](const char* word) {
      while (!said.contains(word) && child.waitForReadyRead(20'000)) {
        said += child.readAllStandardOutput();
      }
      return said.contains(word);
    };
    REQUIRE(hears("edits 2\n"));
    QTest::qSleep(std::uniform_int_distribution<>(0, 250)(random));
    child.kill();
    REQUIRE(child.waitForFinished());
    said += child.readAllStandardOutput();
    const int acknowledged =
        said.mid(said.lastIndexOf("edits ", said.lastIndexOf('\n')) + 6).split('\n')[0].toInt();
    REQUIRE(acknowledged >= 2);
    const QString left = QString::fromLocal8Bit(said.mid(said.indexOf("path ") + 5).split('\n')[0]);
    // Its folder of state is one of its own: what it left goes to ours.
    const QString mine = QString::fromStdString(sessions::newUntitledPath());
    for (const char* ending : {"", "-wal", "-shm"}) {
      QFile::rename(left + QLatin1String(ending), mine + QLatin1String(ending));
    }
    QDir(QFileInfo(left).path() + QStringLiteral("/../..")).removeRecursively();
    Driver driver;
    auto* list = driver.find<QListWidget>("start.unsaved");
    REQUIRE(list->isVisible());
    REQUIRE(list->item(0)->data(Qt::UserRole).toString() == mine);
    reopen(driver, mine);
    CHECK(driver.window->workbench().undo().index() >= acknowledged);
    CHECK(!driver.window->workbench().steering().edits.empty());
    driver.close();
    CHECK(sessions::checkSession(mine.toStdString()).findings.empty());
    sessions::discardUntitled(mine.toStdString());
  }
}

}  // namespace rs::ui
