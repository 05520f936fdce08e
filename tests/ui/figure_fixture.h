// SPDX-License-Identifier: Apache-2.0
//
// What figures are drawn from in tests.
#pragma once

#include "ui/figures/figure_runs.h"

namespace rs::test {

// A session of two runs of the nano model over the same tokens: 1 as it is, 2 with an edit, a firing and an
// abstention.
[[nodiscard]] figures::FigureRuns twoRuns();

}  // namespace rs::test
