// SPDX-License-Identifier: Apache-2.0
#include "ui/steering_edits.h"

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/experts/registry.h"
#include "core/routing/compile.h"

namespace rs::ui {
namespace {

using Experts = std::vector<std::int32_t>;

Edit editAt(std::string_view op, const GestureScope& scope) {
  Edit edit;
  edit.op = findEditOp(op);
  check(edit.op != nullptr, "a gesture's operation is registered");
  edit.where = {false, {scope.layer}};
  if (scope.token >= 0) {
    edit.positions = Experts{scope.token};
  }
  return edit;
}

bool isAt(const Edit& edit, std::string_view op, const GestureScope& scope) {
  const Edit wanted = editAt(op, scope);
  return edit.op == wanted.op && edit.where == wanted.where && edit.positions == wanted.positions && edit.on;
}

Experts* expertsOf(Edit& edit) {
  const auto found = edit.fields.find("experts");
  return found == edit.fields.end() ? nullptr : std::get_if<Experts>(&found->second);
}

}  // namespace

EditList withForce(EditList edits, const GestureScope& scope, int expert, std::vector<int> own) {
  for (Edit& edit : edits) {
    Experts* experts = isAt(edit, "force", scope) ? expertsOf(edit) : nullptr;
    if (experts != nullptr) {
      own.assign(experts->begin(), experts->end());
    }
  }
  std::erase_if(edits, [&](const Edit& edit) { return isAt(edit, "force", scope); });
  const std::size_t n_slots = std::max<std::size_t>(own.size(), 1);
  std::erase(own, expert);
  own.insert(own.begin(), expert);
  own.resize(n_slots);
  Edit force = editAt("force", scope);
  force.fields["experts"] = Experts(own.begin(), own.end());
  edits.push_back(std::move(force));
  return edits;
}

EditList withBan(EditList edits, const GestureScope& scope, int expert) {
  for (auto edit = edits.begin(); edit != edits.end(); ++edit) {
    Experts* experts = isAt(*edit, "ban", scope) ? expertsOf(*edit) : nullptr;
    if (experts == nullptr) {
      continue;
    }
    if (std::erase(*experts, expert) == 0) {
      experts->push_back(expert);
    }
    if (experts->empty()) {
      edits.erase(edit);
    }
    return edits;
  }
  Edit ban = editAt("ban", scope);
  ban.fields["experts"] = Experts{expert};
  edits.push_back(std::move(ban));
  return edits;
}

EditList withAdd(EditList edits, const GestureScope& scope, int expert, double value) {
  for (auto edit = edits.begin(); edit != edits.end(); ++edit) {
    const Experts* experts = isAt(*edit, "add", scope) ? expertsOf(*edit) : nullptr;
    if (experts == nullptr || *experts != Experts{expert}) {
      continue;
    }
    value += std::get<double>(edit->fields["value"]);
    if (value == 0) {
      edits.erase(edit);
    } else {
      edit->fields["value"] = value;
    }
    return edits;
  }
  Edit add = editAt("add", scope);
  add.fields["experts"] = Experts{expert};
  add.fields["value"] = value;
  edits.push_back(std::move(add));
  return edits;
}

EditList withoutExpert(EditList edits, const GestureScope& scope, int expert) {
  for (Edit& edit : edits) {
    for (const std::string_view op : {"ban", "add", "set", "force"}) {
      Experts* experts = isAt(edit, op, scope) ? expertsOf(edit) : nullptr;
      // A forced list is one decision: without one of its experts it would be another one, so it goes whole.
      if (experts != nullptr && std::find(experts->begin(), experts->end(), expert) != experts->end()) {
        if (op == "force") {
          experts->clear();
        } else {
          std::erase(*experts, expert);
        }
      }
    }
  }
  std::erase_if(edits, [](Edit& edit) {
    const Experts* experts = expertsOf(edit);
    return experts != nullptr && experts->empty();
  });
  return edits;
}

EditList withoutToken(EditList edits, int token) {
  std::erase_if(edits, [&](Edit& edit) {
    return edit.on && edit.positions.has_value() && std::erase(*edit.positions, token) > 0 &&
           edit.positions->empty();
  });
  return edits;
}

void checkSteering(const Steering& steering, const ModelConfig& config) {
  const UnembedRow any_row = [&](int) {
    return std::vector<float>(static_cast<std::size_t>(config.hidden), 1.0F);
  };
  static_cast<void>(compile(steering.edits, config, {any_row, 0, {}}));
  for (const std::string& specification : steering.virtual_experts) {
    const NamedVirtualExpert named = makeVirtualExpert(specification);
    static_cast<void>(layersOf(named.expert->push().layers, config.n_layers));
  }
}

}  // namespace rs::ui
