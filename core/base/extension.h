// SPDX-License-Identifier: Apache-2.0
//
// How an extension (virtual expert, edit kind, criterion, probe, …) describes itself: an id, a title, one
// sentence and its options. Command line, help, JSON, forms and docs are derived from this description.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rs {

// One of a few names; value is the index of the name.
struct Choice {
  std::span<const std::string_view> names;
  int value = 0;
  [[nodiscard]] std::string_view name() const { return names[static_cast<std::size_t>(value)]; }
};

// A run of layers, both ends included. Negative numbers count from the end: -1 is the last layer.
struct LayerSpan {
  int first = 0;
  int last = -1;
};

// Errors: throws Error{kUsage} naming the span and the model's number of layers if it does not fit.
[[nodiscard]] std::vector<int> layersOf(LayerSpan span, int n_layers);

struct IntRange {
  int min = 0;
  int max = 0;
};
struct RealRange {
  double min = 0;
  double max = 0;
};

// Walks over the options of an extension. A range includes both ends.
class ParamVisitor {
 public:
  virtual ~ParamVisitor() = default;
  virtual void operator()(int& value, std::string_view name, std::string_view help, IntRange range) = 0;
  virtual void operator()(double& value, std::string_view name, std::string_view help, RealRange range) = 0;
  virtual void operator()(bool& value, std::string_view name, std::string_view help) = 0;
  virtual void operator()(Choice& value, std::string_view name, std::string_view help) = 0;
  virtual void operator()(LayerSpan& value, std::string_view name, std::string_view help) = 0;
};

// One kind of extension object that can be made; Interface has the virtual method visit(ParamVisitor&).
template <typename Interface>
struct Extension {
  std::string_view id;       // stable; stored in sessions and scripts, never renamed
  std::string_view title;    // shown to the user
  std::string_view summary;  // one sentence: tooltip, command line help, docs
  std::unique_ptr<Interface> (*create)();
};

template <typename Interface, typename Impl>
[[nodiscard]] Extension<Interface> describe() {
  return {Impl::kId, Impl::kTitle, Impl::kSummary,
          []() -> std::unique_ptr<Interface> { return std::make_unique<Impl>(); }};
}

// An option as text, for help, docs and JSON.
struct ParamInfo {
  std::string name;
  std::string type;   // integer, number, yes|no, layers, or the names of a choice: reserve|force
  std::string value;  // as it would be written on the command line
  std::string help;
  std::string range;  // 0..1, or empty
};

// Collects the options of an object.
class ParamLister final : public ParamVisitor {
 public:
  void operator()(int& value, std::string_view name, std::string_view help, IntRange range) override;
  void operator()(double& value, std::string_view name, std::string_view help, RealRange range) override;
  void operator()(bool& value, std::string_view name, std::string_view help) override;
  void operator()(Choice& value, std::string_view name, std::string_view help) override;
  void operator()(LayerSpan& value, std::string_view name, std::string_view help) override;
  [[nodiscard]] const std::vector<ParamInfo>& params() const { return params_; }

 private:
  std::vector<ParamInfo> params_;
};

// Sets one option from text: construct, let the object be visited, call finish().
//
// Errors: Error{kUsage} naming owner, option, expected and found: from the visit for a value that does not
//         parse or is out of range, from finish() for a name that no option has, with the nearest names.
class ParamSetter final : public ParamVisitor {
 public:
  ParamSetter(std::string owner, std::string name, std::string text)
      : owner_(std::move(owner)), name_(std::move(name)), text_(std::move(text)) {}
  void operator()(int& value, std::string_view name, std::string_view help, IntRange range) override;
  void operator()(double& value, std::string_view name, std::string_view help, RealRange range) override;
  void operator()(bool& value, std::string_view name, std::string_view help) override;
  void operator()(Choice& value, std::string_view name, std::string_view help) override;
  void operator()(LayerSpan& value, std::string_view name, std::string_view help) override;
  void finish() const;

 private:
  [[nodiscard]] bool wanted(std::string_view name);
  [[noreturn]] void refuse(const std::string& expected) const;

  std::string owner_;
  std::string name_;
  std::string text_;
  bool found_ = false;
  std::vector<std::string> known_;
};

}  // namespace rs
