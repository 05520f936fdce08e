// SPDX-License-Identifier: Apache-2.0
#include "ui/figure_dialog.h"

#include <QApplication>
#include <QClipboard>
#include <QComboBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPainter>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "ui/behind.h"
#include "ui/forms/param_form.h"
#include "ui/reading/text_reading.h"

namespace rs::ui {
namespace {

constexpr int kFormWidth = 300;
constexpr QSize kPreview{560, 420};

bool hasParam(figures::Kind& kind, const std::string& name) {
  ParamLister lister;
  kind.visit(lister);
  const auto& params = lister.params();
  return std::any_of(params.begin(), params.end(),
                     [&](const ParamInfo& param) { return param.name == name; });
}

// A value that cannot be stays as it was: the pane may show what the figure does not know.
void setIfItCan(figures::Kind& kind, const std::string& name, const std::string& text) {
  if (!hasParam(kind, name)) {
    return;
  }
  try {
    ParamSetter setter("figure", name, text);
    kind.visit(setter);
    setter.finish();
  } catch (const Error&) {  // out of the option's range: its default is as good
    return;
  }
}

void setText(figures::Kind& kind, const std::string& name, const std::string& text) {
  ParamSetter setter("figure", name, text);
  kind.visit(setter);
  setter.finish();
}

}  // namespace

// What a figure is made of, and where its preview goes; plain values for another thread.
struct FigureDialog::Job {
  FigureSubject subject;
  std::shared_ptr<const figures::FigureRuns> runs;
  figures::FigureRequest request;
  QSize preview;  // device pixels
  QString path;
};

struct FigureDialog::Made {
  std::shared_ptr<const figures::FigureRuns> runs;
  QImage preview;
  QString caption;
  QStringList warnings;
  std::string command;
  QString error;
  QString written;
};

FigureDialog::FigureDialog(FigureSubject subject, QWidget* parent)
    : QDialog(parent),
      subject_(std::move(subject)),
      kind_box_(new QComboBox(this)),
      summary_(new QLabel(this)),
      options_(nullptr),
      options_place_(new QVBoxLayout),
      size_(new QComboBox(this)),
      title_(new QLineEdit(this)),
      picture_(new QLabel(this)),
      told_(new QLabel(this)),
      command_line_(new QLineEdit(this)),
      copy_(new QPushButton(tr("Copy as command"), this)),
      export_(new QPushButton(tr("Export …"), this)) {
  setObjectName(QStringLiteral("figure"));
  setWindowTitle(tr("Export a figure"));
  build();
  for (const figures::KindInfo& info : figures::allKinds()) {
    const std::string id(info.id);
    auto kind = info.create();
    const Cursor& at = subject_.cursor;
    for (const auto& [name, number] :
         {std::pair("token", at.token), std::pair("layer", at.layer), std::pair("expert", at.expert)}) {
      if (number >= 0) {
        setIfItCan(*kind, name, std::to_string(number));
      }
    }
    if (!subject_.selection.empty()) {
      setIfItCan(*kind, "first_token", std::to_string(subject_.selection.first));
      setIfItCan(*kind, "last_token", std::to_string(subject_.selection.last));
    }
    if (id == subject_.kind) {
      for (const auto& [name, text] : subject_.options) {
        setIfItCan(*kind, name, text);
      }
    }
    kinds_.emplace(id, std::move(kind));
    kind_box_->addItem(fromView(info.title), QString::fromStdString(id));
  }
  kind_box_->setCurrentIndex(kind_box_->findData(QString::fromStdString(subject_.kind)));
  chooseKind(subject_.kind);
  connect(kind_box_, &QComboBox::currentIndexChanged, this,
          [this](int i) { chooseKind(kind_box_->itemData(i).toString().toStdString()); });
}

FigureDialog::~FigureDialog() = default;

void FigureDialog::build() {
  const auto name = [](QWidget& widget, const char* object, const QString& text) {
    widget.setObjectName(QString::fromLatin1(object));
    widget.setAccessibleName(text);
  };
  name(*kind_box_, "figure.kind", tr("Kind of figure"));
  name(*size_, "figure.size", tr("Size of the sheet"));
  name(*title_, "figure.title", tr("Title"));
  name(*picture_, "figure.preview", tr("Preview"));
  name(*told_, "figure.told", tr("What there is to know"));
  name(*command_line_, "figure.command", tr("The same on the command line"));
  name(*copy_, "figure.copy", tr("Copy as command"));
  name(*export_, "figure.export", tr("Export"));
  summary_->setWordWrap(true);
  told_->setWordWrap(true);
  told_->setTextFormat(Qt::PlainText);
  command_line_->setReadOnly(true);
  size_->setEditable(true);
  size_->setToolTip(tr("A preset, or width x height: 89mmx60mm. A preset may have a height: icml x 60mm"));
  for (const figures::SizePreset& preset : figures::sizePresets()) {
    size_->addItem(fromView(preset.name));
    size_->setItemData(size_->count() - 1, fromView(preset.what), Qt::ToolTipRole);
  }
  size_->setCurrentText(QString::fromStdString(page_.size.text));
  title_->setPlaceholderText(tr("none"));
  picture_->setAlignment(Qt::AlignCenter);
  picture_->setMinimumSize(kPreview);
  picture_->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Expanding);

