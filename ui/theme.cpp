// SPDX-License-Identifier: Apache-2.0
#include "ui/theme.h"

#include <QApplication>
#include <QPalette>
#include <QStyle>
#include <QStyleFactory>
#include <algorithm>
#include <cmath>

namespace rs::ui {
namespace {

struct Shades {
  QColor window, base, alternate, text, faint, button, highlight, highlighted_text, line;
};

Shades darkShades() {
  return {QColor(0x23, 0x26, 0x2b), QColor(0x1a, 0x1c, 0x20), QColor(0x20, 0x23, 0x28),
          QColor(0xe4, 0xe6, 0xea), QColor(0x97, 0x9d, 0xa8), QColor(0x2f, 0x33, 0x3a),
          QColor(0x2f, 0x6f, 0xb5), QColor(0xff, 0xff, 0xff), QColor(0x3c, 0x41, 0x4a)};
}

Shades lightShades() {
  return {QColor(0xf2, 0xf3, 0xf5), QColor(0xff, 0xff, 0xff), QColor(0xf7, 0xf8, 0xfa),
          QColor(0x1d, 0x20, 0x26), QColor(0x63, 0x69, 0x75), QColor(0xe6, 0xe8, 0xec),
          QColor(0x2a, 0x6f, 0xc4), QColor(0xff, 0xff, 0xff), QColor(0xcd, 0xd1, 0xd8)};
}

QPalette paletteOf(const Shades& shades) {
  QPalette palette;
  palette.setColor(QPalette::Window, shades.window);
  palette.setColor(QPalette::WindowText, shades.text);
  palette.setColor(QPalette::Base, shades.base);
  palette.setColor(QPalette::AlternateBase, shades.alternate);
  palette.setColor(QPalette::Text, shades.text);
  palette.setColor(QPalette::PlaceholderText, shades.faint);
  palette.setColor(QPalette::Button, shades.button);
  palette.setColor(QPalette::ButtonText, shades.text);
  palette.setColor(QPalette::ToolTipBase, shades.button);
  palette.setColor(QPalette::ToolTipText, shades.text);
  palette.setColor(QPalette::Highlight, shades.highlight);
  palette.setColor(QPalette::HighlightedText, shades.highlighted_text);
  palette.setColor(QPalette::Link, shades.highlight.lighter(130));
  palette.setColor(QPalette::Mid, shades.line);
  palette.setColor(QPalette::Dark, shades.line);
  palette.setColor(QPalette::Light, shades.alternate);
  for (const QPalette::ColorRole role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
    palette.setColor(QPalette::Disabled, role, shades.faint);
  }
  return palette;
}

// The desktop's own palette, before ours replaced it.
bool systemIsDark() {
  static const bool kIsDark = [] {
    const QPalette palette = QApplication::style()->standardPalette();
    return palette.color(QPalette::Window).lightness() < palette.color(QPalette::WindowText).lightness();
  }();
  return kIsDark;
}

QString styleSheetOf(const Shades& shades) {
  return QStringLiteral(
             "QToolTip { color: %1; background: %2; border: 1px solid %3; padding: 3px; }"
             "QToolBar { border: 0; border-bottom: 1px solid %3; spacing: 4px; padding: 3px; }"
             "QStatusBar { border-top: 1px solid %3; } QStatusBar::item { border: 0; }"
             "QMainWindow::separator { width: 4px; height: 4px; background: %4; }"
             "QHeaderView::section { padding: 3px 6px; border: 0; border-bottom: 1px solid %3; background: "
             "%4; }"
             "QTableView, QTreeView, QListView, QPlainTextEdit, QTextEdit { border: 0; }"
             "QTableView { gridline-color: %3; }")
      .arg(shades.text.name(), shades.button.name(), shades.line.name(), shades.window.name());
}

bool& darkFlag() {
  static bool is_dark = false;
  return is_dark;
}

}  // namespace

void applyTheme(ThemeChoice choice) {
  const bool system_dark = systemIsDark();
  darkFlag() = choice == ThemeChoice::kDark || (choice == ThemeChoice::kSystem && system_dark);
  const Shades shades = isDark() ? darkShades() : lightShades();
  QApplication::setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
  QApplication::setPalette(paletteOf(shades));
  qApp->setStyleSheet(styleSheetOf(shades));
}

bool isDark() {
  return darkFlag();
}

ThemeChoice themeFromText(const QString& text) {
  if (text == QLatin1String("dark")) {
    return ThemeChoice::kDark;
  }
  return text == QLatin1String("light") ? ThemeChoice::kLight : ThemeChoice::kSystem;
}

QString textOf(ThemeChoice choice) {
  switch (choice) {
    case ThemeChoice::kDark:
      return QStringLiteral("dark");
    case ThemeChoice::kLight:
      return QStringLiteral("light");
    case ThemeChoice::kSystem:
      break;
  }
  return QStringLiteral("system");
}

Colours colours() {
  if (isDark()) {
    return {.accent = QColor(0x56, 0xb4, 0xe9),
            .own = QColor(0x8a, 0x90, 0x9c),
            .flipped = QColor(0xe6, 0x9f, 0x00),
            .forced = QColor(0xf0, 0xe4, 0x42),
            .virtual_expert = QColor(0x00, 0xc8, 0x96),
            .banned = QColor(0xe8, 0x71, 0x1a),
            .good = QColor(0x00, 0xc8, 0x96),
            .error = QColor(0xff, 0x6b, 0x5e),
            .faint = darkShades().faint,
            .grid = darkShades().line};
  }
  return {.accent = QColor(0x00, 0x72, 0xb2),
          .own = QColor(0x9a, 0xa0, 0xaa),
          .flipped = QColor(0x9a, 0x5b, 0x00),
          .forced = QColor(0x84, 0x68, 0x00),
          .virtual_expert = QColor(0x00, 0x7a, 0x5a),
          .banned = QColor(0xb8, 0x46, 0x00),
          .good = QColor(0x00, 0x7a, 0x5a),
          .error = QColor(0xb3, 0x1d, 0x12),
          .faint = lightShades().faint,
          .grid = lightShades().line};
}

QColor surpriseColour(double probability) {
  if (!(probability >= 0) || probability > 0.9) {
    return {};
  }
  // -log10 p: 0.9 is nothing, one in a thousand is full.
  const double strength = std::clamp(-std::log10(std::max(probability, 1e-9)) / 3, 0.0, 1.0);
  QColor colour = isDark() ? QColor(0xe6, 0x9f, 0x00) : QColor(0xff, 0xa6, 0x1a);
  colour.setAlphaF(static_cast<float>(0.12 + 0.58 * strength));
  return colour;
}

QColor marginColour(double margin) {
  constexpr double kWide = 2.0;
  if (!(margin >= 0) || margin > kWide) {
    return {};
  }
  QColor colour = isDark() ? QColor(0xcc, 0x79, 0xa7) : QColor(0xd6, 0x6a, 0xa8);
  colour.setAlphaF(static_cast<float>(0.1 + 0.6 * (1 - margin / kWide)));
  return colour;
}

}  // namespace rs::ui
