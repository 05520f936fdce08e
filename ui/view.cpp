// SPDX-License-Identifier: Apache-2.0
#include "ui/view.h"

#include <vector>

namespace rs::ui {

#define RS_VIEW(name) ViewInfo name##View();
#include "ui/views/registered.inc"
#undef RS_VIEW

std::span<const ViewInfo> allViews() {
  static const std::vector<ViewInfo> kViews{
#define RS_VIEW(name) name##View(),
#include "ui/views/registered.inc"
#undef RS_VIEW
  };
  return kViews;
}

}  // namespace rs::ui
