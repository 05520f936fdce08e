// SPDX-License-Identifier: Apache-2.0
//
// answer: prompt and answer as running text, each token coloured by how sure the model was of it.
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QMouseEvent>
#include <QTextCursor>
#include <QTextEdit>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>
#include <functional>

#include "core/text/utf8.h"
#include "ui/reading/decision_reading.h"
#include "ui/reading/text_reading.h"
#include "ui/theme.h"
#include "ui/view.h"

namespace rs::ui {
namespace {

// A text widget lays out every character; a longer run is read in the strip.
constexpr int kMaxTokens = 4096;

// Text whose tokens can be pointed at.
class TokenText final : public QTextEdit {
 public:
  explicit TokenText(QWidget* parent) : QTextEdit(parent) {
    setReadOnly(true);
    setMouseTracking(true);
    setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  }
  std::function<void(int position)> clicked;  // character
  std::function<void(int position)> hovered;  // -1: none

 protected:
  void mouseReleaseEvent(QMouseEvent* event) override {
    QTextEdit::mouseReleaseEvent(event);
    if (event->button() == Qt::LeftButton && !textCursor().hasSelection()) {
      clicked(cursorForPosition(event->pos()).position());
    }
  }
  void mouseMoveEvent(QMouseEvent* event) override {
    QTextEdit::mouseMoveEvent(event);
    if (event->buttons() == Qt::NoButton) {
      hovered(cursorForPosition(event->pos()).position());
    }
  }
  void leaveEvent(QEvent* event) override {
    QTextEdit::leaveEvent(event);
    hovered(-1);
  }
};

class AnswerView final : public View {
 public:
  explicit AnswerView(const ViewContext& context)
      : workbench_(context.workbench),
        widget_(new QWidget),
        text_(new TokenText(widget_)),
        colour_(new QComboBox(widget_)),
        about_(new QLabel(widget_)) {
    text_->setObjectName(QStringLiteral("answer.text"));
    text_->setAccessibleName(QObject::tr("Prompt and answer"));
    text_->setPlaceholderText(QObject::tr("The answer appears here while it is generated."));
    colour_->setObjectName(QStringLiteral("answer.colour"));
    colour_->setAccessibleName(QObject::tr("Colour of the tokens"));
    colour_->addItems({QObject::tr("colour: probability"), QObject::tr("colour: smallest margin"),
                       QObject::tr("colour: none")});
    about_->setObjectName(QStringLiteral("answer.about"));
    about_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    auto* row = new QHBoxLayout;
    row->addStretch(1);
    row->addWidget(colour_);
    auto* column = new QVBoxLayout(widget_);
    column->setContentsMargins(6, 2, 6, 4);
    column->setSpacing(3);
    column->addWidget(text_, 1);
    column->addWidget(about_);
    column->addLayout(row);
    text_->clicked = [this](int at) {
      if (const int token = tokenAt(at); token >= 0) {
        workbench_.cursor().moveToken(token);
      }
    };
    text_->hovered = [this](int at) {
      Cursor hover = workbench_.cursor().hover();
      hover.token = at < 0 ? -1 : tokenAt(at);
      workbench_.cursor().setHover(hover);
    };
    QObject::connect(colour_, &QComboBox::currentIndexChanged, widget_, [this] {
      run_ = nullptr;
      workbench_.touch();
    });
  }

  QWidget& widget() override { return *widget_; }

  // Of a run too long for a sheet, what begins at the cursor.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> figureOptions() const override {
    static constexpr const char* kValues[] = {"probability", "margin", "none"};
    std::vector<std::pair<std::string, std::string>> options{{"value", kValues[colour_->currentIndex()]}};
    const int token = workbench_.cursor().cursor().token;
    if (first_ > 0 && token >= 0 && workbench_.cursor().selection().empty()) {
      options.emplace_back("first_token", std::to_string(token));
    }
    return options;
  }

  void show(const Shown& shown) override {
    if (shown.run != run_ || isDark() != was_dark_) {
      fill(shown);
    }
    markCursor(shown);
    tellToken(shown);
  }

