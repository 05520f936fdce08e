// SPDX-License-Identifier: Apache-2.0
//
// A pane of the window. To add one: a file in ui/views and a line in ui/views/registered.inc; dock, menu
// entry, palette entry, layout, lock and help follow from its description.
//
// Thread: the window's.
#pragma once

#include <QIcon>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ui/cursor.h"
#include "ui/workbench.h"

class QWidget;

namespace rs::ui {

class ActionRegistry;

// What a pane shows: one snapshot, so that nothing in it disagrees, and the shared cursor.
struct Shown {
  std::shared_ptr<const Snapshot> snapshot;      // never null
  std::shared_ptr<const RunSnapshot> run;        // null: none yet
  std::shared_ptr<const RunSnapshot> reference;  // run A; null: none
  std::shared_ptr<const FirstLook> first_look;   // at steering that the engine has not run; null: none
  Cursor cursor;                                 // a locked pane keeps its own
  Cursor hover;
  TokenRange selection;
  int pin = -1;                                 // a token; -1: none
  std::shared_ptr<const TokenNames> tokenizer;  // null: tokens are shown as ids
  ExpertNames experts = {};                     // what the user called them

  [[nodiscard]] int size() const { return run == nullptr ? 0 : run->size(); }
  // Whether the cursor stands on a decision that the run holds.
  [[nodiscard]] bool hasDecision() const {
    return cursor.token >= 0 && cursor.token < size() && cursor.layer >= 0;
  }
};

// What a view is made with. Lifetime: both outlive the view.
struct ViewContext {
  Workbench& workbench;
  ActionRegistry& actions;
};

class View {
 public:
  virtual ~View() = default;
  // Lifetime: the widget belongs to whoever embeds it, and the view dies after it.
  [[nodiscard]] virtual QWidget& widget() = 0;
  // Called when something of it changed and the pane can be seen; must return within a frame.
  virtual void show(const Shown& shown) = 0;
  // How it shows things now, as options of its figure: name and value, as on the command line.
  [[nodiscard]] virtual std::vector<std::pair<std::string, std::string>> figureOptions() const { return {}; }
};

// Where a pane stands in the layout Explore.
enum class ViewArea : std::uint8_t { kLeft, kTop, kStrip, kCenter, kBottom, kRight, kRightBelow };

struct ViewInfo {
  std::string_view id = {};  // stable: layouts and scripts name it
  std::string_view title;
  std::string_view summary = {};   // one sentence: tooltip and docs
  std::string_view gestures = {};  // one a line, for `?`
  ViewArea area{};
  bool in_explore = true;  // shown by the layouts
  bool in_intervene = true;
  std::unique_ptr<View> (*create)(const ViewContext& context) = nullptr;
};

// In the order of registered.inc, which is that of the tabs.
[[nodiscard]] std::span<const ViewInfo> allViews();

// What every view file ends with: ViewInfo runsView() { return describeView<Runs>({.id = "runs", …}); }
template <typename T>
[[nodiscard]] ViewInfo describeView(ViewInfo info) {
  info.create = [](const ViewContext& context) -> std::unique_ptr<View> {
    return std::make_unique<T>(context);
  };
  return info;
}

}  // namespace rs::ui
