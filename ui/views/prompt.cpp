// SPDX-License-Identifier: Apache-2.0
//
// prompt: what is asked, as text, chat or token ids, with the tokens it becomes while it is typed.
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>
#include <functional>

#include "core/base/error.h"
#include "ui/reading/text_reading.h"
#include "ui/theme.h"
#include "ui/view.h"

namespace rs::ui {
namespace {

constexpr std::size_t kShownIds = 200;

// Ctrl+Enter belongs to the window's action Run, not to the text.
class PromptText final : public QPlainTextEdit {
 public:
  using QPlainTextEdit::QPlainTextEdit;

 protected:
  bool event(QEvent* event) override {
    if (event->type() == QEvent::ShortcutOverride) {
      const auto* key = static_cast<QKeyEvent*>(event);
      const bool is_enter = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
      if (is_enter && key->modifiers().testFlag(Qt::ControlModifier)) {
        event->ignore();
        return true;
      }
    }
    return QPlainTextEdit::event(event);
  }
};

class PromptView final : public View {
 public:
  explicit PromptView(const ViewContext& context)
      : workbench_(context.workbench),
        widget_(new QWidget),
        mode_(new QComboBox(widget_)),
        text_(new PromptText(widget_)),
        count_(new QLabel(widget_)),
        ids_(new QLabel(widget_)),
        max_tokens_(new QSpinBox(widget_)),
        temperature_(new QDoubleSpinBox(widget_)),
        top_p_(new QDoubleSpinBox(widget_)),
        seed_(new QSpinBox(widget_)) {
    build();
    QObject::connect(&workbench_, &Workbench::promptChanged, widget_, [this] { readPrompt(); });
    QObject::connect(&workbench_, &Workbench::modelOpened, widget_, [this] { countTokens(); });
    readPrompt();
  }

  QWidget& widget() override { return *widget_; }
  void show(const Shown& shown) override { run_->setEnabled(shown.snapshot->model != nullptr); }

 private:
  template <typename Box>
  void option(QHBoxLayout& row, Box& box, const char* name, const QString& label, const QString& tip) {
    box.setObjectName(QString::fromLatin1(name));
    box.setAccessibleName(label);
    box.setToolTip(tip);
    box.setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
    auto* text = new QLabel(label, widget_);
    text->setBuddy(&box);
    row.addWidget(text);
    row.addWidget(&box);
  }

  void build() {
    mode_->addItems({QObject::tr("Text"), QObject::tr("Chat"), QObject::tr("Token ids")});
    text_->setObjectName(QStringLiteral("prompt.text"));
    text_->setAccessibleName(QObject::tr("Prompt"));
    text_->setPlaceholderText(QObject::tr("Type a prompt, then press Ctrl+Enter"));
    text_->setTabChangesFocus(true);
    ids_->setObjectName(QStringLiteral("prompt.ids"));
    ids_->setAccessibleName(QObject::tr("Tokens of the prompt"));
    ids_->setTextInteractionFlags(Qt::TextSelectableByMouse);
    ids_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    count_->setObjectName(QStringLiteral("prompt.count"));
    count_->setMinimumWidth(40);
    max_tokens_->setRange(0, 1 << 20);
    temperature_->setRange(0, 10);
    temperature_->setSingleStep(0.1);
    top_p_->setRange(0.01, 1);
    top_p_->setSingleStep(0.05);
    seed_->setRange(0, 1 << 30);
    run_ = new QPushButton(QObject::tr("Run"), widget_);
    run_->setObjectName(QStringLiteral("prompt.run"));
    run_->setToolTip(QObject::tr("Run the prompt (F5, Ctrl+Enter)"));

    auto* options = new QHBoxLayout;
    option(*options, *mode_, "prompt.mode", QObject::tr("As"),
           QObject::tr("Text: as it stands. Chat: a user's message. Token ids: 1, 2, 3"));
    option(*options, *max_tokens_, "prompt.max_tokens", QObject::tr("New tokens"),
           QObject::tr("The longest answer, in tokens; 0: only read the prompt"));
    options->addStretch(1);
    options->addWidget(run_);
    auto* sampling = new QHBoxLayout;
    option(*sampling, *temperature_, "prompt.temperature", QObject::tr("Temperature"),
           QObject::tr("0: always the likeliest token"));
    option(*sampling, *top_p_, "prompt.top_p", QObject::tr("Top p"),
           QObject::tr("Choose among the fewest tokens whose share reaches this"));
    option(*sampling, *seed_, "prompt.seed", QObject::tr("Seed"),
           QObject::tr("The same seed, the same answer"));
    sampling->addStretch(1);
    auto* below = new QHBoxLayout;
    below->addWidget(count_);
    below->addWidget(ids_, 1);
    auto* column = new QVBoxLayout(widget_);
    column->setContentsMargins(6, 2, 6, 4);
    column->setSpacing(3);
    column->addWidget(text_, 1);
    column->addLayout(below);
    column->addLayout(options);
    column->addLayout(sampling);
    widget_->setFocusProxy(text_);

    QObject::connect(run_, &QPushButton::clicked, widget_, [this] { workbench_.startRun(); });
    QObject::connect(text_, &QPlainTextEdit::textChanged, widget_, [this] { writePrompt(); });
    QObject::connect(mode_, &QComboBox::currentIndexChanged, widget_, [this] { writePrompt(); });
    for (QSpinBox* box : {max_tokens_, seed_}) {
      QObject::connect(box, &QSpinBox::valueChanged, widget_, [this] { writePrompt(); });
    }
    for (QDoubleSpinBox* box : {temperature_, top_p_}) {
      QObject::connect(box, &QDoubleSpinBox::valueChanged, widget_, [this] { writePrompt(); });
    }
  }

