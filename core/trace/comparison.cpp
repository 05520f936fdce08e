// SPDX-License-Identifier: Apache-2.0
#include "core/trace/comparison.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <string_view>
#include <utility>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/engine/sampler.h"
#include "core/export/tensor_file_reader.h"

namespace rs {
namespace {

constexpr float kNone = -std::numeric_limits<float>::infinity();

class TraceSource final : public CaptureSource {
 public:
  explicit TraceSource(const Trace& trace) : trace_(trace) {}
  [[nodiscard]] std::vector<std::string> names() const override { return trace_.arrayNames(); }
  [[nodiscard]] NamedArray read(const std::string& name) const override { return trace_.gather(name); }

 private:
  const Trace& trace_;
};

class FileSource final : public CaptureSource {
 public:
  explicit FileSource(const TensorFileReader& file) : file_(file) {}
  [[nodiscard]] std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (const TensorView& array : file_.arrays()) {
      names.push_back(array.name);
    }
    return names;
  }
  [[nodiscard]] NamedArray read(const std::string& name) const override {
    const TensorView* found = file_.find(name);
    check(found != nullptr, "only arrays of the file are read");
    NamedArray array{name, found->dtype == DType::kI32, found->shape, {}};
    if (array.is_int || found->dtype == DType::kF32) {
      array.bytes.assign(found->bytes.begin(), found->bytes.end());
    } else if (found->dtype == DType::kF16 || found->dtype == DType::kBf16) {
      const std::vector<float> values = toFloat(*found);
      array.bytes.resize(values.size() * sizeof(float));
      std::memcpy(array.bytes.data(), values.data(), array.bytes.size());
    } else {
      throw Error(ErrorCode::kModel, "reading " + found->file + ": array '" + name +
                                         "': expected dtype I32, F32, F16 or BF16, found " +
                                         nameOf(found->dtype));
    }
    return array;
  }

 private:
  const TensorFileReader& file_;
};

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// "router_logits.3" -> 3 for the site router_logits.
std::optional<int> layerOf(const std::string& name, std::string_view site) {
  if (name.size() <= site.size() + 1 || name.compare(0, site.size(), site) != 0 || name[site.size()] != '.') {
    return std::nullopt;
  }
  int layer = 0;
  const char* end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data() + site.size() + 1, end, layer);
  return error == std::errc() && stop == end ? std::optional(layer) : std::nullopt;
}

// What fills the places that the narrower of two arrays lacks, for arrays whose width depends on the edits.
enum class Padding : std::uint8_t { kNotAllowed, kUnusedId, kZero, kNoColumn };

Padding paddingOf(const std::string& name) {
  const std::string_view site_name = std::string_view(name).substr(0, name.find('.'));
  for (const SiteInfo& site : allSites()) {
    if (site.name == site_name && site.is_layered) {
      if (site.width == SiteWidth::kColumns) {
        return Padding::kNoColumn;
      }
      if (site.width == SiteWidth::kSlots || site.width == SiteWidth::kSlotsByHidden) {
        return site.is_int ? Padding::kUnusedId : Padding::kZero;
      }
    }
  }
  return Padding::kNotAllowed;
}

std::int64_t elements(std::span<const std::int64_t> shape) {
  std::int64_t product = 1;
  for (const std::int64_t size : shape) {
    product *= size;
  }
  return product;
}

// The same array with `width` in its second dimension.
NamedArray widened(NamedArray array, std::int64_t width, Padding padding) {
  if (array.shape[1] == width) {
    return array;
  }
  const std::int64_t inner = elements(std::span<const std::int64_t>(array.shape).subspan(2)) * 4;
  const auto old_row = static_cast<std::size_t>(array.shape[1] * inner);
  const auto new_row = static_cast<std::size_t>(width * inner);
  const std::int32_t unused = -1;
  const float none = padding == Padding::kNoColumn ? kNone : 0.0F;
  std::vector<std::byte> bytes(static_cast<std::size_t>(array.shape[0]) * new_row);
  for (std::size_t at = 0; at < bytes.size(); at += 4) {
    std::memcpy(&bytes[at], padding == Padding::kUnusedId ? static_cast<const void*>(&unused) : &none, 4);
  }
  for (std::size_t row = 0; row < static_cast<std::size_t>(array.shape[0]); ++row) {
    std::copy_n(array.bytes.begin() + static_cast<std::ptrdiff_t>(row * old_row), old_row,
                bytes.begin() + static_cast<std::ptrdiff_t>(row * new_row));
  }
  array.shape[1] = width;
  array.bytes = std::move(bytes);
  return array;
}

