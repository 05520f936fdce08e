// SPDX-License-Identifier: Apache-2.0
#include "ui/forms/edit_form.h"

#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpression>
#include <QVBoxLayout>
#include <nlohmann/json.hpp>
#include <string_view>

#include "core/base/error.h"
#include "core/routing/edit_json.h"
#include "ui/reading/text_reading.h"
#include "ui/theme.h"

namespace rs::ui {
namespace {

using Json = nlohmann::ordered_json;

QString textOf(QWidget* input) {
  if (const auto* box = dynamic_cast<QComboBox*>(input)) {
    return box->currentText();
  }
  return static_cast<QLineEdit*>(input)->text().trimmed();
}

void setText(QWidget* input, const QString& text) {
  if (auto* box = dynamic_cast<QComboBox*>(input)) {
    box->setCurrentText(text);
  } else {
    static_cast<QLineEdit*>(input)->setText(text);
  }
}

// "3..5" within a list: each of them.
QString withRanges(const QString& text) {
  static const QRegularExpression kRange(QStringLiteral("(\\d+)\\s*\\.\\.\\s*(\\d+)"));
  QString out;
  qsizetype end = 0;
  auto ranges = kRange.globalMatch(text);
  while (ranges.hasNext()) {
    const QRegularExpressionMatch range = ranges.next();
    out += text.mid(end, range.capturedStart() - end);
    QStringList numbers;
    constexpr int kMost = 1 << 20;
    const int first = range.captured(1).toInt();
    for (int n = first; n <= range.captured(2).toInt() && n - first < kMost; ++n) {
      numbers << QString::number(n);
    }
    out += numbers.join(QLatin1Char(','));
    end = range.capturedEnd();
  }
  return out + text.mid(end);
}

// Words that are no numbers stay text, so that the reader of edits can say what is wrong with them.
Json jsonOf(const QString& text) {
  const Json parsed = Json::parse(text.toStdString(), nullptr, false);
  return parsed.is_discarded() ? Json(text.toStdString()) : parsed;
}

Json listOf(const QString& text) {
  Json list = Json::array();
  static const QRegularExpression kSeparator(QStringLiteral("[,;\\s]+"));
  for (const QString& part : withRanges(text).split(kSeparator, Qt::SkipEmptyParts)) {
    list.push_back(jsonOf(part));
  }
  return list;
}

Json vectorOf(const QString& text) {
  static const QRegularExpression kToken(QStringLiteral("^\\s*token\\s+(\\d+)\\s*$"));
  const QRegularExpressionMatch token = kToken.match(text);
  return token.hasMatch() ? Json{{"unembed", token.captured(1).toInt()}} : listOf(text);
}

Json valueOf(const FieldInfo& field, const QString& text) {
  switch (field.type) {
    case FieldType::kExperts:
    case FieldType::kWeights:
    case FieldType::kPositions:
      return listOf(text);
    case FieldType::kLayers: {
      const Json list = listOf(text);
      return list.size() == 1 ? list.front() : list;
    }
    case FieldType::kConstant: {
      const Json list = listOf(text);
      return list.size() == 1 ? list.front() : list;
    }
    case FieldType::kVector:
      return vectorOf(text);
    case FieldType::kInteger:
    case FieldType::kNumber:
    case FieldType::kExpert:
      return jsonOf(text);
    case FieldType::kChoice:
    case FieldType::kOperation:
    case FieldType::kText:
    case FieldType::kSwitch:
      break;
  }
  return text.toStdString();
}

QString textOf(const Json& value) {
  if (value.is_string()) {
    return QString::fromStdString(value.get<std::string>());
  }
  if (value.is_array()) {
    QStringList parts;
    for (const Json& part : value) {
      parts << QString::fromStdString(part.dump());
    }
    return parts.join(QStringLiteral(", "));
  }
  if (value.is_object() && value.contains("unembed")) {
    return QStringLiteral("token %1").arg(value["unembed"].get<int>());
  }
  return QString::fromStdString(value.dump());
}

QString hintOf(const FieldInfo& field) {
  switch (field.type) {
    case FieldType::kVector:
      return QObject::tr("token 123, or a number for each dimension");
    case FieldType::kLayers:
      return QObject::tr("all, or 3, 5..7");
    case FieldType::kPositions:
      return QObject::tr("empty: all tokens; or 3, 5..7");
    default:
      break;
  }
  QString hint = QString::fromStdString(typeText(field));
  if (const QString range = QString::fromStdString(rangeText(field)); !range.isEmpty()) {
    hint += QStringLiteral(" ") + range;
  }
  if (!field.is_required) {
    const QString usual = QString::fromStdString(defaultText(field));
    hint += usual.isEmpty() ? QObject::tr("; may be empty") : QObject::tr("; empty: %1").arg(usual);
  }
  return hint;
}

// In the form; op and on have places of their own.
bool isCommonInput(const FieldInfo& field) {
  return field.id != "op" && field.id != "on";
}

}  // namespace

EditForm::EditForm(QWidget* parent)
    : QWidget(parent),
      layout_(new QFormLayout),
      summary_(new QLabel(this)),
      problem_(new QLabel(this)),
      buttons_(new QWidget(this)) {
  setObjectName(QStringLiteral("edit_form"));
  summary_->setWordWrap(true);
  summary_->setObjectName(QStringLiteral("edit_form.summary"));
  problem_->setWordWrap(true);
  problem_->setObjectName(QStringLiteral("edit_form.problem"));
  problem_->hide();
  auto* apply_button = new QPushButton(tr("Apply"), buttons_);
  apply_button->setObjectName(QStringLiteral("edit_form.apply"));
  auto* row = new QHBoxLayout(buttons_);
  row->setContentsMargins(0, 0, 0, 0);
  row->addStretch(1);
  row->addWidget(apply_button);
  connect(apply_button, &QPushButton::clicked, this, [this] { apply(); });
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(6, 4, 6, 4);
  column->setSpacing(4);
  column->addWidget(summary_);
  layout_->setVerticalSpacing(3);
  column->addLayout(layout_);
  column->addWidget(problem_);
  column->addWidget(buttons_);
  column->addStretch(1);
  setEnabled(false);
}

void EditForm::build(const EditOp& op) {
  op_ = &op;
  inputs_.clear();
  while (layout_->rowCount() > 0) {
    layout_->removeRow(0);
  }
  summary_->setText(QStringLiteral("<b>%1</b>  %2")
                        .arg(fromView(op.title).toHtmlEscaped(), fromView(op.summary).toHtmlEscaped()));
  for (const FieldInfo& field : commonEditFields()) {
    if (isCommonInput(field)) {
      addField(field);
    }
  }
  for (const FieldInfo& field : op.fields) {
    addField(field);
  }
  showFieldsOfMode();
}

void EditForm::addField(const FieldInfo& field) {
  QWidget* input = nullptr;
  if (field.type == FieldType::kChoice) {
    auto* box = new QComboBox(this);
    for (const std::string_view option : field.options) {
      box->addItem(fromView(option));
    }
    connect(box, &QComboBox::currentIndexChanged, this, [this] { showFieldsOfMode(); });
    input = box;
  } else {
    auto* line = new QLineEdit(this);
    line->setPlaceholderText(hintOf(field));
    connect(line, &QLineEdit::returnPressed, this, [this] { apply(); });
    input = line;
  }
  input->setObjectName(QStringLiteral("edit_form.") + fromView(field.id));
  input->setAccessibleName(fromView(field.id));
  input->setToolTip(fromView(field.help));
  layout_->addRow(fromView(field.id), input);
  inputs_.emplace(std::string(field.id), input);
}

void EditForm::showFieldsOfMode() {
  const auto mode = inputs_.find("mode");
  for (const FieldInfo& field : op_->fields) {
    if (!field.mode.empty() && mode != inputs_.end()) {
      layout_->setRowVisible(inputs_.find(field.id)->second, textOf(mode->second) == fromView(field.mode));
    }
  }
}

void EditForm::setEdit(const Edit& edit) {
  setEnabled(true);
  if (op_ != edit.op) {
    build(*edit.op);
  }
  is_on_ = edit.on;
  tell({});
  const Json json = Json::parse(editsToJson({edit}))["edits"][0];
  for (const auto& [id, input] : inputs_) {
    const bool is_choice = dynamic_cast<QComboBox*>(input) != nullptr;
    if (json.contains(id)) {
      setText(input, textOf(json[id]));
    } else if (!is_choice) {
      setText(input, {});
    }
  }
  showFieldsOfMode();
}

Edit EditForm::edit() const {
  check(op_ != nullptr, "a form without an operation is not read");
  Json json;
  json["op"] = std::string(op_->id);
  const auto read = [&](const FieldInfo& field) {
    QWidget* input = inputs_.find(field.id)->second;
    const QString text = textOf(input);
    if (layout_->isRowVisible(input) && !text.isEmpty()) {
      json[std::string(field.id)] = valueOf(field, text);
    }
  };
  for (const FieldInfo& field : commonEditFields()) {
    if (isCommonInput(field)) {
      read(field);
    }
  }
  for (const FieldInfo& field : op_->fields) {
    read(field);
  }
  Edit edit = parseEdits(Json::array({json}).dump()).front();
  edit.on = is_on_;
  return edit;
}

void EditForm::apply() {
  try {
    const Edit read = edit();
    tell({});
    applied(read);
  } catch (const Error& error) {
    tell(QString::fromStdString(error.what()));
  }
}

void EditForm::tell(const QString& problem) {
  problem_->setText(problem);
  problem_->setStyleSheet(QStringLiteral("color: %1").arg(colours().error.name()));
  problem_->setVisible(!problem.isEmpty());
}

}  // namespace rs::ui
