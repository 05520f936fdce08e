// SPDX-License-Identifier: Apache-2.0
#include "core/trace/trace.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <functional>
#include <limits>
#include <new>
#include <type_traits>
#include <utility>

#include "core/base/error.h"
#include "core/base/text.h"

namespace rs {
namespace {

bool hasSlots(SiteWidth width) {
  return width == SiteWidth::kSlots || width == SiteWidth::kSlotsByHidden;
}

std::uint64_t newId() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
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
    : config_(config), request_(std::move(request)), id_(newId()), max_positions_(max_positions) {
  resolve(program);
}

Trace::Trace(const Trace& old, const RoutingProgram& program, TraceRequest request, int n_positions,
             int max_positions)
    : config_(old.config_),
      request_(std::move(request)),
      id_(newId()),
      max_positions_(std::max(max_positions, old.size())),
      tokens_(old.tokens_.begin(), old.tokens_.begin() + n_positions) {
  resolve(program);
  std::vector<std::size_t> old_index;
  for (const Address& address : kept_) {
    const auto at = std::find(old.kept_.begin(), old.kept_.end(), address);
    check(at != old.kept_.end(), "a trace can only go on with what the other holds");
    old_index.push_back(static_cast<std::size_t>(at - old.kept_.begin()));
  }
  for (const auto& block : old.blocks_) {
    if (block->first_position >= old.size()) {
      break;
    }
    std::vector<std::shared_ptr<Piece>> pieces;
    for (std::size_t i = 0; i < kept_.size(); ++i) {
      const std::shared_ptr<Piece>& piece = block->pieces[old_index[i]];
      const int n_rows = std::min(old.size() - block->first_position, piece->n_rows);
      pieces.push_back(piece->row_elements == row_elements_[i]
                           ? piece
                           : copyPiece(i, *piece, block->first_position, n_rows));
    }
    blocks_.push_back(makeBlock(block->first_position, std::move(pieces)));
  }
  old.are_logits_shared_ = are_logits_shared_ = true;
  for (const auto& [position, row] : old.logits_) {
    if (position < n_positions) {
      logits_[position] = row;
    }
  }
}

void Trace::resolve(const RoutingProgram& program) {
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

std::shared_ptr<const Trace> Trace::view() const {
  are_logits_shared_ = true;
  std::shared_ptr<Trace> copy(new Trace(*this));
  copy->id_ = newId();
  return copy;
}

std::shared_ptr<const Trace> Trace::viewOver(const Trace& old, int layer) const {
  std::shared_ptr<Trace> copy(new Trace(*this));
  copy->id_ = newId();
  copy->tokens_ = old.tokens_;
  copy->logits_ = old.logits_;
  old.are_logits_shared_ = true;
  // What both hold; the budget for inputs of layers may have changed in between.
  std::erase_if(copy->kept_, [&](const Address& address) { return !old.has(address.site, address.layer); });
  std::erase_if(copy->request_.addresses,
                [&](const Address& address) { return !old.has(address.site, address.layer); });
  const auto pieceOf = [](const Trace& trace, std::size_t block, const Address& address) {
    const auto at = std::find(trace.kept_.begin(), trace.kept_.end(), address) - trace.kept_.begin();
    return trace.blocks_[block]->pieces[static_cast<std::size_t>(at)];
  };
  const auto at_work = size() >= old.size() ? blocks_.size() : static_cast<std::size_t>(size() / kTraceBlock);
  for (std::size_t block = at_work; block < std::min(blocks_.size(), old.blocks_.size()); ++block) {
    std::vector<std::shared_ptr<Piece>> pieces;
    for (const Address& address : copy->kept_) {
      const bool is_done = block == at_work && address.layer >= 0 && address.layer < layer;
      pieces.push_back(pieceOf(is_done ? *this : old, block, address));
    }
    copy->blocks_[block] = copy->makeBlock(old.blocks_[block]->first_position, std::move(pieces));
  }
  // Blocks that this trace has not come to yet.
  for (std::size_t block = blocks_.size(); block < old.blocks_.size(); ++block) {
    copy->blocks_.push_back(old.blocks_[block]);
  }
  return copy;
}

void Trace::drop(std::span<const Address> addresses) {
  const auto isDropped = [&](const Address& address) {
    return std::find(addresses.begin(), addresses.end(), address) != addresses.end();
  };
  std::vector<std::size_t> stay;
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    if (!isDropped(kept_[i])) {
      stay.push_back(i);
    }
  }
  const auto keepOf = [&](auto& list) {
    auto kept = std::remove_reference_t<decltype(list)>();
    for (const std::size_t i : stay) {
      kept.push_back(list[i]);
    }
    return kept;
  };
  row_elements_ = keepOf(row_elements_);
  std::vector<std::vector<std::shared_ptr<Piece>>> pieces;
  for (const auto& block : blocks_) {
    pieces.push_back(keepOf(block->pieces));
  }
  kept_ = keepOf(kept_);
  std::erase_if(request_.addresses, isDropped);
  for (std::size_t b = 0; b < blocks_.size(); ++b) {
    blocks_[b] = makeBlock(blocks_[b]->first_position, std::move(pieces[b]));
  }
}

std::uint64_t Trace::bytes() const {
  std::uint64_t sum = 0;
  for (const auto& block : blocks_) {
    for (const auto& piece : block->pieces) {
      sum += static_cast<std::uint64_t>(piece->row_elements * piece->n_rows) * 4;
    }
  }
  return sum;
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

std::shared_ptr<Trace::Piece> Trace::makePiece(std::size_t index, int first_position) const {
  auto piece = std::make_shared<Piece>(Piece{id_, rowsOf(first_position), row_elements_[index], nullptr});
  const auto bytes = static_cast<std::size_t>(piece->row_elements * piece->n_rows) * 4;
  piece->storage.reset(new (std::nothrow) std::byte[bytes]);
  if (piece->storage == nullptr) {
    throw Error(ErrorCode::kMemory, "capturing " + kept_[index].text() + " from position " +
                                        std::to_string(first_position) + " on: " + bytesText(bytes) +
                                        " more cannot be had; capture fewer addresses");
  }
  return piece;
}

std::shared_ptr<Trace::Piece> Trace::copyPiece(std::size_t index, const Piece& from, int first_position,
                                               int n_rows) const {
  auto piece = makePiece(index, first_position);
  const auto width = static_cast<std::size_t>(row_elements_[index]) * 4;
  const auto from_width = static_cast<std::size_t>(from.row_elements) * 4;
  const Site site = kept_[index].site;
  for (std::size_t row = 0; row < static_cast<std::size_t>(n_rows); ++row) {
    std::byte* to = piece->storage.get() + row * width;
    std::memcpy(to, from.storage.get() + row * from_width, std::min(width, from_width));
    for (std::size_t at = from_width; at < width; at += 4) {
      // As a pass fills columns that do not compete and slots that are not used.
      const float absent = site == Site::kRouterLogits ? -std::numeric_limits<float>::infinity() : 0.0F;
      const std::int32_t none = -1;
      std::memcpy(to + at, site == Site::kExpertIndices ? static_cast<const void*>(&none) : &absent, 4);
    }
  }
  return piece;
}

std::shared_ptr<Trace::Block> Trace::makeBlock(int first_position,
                                               std::vector<std::shared_ptr<Piece>> pieces) const {
  auto block =
      std::make_shared<Block>(Block{first_position, std::move(pieces), CaptureSinks(config_.n_layers)});
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    const Piece& piece = *block->pieces[i];
    block->sinks.set(kept_[i], Sink{piece.storage.get(), piece.row_elements, first_position, piece.n_rows});
  }
  return block;
}

void Trace::ownPieces(std::size_t block, int position, int first_layer) {
  const int first = blocks_[block]->first_position;
  const auto mustChange = [&](std::size_t i) {
    const Piece& piece = *blocks_[block]->pieces[i];
    const bool is_written = kept_[i].layer < 0 || kept_[i].layer >= first_layer;
    return is_written && (piece.writer != id_ || piece.n_rows < rowsOf(first));
  };
  std::vector<std::shared_ptr<Piece>> pieces = blocks_[block]->pieces;
  bool has_changed = false;
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    if (mustChange(i)) {
      pieces[i] = copyPiece(i, *pieces[i], first, position - first);
      has_changed = true;
    }
  }
  if (has_changed) {
    blocks_[block] = makeBlock(first, std::move(pieces));
  }
}

const CaptureSinks& Trace::sinksFor(int first_position, int first_layer) {
  check(first_position == size(), "a trace grows in order");
  const auto block = static_cast<std::size_t>(first_position / kTraceBlock);
  if (block < blocks_.size()) {
    ownPieces(block, first_position, first_layer);
  } else {
    std::vector<std::shared_ptr<Piece>> pieces;
    for (std::size_t i = 0; i < kept_.size(); ++i) {
      pieces.push_back(makePiece(i, first_position));
    }
    blocks_.push_back(makeBlock(first_position, std::move(pieces)));
  }
  return blocks_[block]->sinks;
}

void Trace::append(std::span<const std::int32_t> tokens) {
  tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
}

void Trace::appendLogits(std::span<const float> logits, int n_rows) {
  if (request_.logits == LogitsWanted::kNone || n_rows == 0) {
    return;
  }
  const auto vocab = static_cast<std::size_t>(config_.vocab);
  if (request_.logits == LogitsWanted::kLast) {
    keepLastLogits(logits.last(vocab));
    return;
  }
  for (int row = 0; row < n_rows; ++row) {
    const auto values = logits.subspan(static_cast<std::size_t>(row) * vocab, vocab);
    logits_[size() - n_rows + row] = std::make_shared<std::vector<float>>(values.begin(), values.end());
  }
}

void Trace::keepLastLogits(std::span<const float> row) {
  if (logits_.size() == 1 && !are_logits_shared_) {
    // The row of the token before makes room without a new allocation.
    auto node = logits_.extract(logits_.begin());
    node.key() = size() - 1;
    node.mapped()->assign(row.begin(), row.end());
    logits_.insert(std::move(node));
    return;
  }
  logits_.clear();
  logits_[size() - 1] = std::make_shared<std::vector<float>>(row.begin(), row.end());
  are_logits_shared_ = false;
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
  return found == logits_.end() ? std::span<const float>() : std::span<const float>(*found->second);
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
      append(row->data());
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
  // The k + 1 largest, descending; few are, so that an insertion is cheaper than sorting a copy.
  constexpr std::size_t kFew = 16;
  const std::size_t n = static_cast<std::size_t>(k) + 1;
  std::array<float, kFew> few{};
  std::vector<float> many(n > kFew ? n : 0);
  const std::span<float> best = n > kFew ? std::span(many) : std::span(few).first(n);
  std::fill(best.begin(), best.end(), -kNone);
  for (const float logit : logits) {
    std::size_t at = n;
    for (; at > 0 && logit > best[at - 1]; --at) {
      if (at < n) {
        best[at] = best[at - 1];
      }
    }
    if (at < n) {
      best[at] = logit;
    }
  }
  const float last_chosen = best[n - 2];
  const float next = best[n - 1];
  return next == -kNone ? kNone : last_chosen - next;
}

}  // namespace rs
