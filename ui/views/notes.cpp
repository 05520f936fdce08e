// SPDX-License-Identifier: Apache-2.0
//
// notes: what was written about the session and about the shown run, and the bookmarks.
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPlainTextEdit>
#include <QSplitter>
#include <QTimer>
#include <QVBoxLayout>
#include <utility>

#include "ui/notes.h"
#include "ui/theme.h"
#include "ui/view.h"
#include "ui/widgets/text_table.h"
#include "ui/widgets/tool_button.h"

namespace rs::ui {
namespace {

// Typing that pauses this long is a step of undo.
constexpr int kPauseMilliseconds = 800;

// A text that is saved as it is typed. Undo is the window's, so that it is one with all other steps.
class NoteEditor final : public QPlainTextEdit {
 public:
  NoteEditor(Workbench& workbench, const char* name, const QString& accessible_name, QWidget* parent)
      : QPlainTextEdit(parent), workbench_(workbench) {
    setObjectName(QString::fromLatin1(name));
    setAccessibleName(accessible_name);
    setUndoRedoEnabled(false);
    setTabChangesFocus(true);
    pause_.setSingleShot(true);
    pause_.setInterval(kPauseMilliseconds);
    connect(&pause_, &QTimer::timeout, this, [this] { commit(); });
    connect(this, &QPlainTextEdit::textChanged, this, [this] {
      if (!is_filling_) {
        is_typing_ = true;
        pause_.start();
      }
    });
  }

  // The note of this key; "": there is nothing to write about.
  void show(const std::string& key) {
    if (key != key_) {
      commit();
      key_ = key;
    }
    setEnabled(!key_.empty());
    const QString text = key_.empty() ? QString() : noteAt(workbench_, key_);
    if (!is_typing_ && toPlainText() != text) {
      const int position = std::min(textCursor().position(), static_cast<int>(text.size()));
      is_filling_ = true;
      setPlainText(text);
      is_filling_ = false;
      QTextCursor at = textCursor();
      at.setPosition(position);
      setTextCursor(at);
    }
  }

 protected:
  bool event(QEvent* event) override {
    if (event->type() == QEvent::ShortcutOverride) {
      const auto* key = static_cast<QKeyEvent*>(event);
      if (key->matches(QKeySequence::Undo) || key->matches(QKeySequence::Redo)) {
        commit();
        event->ignore();
        return true;
      }
    }
    return QPlainTextEdit::event(event);
  }
  void focusOutEvent(QFocusEvent* event) override {
    commit();
    QPlainTextEdit::focusOutEvent(event);
  }

 private:
  void commit() {
    pause_.stop();
    if (std::exchange(is_typing_, false)) {
      setNote(workbench_, key_, toPlainText());
    }
  }

  Workbench& workbench_;
  std::string key_;
  QTimer pause_;
  bool is_filling_ = false;
  bool is_typing_ = false;  // there is more than was saved
};

class NotesView final : public View {
 public:
  explicit NotesView(const ViewContext& context)
      : workbench_(context.workbench),
        widget_(new QSplitter(Qt::Horizontal)),
        session_(new NoteEditor(workbench_, "notes.session", QObject::tr("Note on the session"), widget_)),
        run_(new NoteEditor(workbench_, "notes.run", QObject::tr("Note on the shown run"), widget_)),
        run_title_(new QLabel(widget_)),
        table_(new TextTable(QStringLiteral("notes.bookmarks"), QObject::tr("Bookmarks"),
                             {QObject::tr("Run"), QObject::tr("Token"), QObject::tr("Text"),
                              QObject::tr("Layer"), QObject::tr("Expert")},
                             widget_)) {
    addColumn(new QLabel(QObject::tr("Session"), widget_), session_);
    addColumn(run_title_, run_);
    QWidget* marks = addColumn(new QLabel(QObject::tr("Bookmarks (Ctrl+B)"), widget_), table_);
    auto* buttons = new QHBoxLayout;
    addToolButton(*buttons, *marks,
                  {"notes.remove", QObject::tr("Remove"), QObject::tr("Remove this bookmark")}, [this] {
                    if (const int row = table_->currentRow(); isRow(row)) {
                      removeBookmark(workbench_, Bookmark(bookmarks_[static_cast<std::size_t>(row)]));
                    }
                  });
    buttons->addStretch(1);
    static_cast<QVBoxLayout*>(marks->layout())->addLayout(buttons);
    QObject::connect(table_, &QTableWidget::cellClicked, widget_, [this](int row, int) { jump(row); });
    QObject::connect(table_, &QTableWidget::itemActivated, widget_,
                     [this](const QTableWidgetItem* item) { jump(item->row()); });
  }

  QWidget& widget() override { return *widget_; }

  void show(const Shown& shown) override {
    session_->show(noteKey());
    const RunId run = shown.run == nullptr ? 0 : shown.run->id;
    run_title_->setText(run == 0  ? QObject::tr("Run")
                        : run > 0 ? QObject::tr("Run %1").arg(run)
                                  : QObject::tr("Run s%1").arg(-run));
    run_->show(run == 0 ? std::string() : noteKey(workbench_, run));
    bookmarks_ = bookmarksOf(workbench_.documents());
    int row = 0;
    for (const Bookmark& bookmark : bookmarks_) {
      const RunId its = workbench_.runOfNumber(bookmark.run);
      const bool is_there = workbench_.findRun(its) != nullptr;
      table_->setRow(
          row++,
          {its > 0 ? QString::number(its) : QObject::tr("s%1").arg(bookmark.run),
           QString::number(bookmark.cursor.token), bookmark.text, QString::number(bookmark.cursor.layer),
           bookmark.cursor.expert < 0 ? QString() : QStringLiteral("E%1").arg(bookmark.cursor.expert)},
          is_there ? QColor() : colours().faint);
    }
    table_->endRows(row);
  }

 private:
  QWidget* addColumn(QWidget* title, QWidget* content) {
    auto* box = new QWidget(widget_);
    auto* column = new QVBoxLayout(box);
    column->setContentsMargins(6, 2, 6, 4);
    column->setSpacing(3);
    column->addWidget(title);
    column->addWidget(content, 1);
    widget_->addWidget(box);
    return box;
  }

  [[nodiscard]] bool isRow(int row) const { return row >= 0 && row < static_cast<int>(bookmarks_.size()); }

  void jump(int row) {
    if (isRow(row) && !goTo(workbench_, Bookmark(bookmarks_[static_cast<std::size_t>(row)]))) {
      workbench_.warn(
          QObject::tr("going to a bookmark: its run is not in this window any more; it is in the "
                      "session's file and comes back when that is opened again"));
    }
  }

  Workbench& workbench_;
  QSplitter* widget_;
  NoteEditor* session_;
  NoteEditor* run_;
  QLabel* run_title_;
  TextTable* table_;
  std::vector<Bookmark> bookmarks_;
};

}  // namespace

ViewInfo notesView() {
  return describeView<NotesView>(
      {.id = "notes",
       .title = "Notes",
       .summary = "Notes on the session and on the shown run, saved as they are typed, and bookmarks.",
       .gestures = "Click a bookmark: go there\nCtrl+B: set or remove a bookmark at the cursor\nCtrl+Z: undo "
                   "what was typed since the last pause",
       .area = ViewArea::kBottom});
}

}  // namespace rs::ui
