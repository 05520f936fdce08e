// SPDX-License-Identifier: Apache-2.0
//
// Colours: dark and light palettes, and what the panes mean by a colour.
//
// Source: Okabe and Ito's set for eight kinds that colour-blind readers can tell apart.
// Thread: the window's.
#pragma once

#include <QColor>
#include <QString>

namespace rs::ui {

enum class ThemeChoice { kSystem, kLight, kDark };

// Sets style, palette and style sheet of the application.
void applyTheme(ThemeChoice choice);
[[nodiscard]] bool isDark();
[[nodiscard]] ThemeChoice themeFromText(const QString& text);  // "dark", "light"; else system
[[nodiscard]] QString textOf(ThemeChoice choice);

struct Colours {
  QColor accent;  // what is chosen, by the model or by an edit
  QColor own;     // the model's own values beside edited ones
  QColor flipped;
  QColor forced;
  QColor virtual_expert;
  QColor banned;
  QColor good;
  QColor error;
  QColor faint;  // secondary text
  QColor grid;   // hair lines
};
[[nodiscard]] Colours colours();

// Background for a token by its probability: none for a sure one, stronger the less likely it was.
[[nodiscard]] QColor surpriseColour(double probability);
// The same for a margin: the nearer the decision was to another, the stronger.
[[nodiscard]] QColor marginColour(double margin);

}  // namespace rs::ui
