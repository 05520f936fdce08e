// SPDX-License-Identifier: Apache-2.0
#include "core/trace/trace.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <new>
#include <utility>

#include "core/base/error.h"
#include "core/base/text.h"

namespace rs {
namespace {

bool hasSlots(SiteWidth width) {
  return width == SiteWidth::kSlots || width == SiteWidth::kSlotsByHidden;
}

}  // namespace

std::int64_t rowElements(Address address, const ModelConfig& config, const RoutingProgram& program) {
  const std::int64_t hidden = config.hidden;
  switch (infoOf(address.site).width) {
    case SiteWidth::kOne:
      return 1;
    case SiteWidth::kHidden:
      return hidden;
    case SiteWidth::kQuery:
      return config.queryWidth();
    case SiteWidth::kKey:
      return config.keyWidth();
    case SiteWidth::kHeads:
      return config.n_heads;
    case SiteWidth::kExperts:
      return config.n_experts;
    case SiteWidth::kColumns:
      return config.n_experts + program.layer(address.layer).n_columns;
    case SiteWidth::kOwnSlots:
      return config.top_k;
    case SiteWidth::kSlots:
      return program.layer(address.layer).max_slots;
    case SiteWidth::kSlotsByHidden:
      return program.layer(address.layer).max_slots * hidden;
  }
  return 0;
}

Trace::Trace(const ModelConfig& config, const RoutingProgram& program, TraceRequest request,
             int max_positions)
    : config_(config), request_(std::move(request)), max_positions_(max_positions) {
  kept_ = request_.addresses;
  for (const Address& address : request_.addresses) {
    const Address indices{Site::kExpertIndices, address.layer};
    if (hasSlots(infoOf(address.site).width) &&
        std::find(kept_.begin(), kept_.end(), indices) == kept_.end()) {
      kept_.push_back(indices);  // tells which slots are in use, asked for or not
    }
  }
  for (const Address& address : kept_) {
    row_elements_.push_back(rowElements(address, config_, program));
  }
}

std::uint64_t Trace::bytesNeeded(const ModelConfig& config, const RoutingProgram& program,
                                 const TraceRequest& request, int n_positions) {
  std::uint64_t elements = 0;
  for (const Address& address : request.addresses) {
    elements += static_cast<std::uint64_t>(rowElements(address, config, program));
  }
  const auto positions = static_cast<std::uint64_t>(n_positions);
  const std::uint64_t logit_rows = request.logits == LogitsWanted::kAll ? positions : 1;
  return 4 * (elements * positions + logit_rows * static_cast<std::uint64_t>(config.vocab));
}

void Trace::addBlock(int first_position) {
  auto block =
      std::make_shared<Block>(Block{first_position, std::min(kTraceBlock, max_positions_ - first_position),
                                    nullptr, CaptureSinks(config_.n_layers)});
  std::size_t bytes = 0;
  for (const std::int64_t elements : row_elements_) {
    bytes += static_cast<std::size_t>(elements * block->n_rows) * 4;
  }
  block->storage.reset(new (std::nothrow) std::byte[bytes]);
  if (block->storage == nullptr) {
    throw Error(ErrorCode::kMemory, "capturing positions from " + std::to_string(first_position) + " on: " +
                                        bytesText(bytes) + " more cannot be had; capture fewer addresses");
  }
  std::size_t at = 0;
  for (std::size_t i = 0; i < row_elements_.size(); ++i) {
    block->sinks.set(kept_[i],
                     Sink{block->storage.get() + at, row_elements_[i], first_position, block->n_rows});
    at += static_cast<std::size_t>(row_elements_[i] * block->n_rows) * 4;
  }
  blocks_.push_back(std::move(block));
}

const CaptureSinks& Trace::sinksFor(int first_position) {
  check(first_position == size(), "a trace grows in order");
  if (static_cast<std::size_t>(first_position / kTraceBlock) == blocks_.size()) {
    addBlock(first_position);
  }
  return blocks_.back()->sinks;
}

void Trace::append(std::span<const std::int32_t> tokens) {
  tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
}

void Trace::appendLogits(std::span<const float> logits, int n_rows) {
  if (request_.logits == LogitsWanted::kNone || n_rows == 0) {
    return;
  }
  if (request_.logits == LogitsWanted::kLast) {
    logits_.clear();
  }
  const auto vocab = static_cast<std::size_t>(config_.vocab);
  const int kept = request_.logits == LogitsWanted::kLast ? 1 : n_rows;
  for (int row = n_rows - kept; row < n_rows; ++row) {
    const auto values = logits.subspan(static_cast<std::size_t>(row) * vocab, vocab);
    logits_[size() - n_rows + row].assign(values.begin(), values.end());
  }
}

bool Trace::has(Site site, int layer) const {
  return std::find(kept_.begin(), kept_.end(), Address{site, layer}) != kept_.end();
}

std::span<const float> Trace::floats(Site site, int layer, int position) const {
  const CaptureSinks& sinks = blockOf(position).sinks;
  return {sinks.floats(site, layer, position), static_cast<std::size_t>(sinks.at(site, layer).row_elements)};
}

std::span<const std::int32_t> Trace::ints(Site site, int layer, int position) const {
  const CaptureSinks& sinks = blockOf(position).sinks;
  return {sinks.ints(site, layer, position), static_cast<std::size_t>(sinks.at(site, layer).row_elements)};
}

std::span<const float> Trace::logitsAt(int position) const {
  const auto found = logits_.find(position);
  return found == logits_.end() ? std::span<const float>() : std::span<const float>(found->second);
}

int Trace::widestDecision(int layer) const {
  std::ptrdiff_t widest = 0;
  for (int position = 0; position < size(); ++position) {
    const auto row = ints(Site::kExpertIndices, layer, position);
    widest = std::max(widest, std::count_if(row.begin(), row.end(), [](std::int32_t id) { return id >= 0; }));
  }
  return static_cast<int>(widest);
}

std::vector<std::string> Trace::arrayNames() const {
  std::vector<std::string> names{"tokens"};
  for (const Address& address : request_.addresses) {
    names.push_back(address.text());
  }
  if (request_.logits != LogitsWanted::kNone) {
    names.emplace_back("logits");
  }
  return names;
}

Address Trace::findAddress(const std::string& name) const {
  for (const Address& address : request_.addresses) {
    if (address.text() == name) {
      return address;
    }
  }
  throw Error(ErrorCode::kUsage,
              "reading a trace: it holds no '" + name + "'" + didYouMean(name, arrayNames()));
}

bool Trace::isInt(const std::string& name) const {
  return name == "tokens" || (name != "logits" && infoOf(findAddress(name).site).is_int);
}

std::vector<std::int64_t> Trace::shapeOf(const std::string& name) const {
  if (name == "tokens") {
    return {size()};
  }
  if (name == "logits") {
    return {static_cast<std::int64_t>(logits_.size()), config_.vocab};
  }
  const Address address = findAddress(name);
  switch (infoOf(address.site).width) {
    case SiteWidth::kQuery:
      return {size(), config_.n_heads, config_.head_dim};
    case SiteWidth::kKey:
      return {size(), config_.n_kv_heads, config_.head_dim};
    case SiteWidth::kSlots:
      return {size(), widestDecision(address.layer)};
    case SiteWidth::kSlotsByHidden:
      return {size(), widestDecision(address.layer), config_.hidden};
    default:
      return {size(), blocks_.empty() ? 0 : blocks_[0]->sinks.at(address.site, address.layer).row_elements};
  }
}

NamedArray Trace::gather(const std::string& name) const {
  NamedArray array{name, isInt(name), shapeOf(name), {}};
  std::size_t row_bytes = 4;
  for (std::size_t i = 1; i < array.shape.size(); ++i) {
    row_bytes *= static_cast<std::size_t>(array.shape[i]);
  }
  array.bytes.resize(row_bytes * static_cast<std::size_t>(array.shape[0]));
  std::byte* out = array.bytes.data();
  const auto append = [&](const void* row) {
    std::memcpy(out, row, row_bytes);
    out += row_bytes;
  };
  if (name == "tokens") {
    for (const std::int32_t token : tokens_) {
      append(&token);
    }
  } else if (name == "logits") {
    for (const auto& [position, row] : logits_) {
      append(row.data());
    }
  } else {
    const Address address = findAddress(name);
    for (int position = 0; position < size(); ++position) {
      append(blockOf(position).sinks.floats(address.site, address.layer, position));
    }
  }
  return array;
}

float decisionMargin(std::span<const float> logits, int k) {
  constexpr float kNone = std::numeric_limits<float>::infinity();
  if (k < 1 || k >= static_cast<int>(logits.size())) {
    return kNone;
  }
  std::vector<float> sorted(logits.begin(), logits.end());
  std::nth_element(sorted.begin(), sorted.begin() + k, sorted.end(), std::greater<>());
  const float next = sorted[static_cast<std::size_t>(k)];
  const float last_chosen = *std::min_element(sorted.begin(), sorted.begin() + k);
  return next == -kNone ? kNone : last_chosen - next;
}

}  // namespace rs