// Rows first, then what is equal by nature: the rest of the shape.
struct Pair {
  NamedArray left, right;
  std::string problem;  // "": they fit
  [[nodiscard]] std::int64_t rowElements() const {
    return elements(std::span<const std::int64_t>(left.shape).subspan(1));
  }
};

Pair readPair(const CaptureSource& left, const CaptureSource& right, const std::string& name) {
  Pair pair{left.read(name), right.read(name), ""};
  NamedArray& a = pair.left;
  NamedArray& b = pair.right;
  const std::string shapes = "left has shape " + shapeText(a.shape) + ", right " + shapeText(b.shape);
  if (a.is_int != b.is_int) {
    pair.problem = std::string("left holds ") + (a.is_int ? "integers" : "floats") + ", right " +
                   (b.is_int ? "integers" : "floats");
    return pair;
  }
  if (a.shape.empty() || a.shape.size() != b.shape.size()) {
    pair.problem = shapes;
    return pair;
  }
  const Padding padding = paddingOf(name);
  if (padding != Padding::kNotAllowed && a.shape.size() > 1) {
    const std::int64_t width = std::max(a.shape[1], b.shape[1]);
    a = widened(std::move(a), width, padding);
    b = widened(std::move(b), width, padding);
  }
  if (!std::equal(a.shape.begin() + 1, a.shape.end(), b.shape.begin() + 1)) {
    pair.problem = shapes;
  }
  return pair;
}

template <typename T>
bool equalValues(T a, T b) {
  // NaN stands for itself: a file is equal to itself.
  return a == b || (a != a && b != b);
}

template <typename T>
ArrayDifference difference(const std::string& name, std::span<const T> a, std::span<const T> b,
                           std::int64_t row_elements) {
  ArrayDifference result{name, std::is_integral_v<T>, 0, 0, 0, 0, static_cast<std::int64_t>(a.size())};
  double squares = 0;
  double reference = 0;
  bool is_beyond = false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const auto x = static_cast<double>(a[i]);
    const auto y = static_cast<double>(b[i]);
    reference += std::isfinite(x) ? x * x : 0;
    if (equalValues(a[i], b[i])) {
      continue;
    }
    ++result.n_differing;
    is_beyond = is_beyond || std::is_integral_v<T> || !std::isfinite(x) || !std::isfinite(y);
    const double apart =
        std::isfinite(x) && std::isfinite(y) ? std::abs(x - y) : std::numeric_limits<double>::infinity();
    squares += std::isfinite(apart) ? apart * apart : 0;
    if (apart > result.largest) {
      result.largest = apart;
      result.row = static_cast<int>(static_cast<std::int64_t>(i) / row_elements);
    }
  }
  if (is_beyond || (squares > 0 && reference == 0)) {
    result.relative_rms = std::numeric_limits<double>::infinity();
  } else if (squares > 0) {
    result.relative_rms = std::sqrt(squares / reference);
  }
  return result;
}

ArrayDifference differenceOf(const Pair& pair, std::int64_t n_rows) {
  const std::int64_t row = pair.rowElements();
  const auto n = static_cast<std::size_t>(n_rows * row);
  if (pair.left.is_int) {
    return difference(pair.left.name, pair.left.ints().first(n), pair.right.ints().first(n), row);
  }
  return difference(pair.left.name, pair.left.floats().first(n), pair.right.floats().first(n), row);
}

class Comparer {
 public:
  Comparer(const CaptureSource& left, const CaptureSource& right, int top_k)
      : left_(left), right_(right), top_k_(top_k) {}