 private:
  // How one token looks. A token that only looks otherwise is recoloured where it stands: to lay the text out
  // again is what takes long here.
  struct Look {
    bool is_prompt = false;
    QColor background;  // invalid: none
    friend bool operator==(const Look&, const Look&) = default;
  };

  // Rewrites only what differs: while an answer streams in, its end; after an edit, colours.
  void fill(const Shown& shown) {
    const bool is_other_theme = isDark() != was_dark_;
    run_ = shown.run;
    was_dark_ = isDark();
    const auto tokens = run_ == nullptr || run_->tokens == nullptr ? std::span<const std::int32_t>()
                                                                   : std::span(*run_->tokens);
    const int first = std::max(0, static_cast<int>(tokens.size()) - kMaxTokens);
    std::size_t n_same = 0;
    if (!is_other_theme && first == first_) {
      n_same = static_cast<std::size_t>(
          std::mismatch(written_.begin(), written_.end(), tokens.begin() + first, tokens.end()).first -
          written_.begin());
    }
    first_ = first;
    QTextCursor cursor(text_->document());
    cursor.beginEditBlock();
    truncate(cursor, n_same, shown.tokenizer);
    recolour(cursor);
    append(cursor, shown, tokens.subspan(static_cast<std::size_t>(first) + n_same));
    cursor.endEditBlock();
    text_->ensureCursorVisible();
  }

  void truncate(QTextCursor& cursor, std::size_t n_tokens, const TokenNames* tokenizer) {
    if (n_tokens == written_.size()) {
      return;
    }
    cursor.setPosition(n_tokens == 0 ? 0 : ends_[n_tokens - 1]);
    cursor.movePosition(QTextCursor::End, QTextCursor::KeepAnchor);
    cursor.removeSelectedText();
    written_.resize(n_tokens);
    ends_.resize(n_tokens);
    looks_.resize(n_tokens);
    // What the last tokens left unfinished, a character's first bytes, waits again; three tokens hold all of
    // it.
    bytes_ = Utf8Stream();
    for (std::size_t i = n_tokens - std::min<std::size_t>(n_tokens, 3); i < n_tokens; ++i) {
      if (tokenizer != nullptr && tokenizer->contains(written_[i])) {
        static_cast<void>(bytes_.push(tokenizer->tokenBytes(written_[i])));
      }
    }
  }

  void recolour(QTextCursor& cursor) {
    for (std::size_t i = 0; i < written_.size(); ++i) {
      const Look look = lookOf(*run_, first_ + static_cast<int>(i));
      if (look != looks_[i]) {
        cursor.setPosition(i == 0 ? 0 : ends_[i - 1]);
        cursor.setPosition(ends_[i], QTextCursor::KeepAnchor);
        cursor.setCharFormat(formatOf(look));
        looks_[i] = look;
      }
    }
  }

  void append(QTextCursor& cursor, const Shown& shown, std::span<const std::int32_t> tokens) {
    cursor.movePosition(QTextCursor::End);
    for (const std::int32_t token : tokens) {
      const Look look = lookOf(*run_, first_ + static_cast<int>(written_.size()));
      const QString text = shown.tokenizer == nullptr || !shown.tokenizer->contains(token)
                               ? QStringLiteral("#%1 ").arg(token)
                               : QString::fromStdString(bytes_.push(shown.tokenizer->tokenBytes(token)));
      cursor.insertText(text, formatOf(look));
      written_.push_back(token);
      ends_.push_back(cursor.position());
      looks_.push_back(look);
    }
  }

  [[nodiscard]] Look lookOf(const RunSnapshot& run, int position) const {
    Look look{position < run.n_prompt, {}};
    if (colour_->currentIndex() == 0 && run.logprobs != nullptr &&
        position < static_cast<int>(run.logprobs->size())) {
      look.background =
          surpriseColour(std::exp(static_cast<double>((*run.logprobs)[static_cast<std::size_t>(position)])));
    } else if (colour_->currentIndex() == 1 && position < run.size()) {
      look.background = marginColour(static_cast<double>(smallestMargin(run, position)));
    }
    return look;
  }