  void writePrompt() {
    if (is_reading_) {
      return;
    }
    Prompt prompt;
    prompt.mode = static_cast<PromptMode>(mode_->currentIndex());
    prompt.text = text_->toPlainText().toStdString();
    prompt.max_new_tokens = max_tokens_->value();
    prompt.sampling = {temperature_->value(), top_p_->value(), static_cast<std::uint64_t>(seed_->value())};
    workbench_.setPrompt(prompt);
    countTokens();
  }

  void readPrompt() {
    is_reading_ = true;
    const Prompt& prompt = workbench_.prompt();
    const QString text = QString::fromStdString(prompt.text);
    if (text_->toPlainText() != text) {
      text_->setPlainText(text);
      text_->moveCursor(QTextCursor::End);
    }
    mode_->setCurrentIndex(static_cast<int>(prompt.mode));
    max_tokens_->setValue(prompt.max_new_tokens);
    temperature_->setValue(prompt.sampling.temperature);
    top_p_->setValue(prompt.sampling.top_p);
    seed_->setValue(static_cast<int>(prompt.sampling.seed));
    is_reading_ = false;
    countTokens();
  }

  void countTokens() {
    const auto model = workbench_.model();
    const bool is_empty = workbench_.prompt().text.empty();
    if (model == nullptr || is_empty) {
      count_->setText(is_empty ? QString() : QObject::tr("no model is open"));
      ids_->clear();
      return;
    }
    try {
      const std::vector<std::int32_t> tokens = promptTokens(workbench_.prompt(), *model);
      count_->setText(tokens.size() == 1 ? QObject::tr("1 token")
                                         : QObject::tr("%1 tokens").arg(tokens.size()));
      QStringList parts;
      for (std::size_t i = 0; i < std::min(tokens.size(), kShownIds); ++i) {
        parts
            << QStringLiteral("%1 %2").arg(tokenLabel(workbench_.modelTokenizer(), tokens[i])).arg(tokens[i]);
      }
      ids_->setText(parts.join(QStringLiteral("  |  ")));
      ids_->setToolTip(ids_->text());
    } catch (const Error& error) {
      count_->setText(QString::fromStdString(error.what()));
      count_->setToolTip(count_->text());
      ids_->clear();
    }
  }

  Workbench& workbench_;
  QWidget* widget_;
  QComboBox* mode_;
  PromptText* text_;
  QLabel* count_;
  QLabel* ids_;
  QSpinBox* max_tokens_;
  QDoubleSpinBox* temperature_;
  QDoubleSpinBox* top_p_;
  QSpinBox* seed_;
  QPushButton* run_ = nullptr;
  bool is_reading_ = false;
};

}  // namespace

ViewInfo promptView() {
  return describeView<PromptView>({.id = "prompt",
                                   .title = "Prompt",
                                   .summary = "What the model is asked, and the tokens it becomes.",
                                   .gestures = "Ctrl+Enter: run\nTab: to the options",
                                   .area = ViewArea::kTop});
}

}  // namespace rs::ui
