// SPDX-License-Identifier: Apache-2.0
//
// Leaving a session, or coming to another, where something would be lost: the window asks first, or stays
// where it was.
#include <QPushButton>
#include <QTemporaryDir>

#include "sessions/store.h"
#include "tests/ui/window_without_room.h"

using namespace rs::test;

namespace rs::ui {

TEST_CASE("a window that would take something with it that is nowhere saved asks first") {
  SmallDisk disk(2'000'000);
  if (!disk.isThere()) {
    return;
  }
  const QTemporaryDir folder;
  Driver driver;
  workOnFullDisk(driver, disk);
  Workbench& bench = driver.window->workbench();
  const std::size_t n_runs = bench.liveRuns().size();
  driver.window->close();
  REQUIRE(questionOf(driver) != nullptr);
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
    const QString other = folder.filePath(QStringLiteral("roomy.routescope"));
    saveThere(driver, other);
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
  driver.openStored(path);
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
  SECTION("worked in, and then another model is opened") {
    REQUIRE(bench.forceExpert({2, 1, 9}, false));
    REQUIRE(driver.idle());
    const auto model = bench.model();
    const auto runs = bench.liveRuns();
    REQUIRE_FALSE(runs.empty());
    driver.window->openDemo();
    REQUIRE(questionOf(driver) != nullptr);
    questionOf(driver)->button(QMessageBox::Cancel)->click();
    REQUIRE(driver.idle());
    CHECK(bench.model() == model);
    CHECK(bench.liveRuns() == runs);
    driver.window->openDemo();
    questionOf(driver)->button(QMessageBox::Discard)->click();
    REQUIRE(waitFor([&] { return bench.model() != model; }));
  }
}

TEST_CASE("a saved session that cannot be opened leaves the window where it was") {
  const QTemporaryDir folder;
  const QString path = folder.filePath(QStringLiteral("mine.routescope"));
  Driver driver;
  driver.openDemo();
  Workbench& bench = driver.window->workbench();
  SessionLink& session = driver.window->session();
  bench.changeDocument("note", "kept", "\"kept\"", QStringLiteral("note"));
  settle();
  const QString before = session.path();
  QObject::connect(&session, &SessionLink::changed, &session, [&] {
    if (session.path() == path) {  // while it is opened, in vain
      bench.changeDocument("note", "later", "\"later\"", QStringLiteral("note"));
    }
  });
  saveAndMeddle(driver, path, [&] { QFile::remove(path); });
  SECTION("and goes on there") {
    REQUIRE(waitFor([&] { return bannerText(driver).contains(QStringLiteral("no such file")); }));
    REQUIRE(waitFor([&] { return session.isCaughtUp() && session.isSaved(); }));
    CHECK(session.path() == before);
  }
  SECTION("though it is closed at once") {
    REQUIRE(waitFor([&] { return bench.documents().find("note", "later").has_value(); }));
  }
  driver.close();
  checkNothingTwice(before, 1);
}

TEST_CASE("a session that cannot be opened leaves the one before open") {
  SmallDisk disk(2'000'000);
  if (!disk.isThere()) {
    return;
  }
  const QTemporaryDir folder;
  const QString path = folder.filePath(QStringLiteral("mine.routescope"));
  const QString damaged = QString::fromStdString(disk.path("damaged.routescope"));
  storeDemo(path);
  REQUIRE(QFile::copy(path, damaged));
  {
    QFile file(damaged);
    REQUIRE(file.open(QIODevice::ReadWrite));
    file.write(QByteArray(4096, 'x'));
  }
  disk.fill();  // no room to salvage it
  Driver driver;
  Workbench& bench = driver.window->workbench();
  SessionLink& session = driver.window->session();
  driver.window->open(path);
  REQUIRE(waitFor([&] { return !bench.stored().empty(); }));
  REQUIRE(driver.idle());
  REQUIRE(bench.forceExpert({2, 1, 9}, false));
  REQUIRE(driver.idle());
  driver.window->open(damaged);
  REQUIRE(waitFor([&] { return bannerText(driver).contains(QStringLiteral("full")); }));
  REQUIRE(waitFor([&] { return session.isCaughtUp() && bench.stored().size() == 2; }));
  CHECK(session.path() == path);
  CHECK(bench.steering().edits.size() == 1);
}

TEST_CASE("where there is no room even for a session, what was done is saved elsewhere") {
  SmallDisk disk(400'000);
  if (!disk.isThere()) {
    return;
  }
  const QTemporaryDir folder;
  const QString path = folder.filePath(QStringLiteral("mine.routescope"));
  disk.fill();
  Driver driver;
  const QByteArray state = qgetenv("XDG_STATE_HOME");
  qputenv("XDG_STATE_HOME", QByteArray::fromStdString(disk.path()));
  driver.openDemo();
  qputenv("XDG_STATE_HOME", state);
  Workbench& bench = driver.window->workbench();
  SessionLink& session = driver.window->session();
  CHECK_FALSE(session.isOpen());
  CHECK(bannerText(driver).contains(QStringLiteral("full")));
  CHECK(bannerText(driver).contains(QStringLiteral("Save session as")));
  for (const char* key : {"kept", "later"}) {
    bench.changeDocument("note", key, "\"note\"", QStringLiteral("note"));
  }
  driver.window->close();
  REQUIRE(questionOf(driver) != nullptr);
  CHECK(questionOf(driver)->text().contains(QStringLiteral("no session file")));
  questionOf(driver)->button(QMessageBox::Cancel)->click();
  settle();
  CHECK(driver.window->actions().find(QStringLiteral("file.save_as"))->isEnabled());
  saveThere(driver, path);
  driver.window->close();
  CHECK(questionOf(driver) == nullptr);
  driver.close();
  checkNothingTwice(path, 1);
}

}  // namespace rs::ui
