// SPDX-License-Identifier: Apache-2.0
//
// Figures from the window: the dialog of every pane, and the same bytes as the verb writes.
#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QSpinBox>
#include <QTemporaryDir>
#include <QToolButton>

#include "app/version.h"
#include "core/routing/edit_json.h"
#include "tests/support/program.h"
#include "tests/ui/window_driver.h"
#include "ui/figure_dialog.h"
#include "ui/pane.h"
#include "ui/session/session_link.h"

using rs::test::Driver;
using rs::test::settle;
using rs::test::waitFor;

namespace rs::ui {
namespace {

QByteArray bytesOf(const QString& path) {
  QFile file(path);
  REQUIRE(file.open(QIODevice::ReadOnly));
  return file.readAll();
}

// The words of a shell's line, quotes taken off.
std::vector<std::string> wordsOf(const QString& line) {
  std::vector<std::string> words;
  std::string word;
  bool is_quoted = false;
  for (const char c : line.toStdString() + " ") {
    if (c == '\'') {
      is_quoted = !is_quoted;
    } else if (c == ' ' && !is_quoted) {
      words.push_back(std::exchange(word, {}));
    } else {
      word += c;
    }
  }
  return words;
}

FigureDialog* dialogOf(Driver& driver) {
  FigureDialog* dialog = nullptr;
  REQUIRE(waitFor([&] {
    dialog = dynamic_cast<FigureDialog*>(driver.window->findChild<QDialog*>(QStringLiteral("figure")));
    return dialog != nullptr && dialog->isSettled() && !dialog->command().isEmpty();
  }));
  return dialog;
}

void closeDialog(FigureDialog* dialog) {
  dialog->close();
  settle();
  REQUIRE(waitFor([] { return QApplication::activeModalWidget() == nullptr; }));
}

void writeTo(FigureDialog* dialog, const QString& path) {
  auto* told = dialog->findChild<QLabel*>(QStringLiteral("figure.told"));
  dialog->exportTo(path);
  const bool is_told = waitFor([&] { return told->text().contains(path) && dialog->isSettled(); });
  INFO(told->text().toStdString());
  REQUIRE(is_told);
  REQUIRE(QFile::exists(path));
}

// The demo under an edit and the calculator: every kind of figure has something to show.
void steerDemo(Driver& driver) {
  driver.openDemo();
  Workbench& bench = driver.window->workbench();
  Steering with = bench.steering();
  with.virtual_experts.emplace_back("calculator");
  with.edits = parseEdits(R"([{"op":"ban","layer":0,"experts":[0]}])");
  REQUIRE(bench.changeSteering(with, QStringLiteral("Steer")));
  REQUIRE(driver.idle());
}

}  // namespace

TEST_CASE("every kind of figure has the same bytes from the window and from the verb") {
  const QTemporaryDir folder;
  Driver driver;
  QApplication::setApplicationVersion(QString::fromLatin1(app::kVersion));
  steerDemo(driver);
  Workbench& bench = driver.window->workbench();
  REQUIRE(bench.reference() != nullptr);
  bench.cursor().move({bench.run()->size() - 1, 2, 3});
  settle();
  driver.click(driver.find<QToolButton>("figure.token_detail"));
  FigureDialog* dialog = dialogOf(driver);
  auto* kind = dialog->findChild<QComboBox*>(QStringLiteral("figure.kind"));
  CHECK(kind->currentData().toString() == QStringLiteral("token-detail"));
  CHECK(dialog->findChild<QSpinBox*>(QStringLiteral("figure.option.layer"))->value() == 2);
  for (int i = 0; i < kind->count(); ++i) {
    kind->setCurrentIndex(i);
    const QString id = kind->currentData().toString();
    INFO(id.toStdString());
    for (const char* ending : {"pdf", "svg", "png"}) {
      const QString mine = folder.filePath(id + QStringLiteral(".") + QString::fromLatin1(ending));
      writeTo(dialog, mine);
      std::vector<std::string> words = wordsOf(dialog->command());
      REQUIRE(words.size() > 4);
      CHECK(words[0] == "routescope");
      words.erase(words.begin());
      const QString theirs = folder.filePath(QStringLiteral("verb.") + QString::fromLatin1(ending));
      words.back() = theirs.toStdString();  // after --out
      const rs::test::Outcome outcome = rs::test::runProgram(words);
      INFO(outcome.err);
      REQUIRE(outcome.status == 0);
      CHECK(bytesOf(mine) == bytesOf(theirs));
    }
  }
  dialog->findChild<QAbstractButton*>(QStringLiteral("figure.copy"))->click();
  CHECK(QApplication::clipboard()->text() == dialog->command());
  closeDialog(dialog);
}

TEST_CASE("answer, edits, virtual experts and runs have figures of their own, at the selection") {
  Driver driver;
  steerDemo(driver);
  Workbench& bench = driver.window->workbench();
  bench.cursor().setSelection({1, bench.run()->size() - 1});
  driver.find<QComboBox>("answer.colour")->setCurrentIndex(1);
  settle();
  for (const auto& [pane, wanted] : std::vector<std::pair<std::string, std::string>>{
           {"answer", "--view answer --value margin --first-token 1"},
           {"edits", "--view edits"},
           {"virtual_experts", "--view firings --first-token 1"},
           {"runs", "--view runs"}}) {
    INFO(pane);
    Pane* shown = driver.window->pane(pane);
    REQUIRE(shown != nullptr);
    shown->show();
    shown->raise();
    settle();
    auto* button =
        driver.window->findChild<QToolButton*>(QStringLiteral("figure.") + QString::fromStdString(pane));
    REQUIRE(button != nullptr);
    button->click();
    FigureDialog* dialog = dialogOf(driver);
    INFO(dialog->command().toStdString());
    CHECK(dialog->command().contains(QString::fromStdString(wanted)));
    closeDialog(dialog);
  }
}

TEST_CASE("the dialog opens on the pane that was used, as it shows things, and tells what cannot be") {
  Driver driver;
  driver.openDemo();
  auto* value = driver.find<QComboBox>("heat.value");
  value->setCurrentIndex(2);
  Q_EMIT value->activated(2);
  settle();
  driver.find<QWidget>("detail.bars")->setFocus();
  driver.find<QWidget>("heat.canvas")->setFocus();
  settle();
  driver.window->actions().refresh();
  driver.window->actions().find(QStringLiteral("file.figure"))->trigger();
  FigureDialog* dialog = dialogOf(driver);
  CHECK(dialog->findChild<QComboBox*>(QStringLiteral("figure.kind"))->currentData().toString() ==
        QStringLiteral("heatmap"));
  CHECK(dialog->command().contains(QStringLiteral("--value logit")));
  CHECK(!dialog->findChild<QLabel*>(QStringLiteral("figure.preview"))->pixmap().isNull());
  auto* told = dialog->findChild<QLabel*>(QStringLiteral("figure.told"));
  auto* size = dialog->findChild<QComboBox*>(QStringLiteral("figure.size"));
  size->setCurrentText(QStringLiteral("natur"));
  REQUIRE(waitFor([&] { return told->text().contains(QStringLiteral("'nature'")); }));
  CHECK(!dialog->findChild<QAbstractButton*>(QStringLiteral("figure.export"))->isEnabled());
  size->setCurrentText(QStringLiteral("nature"));
  REQUIRE(waitFor([&] { return dialog->command().contains(QStringLiteral("--size nature")); }));
  CHECK(told->text().isEmpty());
  // Nothing was steered: there is no run A.
  auto* kind = dialog->findChild<QComboBox*>(QStringLiteral("figure.kind"));
  kind->setCurrentIndex(kind->findData(QStringLiteral("ab")));
  REQUIRE(waitFor([&] { return told->text().contains(QStringLiteral("--reference")); }));
  CHECK(dialog->command().isEmpty());
  dialog->exportTo(QStringLiteral("/nonexistent/f.pdf"));
  kind->setCurrentIndex(kind->findData(QStringLiteral("history")));
  REQUIRE(waitFor([&] { return dialog->isSettled() && !dialog->command().isEmpty(); }));
  dialog->exportTo(QStringLiteral("/nonexistent/f.pdf"));
  REQUIRE(waitFor([&] { return told->text().contains(QStringLiteral("/nonexistent/f.pdf")); }));
  closeDialog(dialog);
}

}  // namespace rs::ui
