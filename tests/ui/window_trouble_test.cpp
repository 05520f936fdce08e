// SPDX-License-Identifier: Apache-2.0
//
// What the window does when something is not as it should be: it says what, and nothing is lost.
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QLabel>
#include <QMessageBox>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTemporaryDir>
#include <algorithm>
#include <chrono>
#include <thread>

#include "sessions/check.h"
#include "sessions/session_reader.h"
#include "sessions/store.h"
#include "tests/support/small_disk.h"
#include "tests/ui/window_driver.h"
#include "ui/canvas/heat_map.h"
#include "ui/session/session_link.h"

using rs::test::Driver;
using rs::test::settle;
using rs::test::waitFor;

namespace rs::ui {
namespace {

// Absolute: links point to it.
QString demo() {
  return QDir::current().absoluteFilePath(QStringLiteral(RS_SOURCE_DIR "/resources/demo-model"));
}

// The demo model by links, without one of its files.
QString modelWithout(const QTemporaryDir& folder, const QString& missing) {
  const QString path = folder.filePath(QStringLiteral("model"));
  REQUIRE(QDir().mkpath(path));
  for (const QString& name : QDir(demo()).entryList(QDir::Files)) {
    if (name != missing) {
      REQUIRE(QFile::link(demo() + QLatin1Char('/') + name, path + QLatin1Char('/') + name));
    }
  }
  return path;
}

void openModel(Driver& driver, const QString& path) {
  driver.window->open(path);
  const bool is_open = waitFor([&] { return driver.window->workbench().model() != nullptr; });
  for (const LogEntry& entry : driver.window->workbench().log()) {
    UNSCOPED_INFO(entry.text.toStdString());
  }
  REQUIRE(is_open);
  REQUIRE(driver.idle());
}

QString bannerText(const Driver& driver) {
  return driver.find<QWidget>("banner")->isVisible() ? driver.find<QLabel>("banner.text")->text() : QString();
}

QString written(const QTemporaryDir& folder, const char* name, const QByteArray& bytes) {
  QFile file(folder.filePath(QString::fromLatin1(name)));
  REQUIRE(file.open(QIODevice::WriteOnly));
  file.write(bytes);
  return file.fileName();
}

// A window of the past: the demo's run, stored in a file.
void storeDemo(const QString& path) {
  Driver driver;
  driver.openDemo();
  driver.window->session().saveAs(path);
  REQUIRE(waitFor([&] { return driver.window->session().path() == path; }));
  settle();
  driver.close();
}

// Opened for reading only: what is done then is told to be in the window alone, and Save as keeps it.
void workReadOnly(const QString& path, const QString& saved_as) {
  Driver driver;
  Workbench& bench = driver.window->workbench();
  SessionLink& session = driver.window->session();
  driver.window->open(path);
  REQUIRE(waitFor([&] { return bench.model() != nullptr && !bench.stored().empty(); }));
  REQUIRE(driver.idle());
  CHECK(session.isReadOnly());
  CHECK(driver.window->windowTitle().contains(QStringLiteral("read only")));
  REQUIRE(bench.forceExpert({2, 1, 9}, false));
  REQUIRE(driver.idle());
  CHECK(bannerText(driver).contains(QStringLiteral("reading only")));
  session.saveAs(saved_as);
  REQUIRE(waitFor([&] { return session.path() == saved_as && !session.isReadOnly() && session.isSaved(); }));
  settle();
  driver.close();
  CHECK(sessions::checkSession(saved_as.toStdString()).findings.empty());
  sessions::SessionReader reader(saved_as.toStdString());
  CHECK(reader.runs().size() == 2);
  CHECK(reader.documents("edits").size() == 1);
}

}  // namespace

TEST_CASE("a model without a tokenizer says so and runs token ids") {
  const QTemporaryDir folder;
  Driver driver;
  openModel(driver, modelWithout(folder, QStringLiteral("tokenizer.json")));
  Workbench& bench = driver.window->workbench();
  bench.setPrompt({PromptMode::kText, "The capital", 4, {}});
  bench.startRun();
  REQUIRE(driver.idle());
  CHECK(bannerText(driver).contains(QStringLiteral("no tokenizer")));
  CHECK(bench.run() == nullptr);
  bench.setPrompt({PromptMode::kIds, "12, 34, 56", 4, {}});
  bench.startRun();
  REQUIRE(driver.idle());
  REQUIRE(bench.run() != nullptr);
  CHECK(bench.run()->tokens->size() == 7);
}

TEST_CASE("files that are neither a model nor a session are named and what is open stays") {
  const QTemporaryDir folder;
  Driver driver;
  driver.openDemo();
  const auto before = driver.window->workbench().run();
  const QString session = driver.window->session().path();
  QByteArray foreign("SQLite format 3\0", 16);
  foreign.append(QByteArray(4080, '\0'));
  struct Case {
    QString path;
    const char* expected;
  };
  const Case cases[] = {
      {written(folder, "other.db", foreign), "another program"},
      {written(folder, "words.txt", "no model and no session"), "words.txt"},
      {written(folder, "broken.routescope", "this is no database"), "broken.routescope"},
      {modelWithout(folder, QStringLiteral("config.json")), "config.json"},
  };
  for (const Case& one : cases) {
    driver.find<QWidget>("banner")->hide();
    driver.window->open(one.path);
    REQUIRE(waitFor([&] { return !bannerText(driver).isEmpty(); }));
    REQUIRE(driver.idle());
    CAPTURE(bannerText(driver).toStdString());
    CHECK(bannerText(driver).contains(QString::fromLatin1(one.expected)));
    CHECK(driver.window->workbench().run() == before);
    CHECK(driver.window->session().path() == session);
  }
}

TEST_CASE("a session that another program holds is read only, and Save as keeps what was done") {
  const QTemporaryDir folder;
  const QString held = folder.filePath(QStringLiteral("held.routescope"));
  const QString mine = folder.filePath(QStringLiteral("mine.routescope"));
  storeDemo(held);
  {
    sessions::SessionStore other({held.toStdString(), sessions::OpenMode::kOpen, "0"});
    other.waitOpened();
    workReadOnly(held, mine);
  }
  CHECK(sessions::SessionReader(held.toStdString()).documents("edits").empty());
}

TEST_CASE("a session on a disk that cannot be written is read, and said to be so") {
  rs::test::SmallDisk disk(4'000'000);
  const QTemporaryDir folder;
  const QString path = QString::fromStdString(disk.path("kept.routescope"));
  storeDemo(path);
  if (!disk.makeReadOnly()) {
    WARN("no disk can be mounted here: a read-only one is not tested");
    return;
  }
  workReadOnly(path, folder.filePath(QStringLiteral("mine.routescope")));
}

TEST_CASE("without GL the window says so and draws all the same") {
  canvas::ImGuiCanvas::setGlAllowed(false);
  Driver driver;
  canvas::ImGuiCanvas::setGlAllowed(true);
  driver.openDemo();
  const auto& log = driver.window->workbench().log();
  CHECK(std::any_of(log.begin(), log.end(), [](const LogEntry& entry) {
    return entry.text.contains(QStringLiteral("No OpenGL here")) && entry.kind == LogEntry::Kind::kNote;
  }));
  auto* map = driver.find<canvas::HeatMap>("heat.canvas");
  CHECK(map->renderer() == canvas::ImGuiCanvas::Renderer::kSoftware);
  const QImage picture = map->picture();
  const QRgb first = picture.pixel(0, 0);
  int n_others = 0;
  for (int x = 0; x < picture.width(); ++x) {
    n_others += picture.pixel(x, picture.height() / 2) != first ? 1 : 0;
  }
  CHECK(n_others > picture.width() / 2);
}

TEST_CASE("on a full disk the window says so, keeps everything, and writes it where there is room") {
  const QTemporaryDir folder;
  const QString path = folder.filePath(QStringLiteral("roomy.routescope"));
  Driver driver;
  driver.openDemo();
  Workbench& bench = driver.window->workbench();
  SessionLink& session = driver.window->session();
  session.setFileLimit(115'000);
  driver.find<QAction>("action.file.new")->trigger();
  settle();
  bench.setPrompt(
      {PromptMode::kText, "The capital of France is a town of many bridges and 12 + 34 =", 24, {}});
  bench.startRun();
  REQUIRE(driver.idle());
  const bool is_told = waitFor([&] { return !bannerText(driver).isEmpty(); });
  for (const LogEntry& entry : driver.window->workbench().log()) {
    UNSCOPED_INFO(entry.text.toStdString());
  }
  UNSCOPED_INFO(QFileInfo(session.path()).size()
                << " " << QFileInfo(session.path() + QStringLiteral("-wal")).size());
  REQUIRE(is_told);
  CAPTURE(bannerText(driver).toStdString());
  CHECK(bannerText(driver).contains(QStringLiteral("full")));
  REQUIRE(bench.forceExpert({2, 1, 9}, true));
  REQUIRE(driver.idle());
  const std::vector<std::int32_t> tokens = *bench.run()->tokens;
  const Steering steering = bench.steering();
  session.setFileLimit(0);
  session.saveAs(path);
  REQUIRE(waitFor([&] { return session.path() == path && session.isSaved(); }));
  settle();
  driver.close();
  CHECK(sessions::checkSession(path.toStdString()).findings.empty());
  Driver next;
  next.window->open(path);
  Workbench& again = next.window->workbench();
  REQUIRE(waitFor([&] { return !again.stored().empty() && again.model() != nullptr; }));
  REQUIRE(next.idle());
  CHECK(again.steering() == steering);
  CHECK(*again.run()->tokens == tokens);
}

TEST_CASE("a session whose beginning was overwritten opens as what could be saved of it") {
  const QTemporaryDir folder;
  const QString path = folder.filePath(QStringLiteral("mine.routescope"));
  storeDemo(path);
  QFile file(path);
  REQUIRE(file.open(QIODevice::ReadWrite));
  file.write(QByteArray(4096, 'x'));
  file.close();
  Driver driver;
  Workbench& bench = driver.window->workbench();
  driver.window->open(path);
  REQUIRE(waitFor([&] { return !bench.stored().empty(); }));
  REQUIRE(driver.idle());
  CHECK(driver.window->session().path().endsWith(QStringLiteral("mine.salvaged.routescope")));
  CHECK(bannerText(driver).contains(QStringLiteral("saved 1 rows of model")));
  CHECK(bench.stored().front().run->tokens->size() > 4);
}

// A window whose session lies on a disk that gets full: one run and two notes are stored before it does; one
// note is removed, and a run made, while it is.
void workOnFullDisk(Driver& driver, rs::test::SmallDisk& disk) {
  Workbench& bench = driver.window->workbench();
  SessionLink& session = driver.window->session();
  const QString path = QString::fromStdString(disk.path("full.routescope"));
  driver.openDemo();
  bench.changeDocument("note", "kept", "\"kept\"", QStringLiteral("note"));
  bench.changeDocument("note", "removed", "\"removed\"", QStringLiteral("note"));
  session.saveAs(path);
  REQUIRE(waitFor([&] { return session.path() == path && session.isSaved(); }));
  settle();
  disk.fill();
  bench.changeDocument("note", "removed", std::nullopt, QStringLiteral("no note"));
  bench.setPrompt({PromptMode::kText, "The capital of France is a town of many bridges, 12 + 34 =", 24, {}});
  bench.startRun();
  REQUIRE(driver.idle());
  REQUIRE(waitFor([&] { return bannerText(driver).contains(QStringLiteral("full")); }));
  bench.changeDocument("note", "later", "\"later\"", QStringLiteral("note"));
  bench.setPrompt({PromptMode::kText, "One more", 4, {}});
  bench.startRun();
  REQUIRE(driver.idle());
}

void checkNothingTwice(const QString& path, std::size_t n_runs) {
  for (const std::string& finding : sessions::checkSession(path.toStdString()).findings) {
    FAIL_CHECK(finding);
  }
  sessions::SessionReader reader(path.toStdString());
  CHECK(reader.runs().size() == n_runs);
  for (const sessions::RunSummary& run : reader.runs()) {
    CHECK(run.ending != "interrupted");
    CHECK(run.n_tokens > 0);
  }
  std::string notes;
  for (const sessions::Document& note : reader.documents("note")) {
    notes += note.key + " ";
  }
  CHECK(notes == "kept later ");
}

TEST_CASE("after a full disk nothing is in the file twice and what was removed stays away") {
  rs::test::SmallDisk disk(2'000'000);
  if (!disk.isThere()) {
    WARN("no disk can be mounted here: a full one is not tested");
    return;
  }
  const QTemporaryDir folder;
  const QString path = QString::fromStdString(disk.path("full.routescope"));
  Driver driver;
  workOnFullDisk(driver, disk);
  SessionLink& session = driver.window->session();
  SECTION("once there is room again") {
    disk.makeRoom();
    REQUIRE(waitFor([&] { return session.isCaughtUp(); }));
    driver.close();
    checkNothingTwice(path, 3);
  }
  SECTION("where there is room when the window is closed") {
    disk.makeRoom();
    driver.close();
    checkNothingTwice(path, 3);
  }
  SECTION("in another file") {
    const QString other = folder.filePath(QStringLiteral("roomy.routescope"));
    session.saveAs(other);
    REQUIRE(waitFor([&] { return session.path() == other && session.isSaved() && session.isCaughtUp(); }));
    driver.close();
    checkNothingTwice(other, 3);
  }
}

TEST_CASE("what a full disk refused is written at closing, though the window has not heard of it yet") {
  rs::test::SmallDisk disk(2'000'000);
  if (!disk.isThere()) {
    WARN("no disk can be mounted here: a full one is not tested");
    return;
  }
  const QString path = QString::fromStdString(disk.path("full.routescope"));
  Driver driver;
  driver.openDemo();
  SessionLink& session = driver.window->session();
  session.saveAs(path);
  REQUIRE(waitFor([&] { return session.path() == path && session.isSaved(); }));
  settle();
  disk.fill();
  const std::string text = '"' + std::string(100'000, 'x') + '"';  // more than any page that is free already
  driver.window->workbench().changeDocument("note", "late", text, QStringLiteral("note"));
  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // the store fails; no event of it is taken
  disk.makeRoom();
  driver.close();
  sessions::SessionReader reader(path.toStdString());
  const std::vector<sessions::Document> notes = reader.documents("note");
  REQUIRE(notes.size() == 1);
  CHECK(notes.front().value == text);
}

QMessageBox* questionOf(Driver& driver) {
  return driver.window->findChild<QMessageBox*>(QStringLiteral("loss"));
}

TEST_CASE("a window that would take something with it that is nowhere saved asks first") {
  rs::test::SmallDisk disk(2'000'000);
  if (!disk.isThere()) {
    WARN("no disk can be mounted here: a full one is not tested");
    return;
  }
  const QTemporaryDir folder;
  Driver driver;
  workOnFullDisk(driver, disk);
  Workbench& bench = driver.window->workbench();
  const std::size_t n_runs = bench.liveRuns().size();
  driver.window->close();
  if (questionOf(driver) == nullptr) {  // the log had room for it after all: then all of it has to be there
    driver.close();
    checkNothingTwice(QString::fromStdString(disk.path("full.routescope")), 3);
    return;
  }
  CHECK(driver.window->isVisible());
  CHECK(questionOf(driver)->text().contains(QStringLiteral("full.routescope")));
  questionOf(driver)->button(QMessageBox::Cancel)->click();
  settle();
  CHECK(questionOf(driver) == nullptr);
  for (const char* way : {"file.new", "file.close"}) {
    driver.window->actions().find(QString::fromLatin1(way))->trigger();
    REQUIRE(questionOf(driver) != nullptr);
    CHECK(bench.liveRuns().size() == n_runs);
    questionOf(driver)->button(QMessageBox::Cancel)->click();
    settle();
  }
  SECTION("and goes where that is accepted") {
    driver.window->close();
    questionOf(driver)->button(QMessageBox::Discard)->click();
    CHECK_FALSE(driver.window->isVisible());
  }
  SECTION("and does not where it was saved elsewhere") {
    SessionLink& session = driver.window->session();
    const QString other = folder.filePath(QStringLiteral("roomy.routescope"));
    session.saveAs(other);
    REQUIRE(waitFor([&] { return session.path() == other && session.isSaved() && session.isCaughtUp(); }));
    driver.window->close();
    CHECK(questionOf(driver) == nullptr);
    CHECK_FALSE(driver.window->isVisible());
  }
}

TEST_CASE("a window on a session that was only read goes without a question, one that was worked in asks") {
  const QTemporaryDir folder;
  const QString path = folder.filePath(QStringLiteral("held.routescope"));
  storeDemo(path);
  sessions::SessionStore other({path.toStdString(), sessions::OpenMode::kOpen, "0"});
  other.waitOpened();
  Driver driver;
  Workbench& bench = driver.window->workbench();
  driver.window->open(path);
  REQUIRE(waitFor([&] { return bench.model() != nullptr && !bench.stored().empty(); }));
  REQUIRE(driver.idle());
  SECTION("only read") {
    driver.window->close();
    CHECK(questionOf(driver) == nullptr);
    CHECK_FALSE(driver.window->isVisible());
  }
  SECTION("worked in") {
    REQUIRE(bench.forceExpert({2, 1, 9}, false));
    REQUIRE(driver.idle());
    driver.window->close();
    REQUIRE(questionOf(driver) != nullptr);
    CHECK(driver.window->isVisible());
  }
}

// By hand: ROUTESCOPE_BIG_MODEL=DIR test_ui_window "[.big]".
TEST_CASE("opening a big model is cancelled at once and what was open stays", "[.big]") {
  Driver driver;
  driver.openDemo();
  const auto before = driver.window->workbench().model();
  for (const int delay : {20, 150, 400, 800}) {
    driver.window->open(qEnvironmentVariable("ROUTESCOPE_BIG_MODEL"));
    QElapsedTimer clock;
    clock.start();
    while (clock.elapsed() < delay) {
      QApplication::processEvents(QEventLoop::AllEvents, 5);
    }
    REQUIRE(driver.window->workbench().isBusy());
    const auto& progress = driver.window->workbench().engine().snapshot()->progress;
    std::printf("after %d ms: %lld of %lld bytes, ", delay,
                progress ? static_cast<long long>(progress->done) : -1,
                progress ? static_cast<long long>(progress->total) : -1);
    clock.restart();
    driver.window->workbench().stop();
    while (driver.window->workbench().isBusy() && clock.elapsed() < 10'000) {
      QApplication::processEvents(QEventLoop::AllEvents, 1);
    }
    std::printf("cancelled in %lld ms\n", static_cast<long long>(clock.elapsed()));
    CHECK(clock.elapsed() < 100);
    settle();
    CHECK(driver.window->workbench().model() == before);
  }
}

}  // namespace rs::ui
