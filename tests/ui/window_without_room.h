// SPDX-License-Identifier: Apache-2.0
//
// A real window whose session's file cannot be written.
#pragma once

#include <QFile>
#include <QMessageBox>
#include <QPushButton>
#include <chrono>
#include <functional>
#include <thread>

#include "sessions/check.h"
#include "sessions/session_reader.h"
#include "tests/support/small_disk.h"
#include "tests/ui/window_driver.h"
#include "ui/session/session_link.h"

namespace rs::test {

// A window whose session lies on a disk that gets full: one run and two notes are stored before it does; one
// note is removed, and a run made, while it is.
inline void workOnFullDisk(Driver& driver, SmallDisk& disk) {
  ui::Workbench& bench = driver.window->workbench();
  ui::SessionLink& session = driver.window->session();
  const QString path = QString::fromStdString(disk.path("full.routescope"));
  driver.openDemo();
  bench.changeDocument("note", "kept", "\"kept\"", QStringLiteral("note"));
  bench.changeDocument("note", "removed", "\"removed\"", QStringLiteral("note"));
  session.saveAs(path);
  REQUIRE(waitFor([&] { return session.path() == path && session.isSaved(); }));
  settle();
  disk.fill();
  bench.changeDocument("note", "removed", std::nullopt, QStringLiteral("no note"));
  bench.setPrompt(
      {ui::PromptMode::kText, "The capital of France is a town of many bridges, 12 + 34 =", 24, {}});
  bench.startRun();
  REQUIRE(driver.idle());
  REQUIRE(waitFor([&] { return bannerText(driver).contains(QStringLiteral("full")); }));
  bench.changeDocument("note", "later", "\"later\"", QStringLiteral("note"));
  bench.setPrompt({ui::PromptMode::kText, "One more", 4, {}});
  bench.startRun();
  REQUIRE(driver.idle());
}

inline void checkNothingTwice(const QString& path, std::size_t n_runs) {
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

inline QMessageBox* questionOf(const Driver& driver) {
  return driver.window->findChild<QMessageBox*>(QStringLiteral("loss"));
}

// Leaves nothing, after all.
inline void stay(const Driver& driver) {
  REQUIRE(questionOf(driver) != nullptr);
  questionOf(driver)->button(QMessageBox::Cancel)->click();
  settle();
}

// Until all of it is there.
inline void saveThere(const Driver& driver, const QString& path) {
  ui::SessionLink& session = driver.window->session();
  session.saveAs(path);
  REQUIRE(waitFor([&] { return session.path() == path && session.isSaved() && session.isCaughtUp(); }));
}

// Lets a window save its session under a name; `meddle` is called when the file is there and the window has
// not heard of it yet.
inline void saveAndMeddle(Driver& driver, const QString& path, const std::function<void()>& meddle) {
  driver.window->session().saveAs(path);
  for (int tries = 0; !QFile::exists(path); ++tries) {
    constexpr int kMost = 10'000;
    REQUIRE(tries < kMost);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  meddle();
}

}  // namespace rs::test