  Comparison run() {
    const std::vector<std::string> left_names = left_.names();
    const std::vector<std::string> right_names = right_.names();
    for (const std::string& name : left_names) {
      (contains(right_names, name) ? common_ : result_.left_only).push_back(name);
    }
    for (const std::string& name : right_names) {
      if (!contains(left_names, name)) {
        result_.right_only.push_back(name);
      }
    }
    if (common_.empty()) {
      throw Error(ErrorCode::kUsage,
                  format("comparing captures: expected an array that both hold, found none (left %zu "
                         "arrays, right %zu); capture the same addresses",
                         left_names.size(), right_names.size()));
    }
    comparePositions();
    for (const std::string& name : common_) {
      if (name == "logits") {
        compareLogits();
      } else if (name != "tokens") {
        compareArray(name);
      }
    }
    std::sort(result_.layers.begin(), result_.layers.end(),
              [](const LayerFlips& a, const LayerFlips& b) { return a.layer < b.layer; });
    return std::move(result_);
  }

 private:
  // How many positions ran over the same tokens. Without tokens: as many as the shorter array of all has.
  void comparePositions() {
    if (!contains(common_, "tokens")) {
      result_.left_positions = rowsOf(left_);
      result_.right_positions = rowsOf(right_);
      result_.n_positions = std::min(result_.left_positions, result_.right_positions);
      return;
    }
    const NamedArray a = left_.read("tokens");
    const NamedArray b = right_.read("tokens");
    if (!a.is_int || !b.is_int) {
      throw Error(ErrorCode::kModel, "comparing captures: array 'tokens': expected I32, found floats");
    }
    result_.left_positions = static_cast<int>(a.ints().size());
    result_.right_positions = static_cast<int>(b.ints().size());
    const auto [at, ignored] =
        std::mismatch(a.ints().begin(), a.ints().end(), b.ints().begin(), b.ints().end());
    result_.n_positions = static_cast<int>(at - a.ints().begin());
    if (result_.n_positions < std::min(result_.left_positions, result_.right_positions)) {
      result_.first_other_token = result_.n_positions;
    }
  }

  int rowsOf(const CaptureSource& source) const {
    std::int64_t rows = 0;
    for (const std::string& name : common_) {
      const NamedArray array = source.read(name);
      rows = std::max(rows, array.shape.empty() ? 0 : array.shape[0]);
    }
    return static_cast<int>(rows);
  }

  void compareArray(const std::string& name) {
    const Pair pair = readPair(left_, right_, name);
    if (!pair.problem.empty()) {
      result_.mismatches.push_back({name, pair.problem});
      return;
    }
    if (pair.left.shape[0] != result_.left_positions || pair.right.shape[0] != result_.right_positions) {
      result_.mismatches.push_back(
          {name,
           format("expected a row for each of %d and %d tokens, found %lld and %lld", result_.left_positions,
                  result_.right_positions, static_cast<long long>(pair.left.shape[0]),
                  static_cast<long long>(pair.right.shape[0]))});
      return;
    }
    result_.arrays.push_back(differenceOf(pair, result_.n_positions));
    if (const std::optional<int> layer = layerOf(name, "expert_indices"); layer && pair.left.is_int) {
      countFlips(*layer, pair);
    }
  }

  static std::vector<std::int32_t> decision(std::span<const std::int32_t> row) {
    std::vector<std::int32_t> ids;
    std::copy_if(row.begin(), row.end(), std::back_inserter(ids), [](std::int32_t id) { return id >= 0; });
    return ids;
  }

