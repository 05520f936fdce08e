// SPDX-License-Identifier: Apache-2.0
//
// Stands in for figures in a build without Qt.
#include "app/gui/figures.h"
#include "core/base/error.h"

namespace rs::app {

std::string figureHelp() {
  return "This build draws no figures: it was made without Qt (RS_GUI is off).\n";
}

int makeFigure(const FigureCall& /*call*/, const Console& /*console*/) {
  throw Error(
      ErrorCode::kUnsupported,
      "drawing a figure: this build has no figures (RS_GUI is off); build it with the window, or take "
      "the numbers with `routescope session export`");
}

}  // namespace rs::app
