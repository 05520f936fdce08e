// SPDX-License-Identifier: Apache-2.0
//
// Where the named parts of a canvas were drawn last, so that tests and assistive tools find what has no
// widget.
#pragma once

#include <imgui.h>

#include <map>
#include <optional>
#include <string>

namespace rs::canvas {

// Logical pixels of the canvas.
struct ItemBox {
  float left = 0;
  float top = 0;
  float right = 0;
  float bottom = 0;
  [[nodiscard]] float width() const { return right - left; }
  [[nodiscard]] float height() const { return bottom - top; }
  [[nodiscard]] bool contains(ImVec2 at) const {
    return at.x >= left && at.x < right && at.y >= top && at.y < bottom;
  }
};

class ItemRegistry {
 public:
  void clear() { items_.clear(); }
  void note(const std::string& name, const ItemBox& box) { items_[name] = box; }
  [[nodiscard]] std::optional<ItemBox> find(const std::string& name) const {
    const auto it = items_.find(name);
    return it == items_.end() ? std::nullopt : std::optional(it->second);
  }
  [[nodiscard]] const std::map<std::string, ItemBox>& all() const { return items_; }

 private:
  std::map<std::string, ItemBox> items_;
};

}  // namespace rs::canvas
