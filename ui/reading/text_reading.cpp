// SPDX-License-Identifier: Apache-2.0
#include "ui/reading/text_reading.h"

#include <QStringList>
#include <cmath>
#include <string>

#include "core/text/utf8.h"

namespace rs::ui {
namespace {

constexpr int kMaxListed = 6;

template <typename Number>
QString listText(const std::vector<Number>& numbers) {
  QStringList parts;
  for (const Number number : numbers) {
    if (parts.size() == kMaxListed) {
      parts << QStringLiteral("…");
      break;
    }
    parts << QString::number(number);
  }
  return parts.join(QStringLiteral(", "));
}

QString valueText(const FieldValue& value) {
  struct Visitor {
    QString operator()(std::int32_t number) const { return QString::number(number); }
    QString operator()(double number) const { return QString::number(number); }
    QString operator()(const std::string& text) const { return QString::fromStdString(text); }
    QString operator()(const std::vector<std::int32_t>& list) const { return listText(list); }
    QString operator()(const std::vector<double>& list) const { return listText(list); }
    QString operator()(const VectorSpec& vector) const {
      return vector.unembed.has_value() ? QStringLiteral("direction of token %1").arg(*vector.unembed)
                                        : QStringLiteral("%1 numbers").arg(vector.numbers.size());
    }
  };
  return std::visit(Visitor(), value);
}

}  // namespace

QString tokenLabel(const TokenNames* tokenizer, std::int32_t id) {
  if (tokenizer == nullptr || !tokenizer->contains(id)) {
    return QStringLiteral("#%1").arg(id);
  }
  QString text = QString::fromStdString(visibleText(tokenizer->tokenBytes(id)));
  return text.replace(QLatin1Char(' '), QChar(0x00B7));
}

QString tokensText(const TokenNames* tokenizer, std::span<const std::int32_t> ids) {
  QStringList parts;
  std::string bytes;
  for (const std::int32_t id : ids) {
    if (tokenizer == nullptr) {
      parts << QString::number(id);
    } else if (tokenizer->contains(id)) {
      bytes += tokenizer->tokenBytes(id);
    }
  }
  return tokenizer == nullptr ? parts.join(QStringLiteral(", ")) : QString::fromStdString(validUtf8(bytes));
}

QString expertLabel(const RunSnapshot* run, int n_experts, int expert) {
  if (expert < n_experts) {
    return QStringLiteral("E%1").arg(expert);
  }
  const auto column = static_cast<std::size_t>(expert - n_experts);
  if (run != nullptr && column < run->column_names.size() && !run->column_names[column].empty()) {
    return QString::fromStdString(run->column_names[column]);
  }
  return QStringLiteral("V%1").arg(column);
}

QString expertLabel(const RunSnapshot& run, const ExpertNames& names, int layer, int expert) {
  const int n_experts = run.trace->config().n_experts;
  const QString label = expertLabel(&run, n_experts, expert);
  const QString name = expert < n_experts ? names.of(layer, expert) : QString();
  return name.isEmpty() ? label : label + QLatin1Char(' ') + name;
}

QString numberText(double value, int digits) {
  if (std::isnan(value)) {
    return QStringLiteral("–");
  }
  if (std::isinf(value)) {
    return value > 0 ? QStringLiteral("∞") : QStringLiteral("−∞");
  }
  return QString::number(value, 'f', digits).replace(QLatin1Char('-'), QChar(0x2212));
}

QString percentText(double share, int digits) {
  return std::isnan(share) ? QStringLiteral("–")
                           : QString::number(share * 100, 'f', digits) + QStringLiteral(" %");
}

QString layersText(const LayerSelection& layers) {
  if (layers.all) {
    return QStringLiteral("all layers");
  }
  return (layers.layers.size() == 1 ? QStringLiteral("layer ") : QStringLiteral("layers ")) +
         listText(layers.layers);
}

QString positionsText(const Edit& edit) {
  if (!edit.positions.has_value()) {
    return QStringLiteral("all tokens");
  }
  return (edit.positions->size() == 1 ? QStringLiteral("token ") : QStringLiteral("tokens ")) +
         listText(*edit.positions);
}

QString fieldsText(const Edit& edit) {
  QStringList parts;
  for (const FieldInfo& field : edit.op->fields) {
    const auto found = edit.fields.find(field.id);
    if (found != edit.fields.end()) {
      parts << fromView(field.id) + QLatin1Char(' ') + valueText(found->second);
    }
  }
  return parts.join(QStringLiteral(" · "));
}

QString editText(const Edit& edit) {
  return QStringLiteral("%1, %2, %3: %4")
      .arg(fromView(edit.op->title), layersText(edit.where), positionsText(edit), fieldsText(edit));
}

QString steeringText(const Steering& steering) {
  QStringList parts;
  if (!steering.edits.empty()) {
    parts
        << QStringLiteral("%1 edit%2").arg(steering.edits.size()).arg(steering.edits.size() == 1 ? "" : "s");
  }
  for (const std::string& specification : steering.virtual_experts) {
    parts << QString::fromStdString(specification);
  }
  return parts.isEmpty() ? QStringLiteral("none") : parts.join(QStringLiteral(", "));
}

}  // namespace rs::ui
