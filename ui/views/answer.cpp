// SPDX-License-Identifier: Apache-2.0
//
// answer: prompt and answer as running text, each token coloured by how sure the model was of it.
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QMouseEvent>
#include <QTextCursor>
#include <QTextEdit>
#include <QTimer>
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

// A text widget lays out every character; a longer run is read in the strip. What is left out is left out in
// steps, or each new token of a long run would move the whole text.
constexpr int kMaxTokens = 4096;
constexpr int kStep = 1024;
// Laid out in one go; the event loop is in between.
constexpr std::size_t kTokensAtOnce = 1024;

// The first token that is shown of so many.
int firstShownOf(int n_tokens) {
  return (std::max(0, n_tokens - kMaxTokens) + kStep - 1) / kStep * kStep;
}

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
    more_.setSingleShot(true);
    more_.setInterval(0);
    QObject::connect(&more_, &QTimer::timeout, widget_, [this] {
      append();
      markCursor();
    });
    QObject::connect(colour_, &QComboBox::currentIndexChanged, widget_, [this] { fill(false); });
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
    const bool is_other_text = shown.tokenizer != shown_.tokenizer || isDark() != was_dark_;
    const bool is_other = is_other_text || shown.run != shown_.run;
    shown_ = shown;
    if (is_other) {
      fill(is_other_text);
    }
    markCursor();
    tellToken();
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
  void fill(bool is_other_text) {
    was_dark_ = isDark();
    const std::span<const std::int32_t> tokens = allTokens();
    const int first = firstShownOf(static_cast<int>(tokens.size()));
    std::size_t n_same = 0;
    if (!is_other_text && first == first_) {
      n_same = static_cast<std::size_t>(
          std::mismatch(written_.begin(), written_.end(), tokens.begin() + first, tokens.end()).first -
          written_.begin());
    }
    first_ = first;
    QTextCursor cursor(text_->document());
    cursor.beginEditBlock();
    truncate(cursor, n_same);
    recolour(cursor);
    cursor.endEditBlock();
    append();
  }

  [[nodiscard]] std::span<const std::int32_t> allTokens() const {
    return shown_.run == nullptr || shown_.run->tokens == nullptr ? std::span<const std::int32_t>()
                                                                  : std::span(*shown_.run->tokens);
  }

  void truncate(QTextCursor& cursor, std::size_t n_tokens) {
    if (n_tokens == written_.size()) {
      return;
    }
    const TokenNames* tokenizer = shown_.tokenizer.get();
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
      const Look look = lookOf(*shown_.run, first_ + static_cast<int>(i));
      if (look != looks_[i]) {
        cursor.setPosition(i == 0 ? 0 : ends_[i - 1]);
        cursor.setPosition(ends_[i], QTextCursor::KeepAnchor);
        cursor.setCharFormat(formatOf(look));
        looks_[i] = look;
      }
    }
  }

  // What is left of the run's text, a part at a time.
  void append() {
    const TokenNames* names = shown_.tokenizer.get();
    const auto left = allTokens().subspan(static_cast<std::size_t>(first_) + written_.size());
    QTextCursor cursor(text_->document());
    cursor.beginEditBlock();
    cursor.movePosition(QTextCursor::End);
    for (const std::int32_t token : left.first(std::min(left.size(), kTokensAtOnce))) {
      const Look look = lookOf(*shown_.run, first_ + static_cast<int>(written_.size()));
      const QString text = names == nullptr || !names->contains(token)
                               ? QStringLiteral("#%1 ").arg(token)
                               : QString::fromStdString(bytes_.push(names->tokenBytes(token)));
      cursor.insertText(text, formatOf(look));
      written_.push_back(token);
      ends_.push_back(cursor.position());
      looks_.push_back(look);
    }
    cursor.endEditBlock();
    text_->ensureCursorVisible();
    if (left.size() > kTokensAtOnce) {
      more_.start();
    } else {
      more_.stop();
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

  void markCursor() {
    QList<QTextEdit::ExtraSelection> marks;
    const auto holds = [&](int token) {
      return token >= first_ && token - first_ < static_cast<int>(ends_.size());
    };
    if (holds(shown_.hover.token)) {
      marks << outline(shown_.hover.token, colours().own);
    }
    if (holds(shown_.cursor.token)) {
      marks << outline(shown_.cursor.token, colours().accent);
    }
    text_->setExtraSelections(marks);
  }

  void tellToken() {
    const std::span<const std::int32_t> tokens = allTokens();
    const int token = shown_.hover.token >= 0 ? shown_.hover.token : shown_.cursor.token;
    if (token < 0 || token >= static_cast<int>(tokens.size())) {
      about_->clear();
      return;
    }
    const std::int32_t id = tokens[static_cast<std::size_t>(token)];
    QString text =
        QObject::tr("token %1: “%2”, id %3").arg(token).arg(tokenLabel(shown_.tokenizer.get(), id)).arg(id);
    const auto& logprobs = shown_.run->logprobs;
    if (logprobs != nullptr && token < static_cast<int>(logprobs->size())) {
      const float logprob = (*logprobs)[static_cast<std::size_t>(token)];
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
  QTimer more_;  // active: the text is not whole yet
  Shown shown_;
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
