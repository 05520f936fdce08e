// SPDX-License-Identifier: Apache-2.0
//
// The memory that kept layer inputs may take: told in words, asked for, remembered for the next window.
//
// Thread: the window's.
#pragma once

#include <QString>

#include "ui/workbench.h"

class QWidget;

namespace rs::ui {

// "kept 3.2 of 256 MB"
[[nodiscard]] QString keptText(const KeptInputs& kept);
// What is kept now, what a token takes and how many fit.
[[nodiscard]] QString keptExplanation(const Snapshot& snapshot);

void askForKeptBudget(Workbench& workbench, QWidget* parent);
// What was asked for last; nothing if nobody did.
void restoreKeptBudget(Workbench& workbench);

}  // namespace rs::ui
