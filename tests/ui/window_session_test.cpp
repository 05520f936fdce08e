// SPDX-License-Identifier: Apache-2.0
//
// What was done in the window is there again: after closing, in a copy, after a crash.
#include <QFile>
#include <QPlainTextEdit>
#include <QTemporaryDir>
#include <QUndoStack>
#include <algorithm>

#include "sessions/check.h"
#include "tests/ui/window_driver.h"
#include "ui/reading/decision_reading.h"
#include "ui/session/session_link.h"
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

}  // namespace rs::ui