  QWidget* scroll = makeForm();
  auto* buttons = new QHBoxLayout;
  auto* close = new QPushButton(tr("Close"), this);
  name(*close, "figure.close", tr("Close"));
  buttons->addWidget(command_line_, 1);
  buttons->addWidget(copy_);
  buttons->addWidget(export_);
  buttons->addWidget(close);
  export_->setDefault(true);
  auto* body = new QHBoxLayout;
  auto* right = new QVBoxLayout;
  right->addWidget(picture_, 1);
  right->addWidget(told_);
  body->addWidget(scroll);
  body->addLayout(right, 1);
  auto* all = new QVBoxLayout(this);
  all->addLayout(body, 1);
  all->addLayout(buttons);
  connect(size_, &QComboBox::currentTextChanged, this, [this] { change(); });
  connect(title_, &QLineEdit::textChanged, this, [this] { change(); });
  connect(copy_, &QPushButton::clicked, this, [this] { QApplication::clipboard()->setText(command()); });
  connect(export_, &QPushButton::clicked, this, [this] { askWhere(); });
  connect(close, &QPushButton::clicked, this, &QDialog::reject);
}

QWidget* FigureDialog::makeForm() {
  auto* form = new QWidget;
  auto* column = new QVBoxLayout(form);
  column->setContentsMargins(0, 0, 6, 0);
  auto* head = new QFormLayout;
  head->addRow(tr("Figure"), kind_box_);
  column->addLayout(head);
  column->addWidget(summary_);
  column->addLayout(options_place_);
  auto* page = new QFormLayout;
  page->addRow(tr("size"), size_);
  page->addRow(tr("title"), title_);
  buildPageForm(*page);
  column->addLayout(page);
  column->addStretch(1);
  auto* scroll = new QScrollArea(this);
  scroll->setObjectName(QStringLiteral("figure.scroll"));
  scroll->setAccessibleName(tr("Settings of the figure"));
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setWidget(form);
  scroll->setFixedWidth(kFormWidth);
  return scroll;
}

void FigureDialog::buildPageForm(QFormLayout& form) {
  ParamFormBuilder builder(form, QStringLiteral("figure.page"),
                           [this](const std::string& name, const std::string& text) {
                             ParamSetter setter("figure", name, text);
                             page_.visit(setter);
                             change();
                           });
  page_.visit(builder);
}

void FigureDialog::chooseKind(const std::string& id) {
  kind_ = id;
  summary_->setText(fromView(figures::findKind(id).summary));
  fillOptions();
  change();
}

void FigureDialog::fillOptions() {
  delete options_;
  options_ = new QWidget;
  options_->setObjectName(QStringLiteral("figure.options"));
  auto* form = new QFormLayout(options_);
  form->setContentsMargins(0, 0, 0, 0);
  ParamFormBuilder builder(*form, QStringLiteral("figure.option"),
                           [this](const std::string& name, const std::string& text) {
                             setText(*kinds_.at(kind_), name, text);
                             change();
                           });
  kinds_.at(kind_)->visit(builder);
  options_place_->addWidget(options_);
}

figures::FigureRequest FigureDialog::request() const {
  figures::FigureRequest request;
  request.kind = kind_;
  ParamLister lister;
  kinds_.at(kind_)->visit(lister);
  for (const ParamInfo& param : lister.params()) {
    request.options.emplace_back(param.name, param.value);
  }
  request.page = page_;
  request.page.size = figures::parseSize(size_->currentText().toStdString());
  request.page.title = title_->text().toStdString();
  request.run = subject_.run;
  request.reference = subject_.reference;
  return request;
}

