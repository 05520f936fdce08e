// SPDX-License-Identifier: Apache-2.0
//
// What the window does when something is not as it should be: it says what, and nothing is lost.
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTemporaryDir>
#include <algorithm>

#include "sessions/check.h"
#include "sessions/session_reader.h"
#include "sessions/store.h"
#include "tests/support/small_disk.h"
#include "tests/ui/window_driver.h"
#include "ui/canvas/heat_map.h"
#include "ui/session/session_link.h"

using rs::test::bannerText;
using rs::test::Driver;
using rs::test::settle;
using rs::test::storeDemo;
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

QString written(const QTemporaryDir& folder, const char* name, const QByteArray& bytes) {
  QFile file(folder.filePath(QString::fromLatin1(name)));
  REQUIRE(file.open(QIODevice::WriteOnly));
  file.write(bytes);
  return file.fileName();
}

// Opened for reading only: what is done then is told to be in the window alone, and Save as keeps it.
void workReadOnly(const QString& path, const QString& saved_as) {
  Driver driver;
  Workbench& bench = driver.window->workbench();
  SessionLink& session = driver.window->session();
  driver.openStored(path);
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
