// SPDX-License-Identifier: Apache-2.0
#include "ui/forms/param_form.h"
#include "ui/reading/text_reading.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLineEdit>
#include <QSpinBox>
#include <utility>

namespace rs::ui {
ParamFormBuilder::ParamFormBuilder(QFormLayout& layout, QString prefix, OptionSet set)
    : layout_(layout), prefix_(std::move(prefix)), set_(std::move(set)) {}

void ParamFormBuilder::addRow(QWidget& input, std::string_view name, std::string_view help) {
  input.setObjectName(prefix_ + QLatin1Char('.') + fromView(name));
  // The name of an option as people read it.
  const QString label = fromView(name).replace(QLatin1Char('_'), QLatin1Char(' '));
  input.setAccessibleName(label);
  input.setToolTip(fromView(help));
  layout_.addRow(label, &input);
}

void ParamFormBuilder::operator()(int& value, std::string_view name, std::string_view help, IntRange range) {
  auto* box = new QSpinBox;
  box->setRange(range.min, range.max);
  box->setValue(value);
  box->setKeyboardTracking(false);
  QObject::connect(box, &QSpinBox::valueChanged, box,
                   [set = set_, key = std::string(name)](int now) { set(key, std::to_string(now)); });
  addRow(*box, name, help);
}

void ParamFormBuilder::operator()(double& value, std::string_view name, std::string_view help,
                                  RealRange range) {
  auto* box = new QDoubleSpinBox;
  box->setDecimals(3);
  box->setRange(range.min, range.max);
  box->setSingleStep(range.max - range.min <= 1 ? 0.05 : 1);
  box->setValue(value);
  box->setKeyboardTracking(false);
  QObject::connect(box, &QDoubleSpinBox::valueChanged, box,
                   [set = set_, key = std::string(name)](double now) {
                     set(key, QString::number(now, 'g', 10).toStdString());
                   });
  addRow(*box, name, help);
}

void ParamFormBuilder::operator()(bool& value, std::string_view name, std::string_view help) {
  auto* box = new QCheckBox;
  box->setChecked(value);
  QObject::connect(box, &QCheckBox::toggled, box,
                   [set = set_, key = std::string(name)](bool now) { set(key, now ? "yes" : "no"); });
  addRow(*box, name, help);
}

void ParamFormBuilder::operator()(Choice& value, std::string_view name, std::string_view help) {
  auto* box = new QComboBox;
  for (const std::string_view option : value.names) {
    box->addItem(fromView(option));
  }
  box->setCurrentIndex(value.value);
  QObject::connect(
      box, &QComboBox::currentTextChanged, box,
      [set = set_, key = std::string(name)](const QString& now) { set(key, now.toStdString()); });
  addRow(*box, name, help);
}

void ParamFormBuilder::operator()(LayerSpan& value, std::string_view name, std::string_view help) {
  auto* line =
      new QLineEdit(value.first == value.last ? QString::number(value.first)
                                              : QStringLiteral("%1..%2").arg(value.first).arg(value.last));
  QObject::connect(line, &QLineEdit::editingFinished, line, [set = set_, key = std::string(name), line] {
    if (line->isModified()) {
      line->setModified(false);
      set(key, line->text().trimmed().toStdString());
    }
  });
  addRow(*line, name, help);
}

}  // namespace rs::ui