  static QTextCharFormat formatOf(const Look& look) {
    QTextCharFormat format;
    if (look.is_prompt) {
      format.setForeground(colours().faint);
    } else {
      format.setFontWeight(QFont::DemiBold);
    }
    if (look.background.isValid()) {
      format.setBackground(look.background);
    }
    return format;
  }

  static float smallestMargin(const RunSnapshot& run, int position) {
    float smallest = std::numeric_limits<float>::infinity();
    for (int layer = 0; layer < run.trace->config().n_layers; ++layer) {
      smallest = std::min(smallest, marginAt(*run.trace, layer, position));
    }
    return smallest;
  }

  [[nodiscard]] int tokenAt(int character) const {
    const auto end = std::upper_bound(ends_.begin(), ends_.end(), character);
    return end == ends_.end() ? -1 : first_ + static_cast<int>(end - ends_.begin());
  }

  QTextEdit::ExtraSelection outline(int token, QColor colour) const {
    QTextEdit::ExtraSelection selection;
    const auto index = static_cast<std::size_t>(token - first_);
    selection.cursor = QTextCursor(text_->document());
    selection.cursor.setPosition(index == 0 ? 0 : ends_[index - 1]);
    selection.cursor.setPosition(ends_[index], QTextCursor::KeepAnchor);
    selection.format.setFontUnderline(true);
    selection.format.setUnderlineColor(colour);
    colour.setAlpha(110);
    selection.format.setBackground(colour);
    return selection;
  }

  void markCursor(const Shown& shown) {
    QList<QTextEdit::ExtraSelection> marks;
    const auto holds = [&](int token) {
      return token >= first_ && token - first_ < static_cast<int>(ends_.size());
    };
    if (holds(shown.hover.token)) {
      marks << outline(shown.hover.token, colours().own);
    }
    if (holds(shown.cursor.token)) {
      marks << outline(shown.cursor.token, colours().accent);
    }
    text_->setExtraSelections(marks);
  }

  void tellToken(const Shown& shown) {
    if (run_ == nullptr || run_->tokens == nullptr) {
      about_->clear();
      return;
    }
    const int token = shown.hover.token >= 0 ? shown.hover.token : shown.cursor.token;
    if (token < 0 || token >= static_cast<int>(run_->tokens->size())) {
      about_->clear();
      return;
    }
    const std::int32_t id = (*run_->tokens)[static_cast<std::size_t>(token)];
    QString text =
        QObject::tr("token %1: “%2”, id %3").arg(token).arg(tokenLabel(shown.tokenizer, id)).arg(id);
    if (run_->logprobs != nullptr && token < static_cast<int>(run_->logprobs->size())) {
      const float logprob = (*run_->logprobs)[static_cast<std::size_t>(token)];
      if (!std::isnan(logprob)) {
        text += QObject::tr(", probability %1").arg(percentText(std::exp(static_cast<double>(logprob))));
      }
    }
    about_->setText(text);
  }

  Workbench& workbench_;
  QWidget* widget_;
  TokenText* text_;
  QComboBox* colour_;
  QLabel* about_;
  std::shared_ptr<const RunSnapshot> run_;
  std::vector<std::int32_t> written_;  // tokens in the widget
  std::vector<int> ends_;              // beside written_: the character after each
  std::vector<Look> looks_;            // beside written_
  Utf8Stream bytes_;
  int first_ = 0;  // position of the first of them
  bool was_dark_ = false;
};

}  // namespace

ViewInfo answerView() {
  return describeView<AnswerView>(
      {.id = "answer",
       .title = "Answer",
       .summary = "Prompt and answer, coloured by how sure the model was of each token.",
       .gestures = "Click: cursor to this token\nDrag: select text to copy",
       .area = ViewArea::kTop});
}

}  // namespace rs::ui
