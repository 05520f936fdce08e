// SPDX-License-Identifier: Apache-2.0
#include "ui/reading/run_comparison.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rs::ui {
namespace {

class RoutingOnly final : public CaptureSource {
 public:
  explicit RoutingOnly(const Trace& trace) : all_(sourceOf(trace)) {}

  [[nodiscard]] std::vector<std::string> names() const override {
    std::vector<std::string> routing;
    for (std::string& name : all_->names()) {
      if (name == "tokens" || name.rfind("expert_indices.", 0) == 0 || name.rfind("router_logits.", 0) == 0) {
        routing.push_back(std::move(name));
      }
    }
    return routing;
  }
  [[nodiscard]] NamedArray read(const std::string& name) const override { return all_->read(name); }

 private:
  std::unique_ptr<CaptureSource> all_;
};

}  // namespace

Comparison compareRouting(const Trace& a, const Trace& b) {
  return compareCaptures(RoutingOnly(a), RoutingOnly(b), a.config().top_k);
}

}  // namespace rs::ui
