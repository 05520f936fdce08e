// SPDX-License-Identifier: Apache-2.0
//
// A session's file that cannot be written for a while: the window says so, goes on, and writes it where there
// is room.
#include <QDir>
#include <QFileInfo>
#include <QPushButton>
#include <QTemporaryDir>

#include "sessions/store.h"
#include "tests/ui/window_without_room.h"

using namespace rs::test;

namespace rs::ui {
namespace {

// The demo's run in a file on a disk that is full by now.
QString storedOnFullDisk(SmallDisk& disk) {
  const QString path = QString::fromStdString(disk.path("full.routescope"));
  storeDemo(path);
  disk.fill();
  return path;
}

// The demo's run, and an edit of it.
void checkEdited(const QString& path) {
  CHECK(sessions::checkSession(path.toStdString()).findings.empty());
  sessions::SessionReader reader(path.toStdString());
  CHECK(reader.runs().size() == 2);
  CHECK(reader.documents("edits").size() == 1);
}

}  // namespace

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

TEST_CASE("after a full disk nothing is in the file twice and what was removed stays away") {
  SmallDisk disk(2'000'000);
  if (!disk.isThere()) {
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
  SECTION("though another model was opened meanwhile") {
    const auto before = driver.window->workbench().model();
    driver.window->openDemo();
    REQUIRE(waitFor([&] { return driver.window->workbench().model() != before; }));
    REQUIRE(driver.idle());
    disk.makeRoom();
    REQUIRE(waitFor([&] { return session.isCaughtUp(); }));
    driver.close();
    checkNothingTwice(path, 4);  // and what the demo begins with
  }
  SECTION("in another file") {
    const QString other = folder.filePath(QStringLiteral("roomy.routescope"));
    saveThere(driver, other);
    driver.close();
    checkNothingTwice(other, 3);
  }
  SECTION("nor what was refused behind the copy, before the window heard of either") {
    const QString other = folder.filePath(QStringLiteral("roomy.routescope"));
    saveAndMeddle(driver, other, [&] {
      driver.window->workbench().changeDocument("note", "kept", "\"kept longer\"", QStringLiteral("note"));
      std::this_thread::sleep_for(std::chrono::milliseconds(300));  // the store comes to its end
    });
    REQUIRE(waitFor([&] { return session.path() == other && session.isSaved() && session.isCaughtUp(); }));
    driver.close();
    checkNothingTwice(other, 3);
    CHECK(sessions::SessionReader(other.toStdString()).documents("note").front().value == "\"kept longer\"");
  }
}

TEST_CASE("what a full disk refused is written at closing, though the window has not heard of it yet") {
  SmallDisk disk(2'000'000);
  if (!disk.isThere()) {
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

TEST_CASE("a session on a full disk is opened, worked in, and written once there is room") {
  SmallDisk disk(2'000'000);
  if (!disk.isThere()) {
    return;
  }
  const QTemporaryDir folder;
  const QString path = storedOnFullDisk(disk);
  Driver driver;
  Workbench& bench = driver.window->workbench();
  SessionLink& session = driver.window->session();
  driver.window->open(path);
  CHECK(driver.window->windowTitle().startsWith(QStringLiteral("full (opening")));
  driver.restStored();
  CHECK_FALSE(session.isReadOnly());
  REQUIRE(bench.forceExpert({2, 1, 9}, false));
  REQUIRE(driver.idle());
  REQUIRE(waitFor([&] { return bannerText(driver).contains(QStringLiteral("full")); }));
  driver.window->close();
  stay(driver);
  QString written = path;
  SECTION("there") {
    disk.makeRoom();
    REQUIRE(waitFor([&] { return session.isCaughtUp(); }));
  }
  SECTION("there, when the window is closed") {
    disk.makeRoom();
  }
  SECTION("or where it is saved instead") {
    written = folder.filePath(QStringLiteral("roomy.routescope"));
    saveThere(driver, written);
  }
  driver.window->close();
  CHECK(questionOf(driver) == nullptr);
  driver.close();
  checkEdited(written);
}

TEST_CASE("a session on a full disk that another program wrote to meanwhile is saved elsewhere") {
  SmallDisk disk(2'000'000);
  if (!disk.isThere()) {
    return;
  }
  const QTemporaryDir folder;
  const QString path = storedOnFullDisk(disk);
  const QString mine = folder.filePath(QStringLiteral("mine.routescope"));
  Driver driver;
  Workbench& bench = driver.window->workbench();
  SessionLink& session = driver.window->session();
  driver.openStored(path);
  disk.makeRoom();
  {
    sessions::SessionStore other({path.toStdString(), sessions::OpenMode::kOpen, "0"});
    other.waitOpened();
    other.wait(other.change("other", "note", {{"note", "theirs", "1"}}));
  }
  REQUIRE(bench.forceExpert({2, 1, 9}, false));
  REQUIRE(driver.idle());
  REQUIRE(waitFor([&] { return session.isReadOnly(); }));
  REQUIRE(driver.idle());
  CHECK(bannerText(driver).contains(QStringLiteral("reading only")));
  CHECK(driver.window->windowTitle().contains(QStringLiteral("read only")));
  driver.window->close();
  stay(driver);
  saveThere(driver, mine);
  driver.close();
  CHECK(sessions::SessionReader(path.toStdString()).documents("edits").empty());
  checkEdited(mine);
}

TEST_CASE("a session that is saved where there is no room to go on keeps what comes then") {
  SmallDisk disk(2'000'000);
  if (!disk.isThere()) {
    return;
  }
  const QString path = QString::fromStdString(disk.path("full.routescope"));
  Driver driver;
  driver.openDemo();
  Workbench& bench = driver.window->workbench();
  SessionLink& session = driver.window->session();
  bench.changeDocument("note", "kept", "\"kept\"", QStringLiteral("note"));
  const QString before = session.path();
  saveAndMeddle(driver, path, [&] { disk.fill(); });
  REQUIRE(waitFor([&] { return session.path() == path; }));
  settle();
  bench.changeDocument("note", "later", "\"later\"", QStringLiteral("note"));
  bench.setPrompt({PromptMode::kText, "One more", 4, {}});
  bench.startRun();
  REQUIRE(driver.idle());
  REQUIRE(waitFor([&] { return bannerText(driver).contains(QStringLiteral("full")); }));
  CHECK(session.path() == path);
  CHECK_FALSE(QFile::exists(before));
  disk.makeRoom();
  SECTION("and writes it soon") {
    REQUIRE(waitFor([&] { return session.isCaughtUp(); }));
  }
  SECTION("or when it is closed") {}
  driver.close();
  checkNothingTwice(path, 2);
}

}  // namespace rs::ui