// One figure is made at a time; what was changed meanwhile is made next.
void FigureDialog::change() {
  is_changed_ = true;
  if (!is_working_) {
    start();
  }
}

void FigureDialog::start() {
  is_changed_ = false;
  Job job{subject_,
          runs_,
          {},
          kPreview.expandedTo(picture_->size()) * devicePixelRatioF(),
          std::exchange(export_path_, QString())};
  try {
    job.request = request();
  } catch (const Error& error) {  // the size, while it is being typed
    Made refused;
    refused.runs = runs_;
    refused.error = QString::fromStdString(error.what());
    adopt(refused);
    return;
  }
  is_working_ = true;
  runBehind(
      *this, [job = std::move(job)] { return make(job); },
      [this](const Made& made) {
        is_working_ = false;
        adopt(made);
        if (is_changed_ || !export_path_.isEmpty()) {
          start();
        }
      });
}

FigureDialog::Made FigureDialog::make(const Job& job) {
  Made made;
  made.runs = job.runs;
  try {
    figures::Needs needs = figures::makeKind(job.request.kind, job.request.options)->needs();
    if (made.runs == nullptr || !made.runs->read.covers(needs)) {
      if (made.runs != nullptr) {  // the kind before this may be asked for again
        needs = {needs.routing || made.runs->read.routing, needs.run_list || made.runs->read.run_list};
      }
      made.runs = std::make_shared<const figures::FigureRuns>(figures::loadFigureRuns(
          job.subject.session, job.subject.run, job.subject.reference, job.subject.tokenizer, needs));
    }
    const figures::Figure figure(job.request, *made.runs, job.subject.app_version);
    const double unit =
        std::min(job.preview.width() / figure.size().width(), job.preview.height() / figure.size().height());
    made.preview = QImage((figure.size() * unit).toSize(), QImage::Format_RGB32);
    made.preview.fill(Qt::white);
    QPainter painter(&made.preview);
    figure.paint(painter, unit, true);
    painter.end();
    made.caption = figure.caption();
    made.warnings = figure.warnings();
    made.command =
        figure.command(job.subject.session, job.path.isEmpty() ? "figure.pdf" : job.path.toStdString());
    if (!job.path.isEmpty()) {
      figure.write(job.path.toStdString());
      made.written = job.path;
    }
  } catch (const std::exception& error) {  // the border of the thread
    made.error = QString::fromLocal8Bit(error.what());
  }
  return made;
}

void FigureDialog::adopt(const Made& made) {
  runs_ = made.runs;
  QStringList lines;
  if (made.error.isEmpty()) {
    preview_ = made.preview;
    command_ = made.command;
    lines = made.warnings;
  } else {
    preview_ = QImage();
    command_.clear();
    lines << made.error;
  }
  if (!made.written.isEmpty()) {
    lines << tr("Wrote %1").arg(made.written);
  }
  told_->setText(lines.join(QLatin1Char('\n')));
  picture_->setAccessibleDescription(made.caption);
  command_line_->setText(command());
  command_line_->setCursorPosition(0);
  copy_->setEnabled(!command_.empty());
  export_->setEnabled(!command_.empty());
  showPreview();
}

void FigureDialog::showPreview() {
  if (preview_.isNull()) {
    picture_->setPixmap(QPixmap());
    return;
  }
  QPixmap pixmap = QPixmap::fromImage(preview_);
  pixmap.setDevicePixelRatio(devicePixelRatioF());
  picture_->setPixmap(pixmap);
}

void FigureDialog::resizeEvent(QResizeEvent* event) {
  QDialog::resizeEvent(event);
  change();
}

QString FigureDialog::command() const {
  return QString::fromStdString(command_);
}

void FigureDialog::exportTo(const QString& path) {
  export_path_ = path;
  change();
}

void FigureDialog::askWhere() {
  const QString path = QFileDialog::getSaveFileName(this, tr("Export a figure"),
                                                    QString::fromStdString(kind_) + QStringLiteral(".pdf"),
                                                    tr("PDF (*.pdf);;SVG (*.svg);;PNG (*.png)"));
  if (!path.isEmpty()) {
    exportTo(path);
  }
}

}  // namespace rs::ui