  void countFlips(int layer, const Pair& pair) {
    const auto width = static_cast<std::size_t>(pair.rowElements());
    LayerFlips flips{layer, result_.n_positions, 0};
    for (int position = 0; position < result_.n_positions; ++position) {
      const std::size_t at = static_cast<std::size_t>(position) * width;
      std::vector<std::int32_t> left = decision(pair.left.ints().subspan(at, width));
      std::vector<std::int32_t> right = decision(pair.right.ints().subspan(at, width));
      if (std::is_permutation(left.begin(), left.end(), right.begin(), right.end())) {
        continue;
      }
      ++flips.flips;
      const bool is_first = !result_.first || std::pair(position, layer) <
                                                  std::pair(result_.first->position, result_.first->layer);
      if (is_first) {
        result_.first = {position, layer, std::move(left), std::move(right), {}, {}};
      }
    }
    if (result_.first && result_.first->layer == layer) {
      result_.first->left_margin = marginOf(left_, result_.first->left);
      result_.first->right_margin = marginOf(right_, result_.first->right);
    }
    result_.layers.push_back(flips);
  }

  std::optional<float> marginOf(const CaptureSource& source, const std::vector<std::int32_t>& chosen) const {
    const std::string name = "router_logits." + std::to_string(result_.first->layer);
    if (!contains(source.names(), name)) {
      return std::nullopt;
    }
    const NamedArray logits = source.read(name);
    if (logits.is_int || logits.shape.size() != 2 || result_.first->position >= logits.shape[0]) {
      return std::nullopt;
    }
    const auto width = static_cast<std::size_t>(logits.shape[1]);
    const auto row =
        logits.floats().subspan(static_cast<std::size_t>(result_.first->position) * width, width);
    return decisionMargin(row, top_k_ > 0 ? top_k_ : static_cast<int>(chosen.size()));
  }

  // Rows are all positions or the last alone.
  void compareLogits() {
    const Pair pair = readPair(left_, right_, "logits");
    if (!pair.problem.empty() || pair.left.is_int || pair.left.shape.size() != 2) {
      result_.mismatches.push_back(
          {"logits", pair.problem.empty() ? "expected floats in two dimensions" : pair.problem});
      return;
    }
    if (pair.left.shape[0] > result_.left_positions || pair.right.shape[0] > result_.right_positions) {
      result_.mismatches.push_back({"logits", "more rows than tokens"});
      return;
    }
    const auto vocab = static_cast<std::size_t>(pair.left.shape[1]);
    const auto first_left = static_cast<int>(result_.left_positions - pair.left.shape[0]);
    const auto first_right = static_cast<int>(result_.right_positions - pair.right.shape[0]);
    const auto rowAt = [vocab](const NamedArray& array, int row) {
      return array.floats().subspan(static_cast<std::size_t>(row) * vocab, vocab);
    };
    std::vector<float> left_rows;
    std::vector<float> right_rows;
    const int first = std::max(first_left, first_right);
    for (int position = first; position < result_.n_positions; ++position) {
      const auto a = rowAt(pair.left, position - first_left);
      const auto b = rowAt(pair.right, position - first_right);
      result_.divergences.push_back({position, divergence(a, b), argmax(a) != argmax(b)});
      left_rows.insert(left_rows.end(), a.begin(), a.end());
      right_rows.insert(right_rows.end(), b.begin(), b.end());
    }
    if (left_rows.empty()) {
      result_.mismatches.push_back({"logits", "no position of which both have them"});
      return;
    }
    result_.arrays.push_back(difference<float>("logits", left_rows, right_rows, pair.left.shape[1]));
    result_.arrays.back().row += first;
  }

  const CaptureSource& left_;
  const CaptureSource& right_;
  int top_k_;
  std::vector<std::string> common_;
  Comparison result_;
};

}  // namespace

std::unique_ptr<CaptureSource> sourceOf(const Trace& trace) {
  return std::make_unique<TraceSource>(trace);
}

std::unique_ptr<CaptureSource> sourceOf(const TensorFileReader& file) {
  return std::make_unique<FileSource>(file);
}

const ArrayDifference* Comparison::worst() const {
  const auto found = std::max_element(
      arrays.begin(), arrays.end(),
      [](const ArrayDifference& a, const ArrayDifference& b) { return a.relative_rms < b.relative_rms; });
  return found == arrays.end() ? nullptr : &*found;
}

Comparison compareCaptures(const CaptureSource& left, const CaptureSource& right, int top_k) {
  return Comparer(left, right, top_k).run();
}

}  // namespace rs
