// SPDX-License-Identifier: Apache-2.0
#include "core/backend/cpu/cpu_backend.h"

#include <algorithm>
#include <cmath>
#include <thread>

#include "core/backend/cpu/cpu_state.h"
#include "core/backend/cpu/isa.h"
#include "core/base/error.h"
#include "core/base/text.h"

namespace rs {
namespace cpu {
namespace {

int threadCount(int wanted) {
  return wanted > 0 ? wanted : static_cast<int>(std::max(std::thread::hardware_concurrency(), 1U));
}

std::span<float> rowSpan(const Rows& rows, int row) {
  return {rows.row(row), static_cast<std::size_t>(rows.width())};
}

}  // namespace

CpuBackend::CpuBackend(std::shared_ptr<const Weights> weights, const BackendOptions& options, Isa isa)
    : weights_(std::move(weights)),
      config_(weights_->config()),
      isa_(isa),
      precision_(options.precision),
      kernels_(kernelsOf(isa, options.precision)),
      pool_(threadCount(options.n_threads)),
      model_(packModel(*weights_, pool_, options.progress)),
      no_edits_(config_.n_layers, config_.n_experts, config_.top_k, config_.hidden),
      program_(&no_edits_) {}

// ---- room ----

void CpuBackend::reserve(int max_positions, int max_chunk) {
  check(max_positions > 0 && max_chunk > 0, "room for at least one token");
  max_positions_ = max_positions;
  max_chunk_ = max_chunk;
  n_cached_ = highest_ = n_tokens_ = n_logit_rows_ = 0;
  rope_ = RopeTable(config_, max_positions);
  caches_.clear();
  for (int layer = 0; layer < config_.n_layers; ++layer) {
    const int window = config_.is_sliding[static_cast<std::size_t>(layer)] ? config_.window : 0;
    caches_.emplace_back(LayerCache::Dims{config_.n_kv_heads, config_.head_dim, window}, max_positions,
                         max_chunk + n_rewind_);
  }
  const auto rows = [&](int width) { return Rows(max_chunk, width, "the values of one chunk"); };
  for (Rows* hidden :
       {&residual_, &residual_pre_, &attention_in_, &attention_out_, &mlp_in_, &moe_out_, &final_norm_}) {
    *hidden = rows(config_.hidden);
  }
  qkv_ = rows(model_.layers.front().qkv.nRows());
  mixed_ = rows(config_.queryWidth());
  sink_mass_ = rows(config_.n_heads);
  router_raw_ = rows(config_.n_experts);
  own_weights_ = rows(config_.top_k);
  prepared_ = rows(config_.hidden);
  const auto n_rows = static_cast<std::size_t>(max_chunk);
  own_ids_ = Buffer<std::int32_t>(n_rows * static_cast<std::size_t>(config_.top_k), "decisions");
  logits_ = Buffer<float>(n_rows * static_cast<std::size_t>(config_.vocab), "logits");
  n_slots_ = n_columns_ = 0;
  reserveSlots();
}

int CpuBackend::slotsOf(int layer) const {
  // Rows of a capture are exactly this wide: edits can make every decision narrower than the model's k.
  return program_->layer(layer).max_slots;
}

void CpuBackend::reserveSlots() {
  int n_slots = std::max(n_slots_, config_.top_k);
  int n_columns = std::max(n_columns_, config_.n_experts);
  for (int layer = 0; layer < config_.n_layers; ++layer) {
    n_slots = std::max(n_slots, slotsOf(layer));
    n_columns = std::max(n_columns, config_.n_experts + program_->layer(layer).n_columns);
  }
  if (max_chunk_ == 0 || (n_slots == n_slots_ && n_columns == n_columns_)) {
    return;
  }
  n_slots_ = n_slots;
  n_columns_ = n_columns;
  slot_weights_ = Rows(max_chunk_, n_slots, "decisions");
  ids_ = Buffer<std::int32_t>(static_cast<std::size_t>(max_chunk_) * static_cast<std::size_t>(n_slots),
                              "decisions");
  router_ = Rows(max_chunk_, n_columns, "router logits");
  scratch_.resize(static_cast<std::size_t>(pool_.size()));
  for (DecisionScratch& scratch : scratch_) {
    scratch.reserve(n_columns + n_slots);
  }
  // Wide decisions run some tokens at a time, so that their outputs stay within bounds.
  constexpr int kMaxEntries = 2048;
  n_batch_ = std::clamp(kMaxEntries / n_slots, 1, max_chunk_);
  const int n_entries = n_batch_ * n_slots;
  activated_ = Rows(n_entries, config_.inner, "the inner values of experts");
  expert_out_ = Rows(n_entries, config_.hidden, "the outputs of experts");
  groups_.next_entry.reserve(static_cast<std::size_t>(config_.n_experts) + 1);
  groups_.groups.reserve(static_cast<std::size_t>(config_.n_experts));
  groups_.entry_of_slot.resize(static_cast<std::size_t>(n_entries));
  x_.resize(static_cast<std::size_t>(std::max(n_entries, max_chunk_)));
  y_.resize(x_.size());
  const int widest = std::max({config_.hidden, config_.queryWidth(), n_columns, n_slots});
  read_ = Buffer<float>(static_cast<std::size_t>(max_chunk_) * static_cast<std::size_t>(widest), "reading");
}

void CpuBackend::setProgram(const RoutingProgram* program) {
  program_ = program == nullptr ? &no_edits_ : program;
  reserveSlots();
}

void CpuBackend::setCapture(const CaptureSinks* sinks) {
  sinks_ = sinks;
}

bool CpuBackend::rewind(int n) {
  check(n >= 0 && n <= n_cached_, "positions can only be forgotten");
  const auto holds = [&](const LayerCache& cache) { return cache.holdsWindowBefore(n, highest_); };
  if (!std::all_of(caches_.begin(), caches_.end(), holds)) {
    return false;
  }
  n_cached_ = n;
  highest_ = n == 0 ? 0 : highest_;
  return true;
}

// ---- capture ----

void CpuBackend::keep(Site site, int layer, int token, std::span<const float> values) const {
  if (sinks_ == nullptr) {
    return;
  }
  if (float* row = sinks_->floats(site, layer, n_cached_ + token); row != nullptr) {
    std::copy(values.begin(), values.end(), row);
  }
}

void CpuBackend::keepIds(Site site, int layer, int token, std::span<const std::int32_t> ids) const {
  if (sinks_ == nullptr) {
    return;
  }
  if (std::int32_t* row = sinks_->ints(site, layer, n_cached_ + token); row != nullptr) {
    std::copy(ids.begin(), ids.end(), row);
  }
}

// ---- what several phases do ----

void CpuBackend::multiply(const DenseMatrix& matrix, const Rows& in, const Rows& out) {
  const auto n = static_cast<std::size_t>(n_tokens_);
  for (std::size_t token = 0; token < n; ++token) {
    x_[token] = in.row(static_cast<int>(token));
    y_[token] = out.row(static_cast<int>(token));
  }
  pool_.forRange(matrix.nTiles(), [&](int begin, int end, int) {
    matrix.multiply(kernels_, {begin, end}, std::span(x_).first(n), std::span(y_).first(n));
  });
}

void CpuBackend::editResidual(ResidualSite site, int layer, int token) {
  applyResidualEdits(*program_, layer, site, n_cached_ + token, rowSpan(residual_, token));
}

void CpuBackend::norm(std::span<const float> gain, const Rows& out, int token) {
  kernels_.rms_norm(residual_.row(token), gain.data(), static_cast<float>(config_.norm_eps), config_.hidden,
                    out.row(token));
}

// ---- phases ----

void CpuBackend::embed(std::span<const std::int32_t> tokens) {
  n_tokens_ = static_cast<int>(tokens.size());
  check(n_tokens_ > 0 && n_tokens_ <= max_chunk_ && n_cached_ + n_tokens_ <= max_positions_,
        "a chunk fits into what was reserved");
  highest_ = std::max(highest_, n_cached_ + n_tokens_);
  attention_layer_ = route_layer_ = experts_layer_ = -1;
  holds_embedding_ = true;
  holds_final_norm_ = false;
  pool_.forRange(n_tokens_, [&](int begin, int end, int) {
    for (int token = begin; token < end; ++token) {
      rowToFloat(weights_->embedding(), tokens[static_cast<std::size_t>(token)], rowSpan(residual_, token));
      keep(Site::kEmbed, -1, token, rowSpan(residual_, token));
    }
  });
}

// Rotates, stores and keeps one token's queries, keys and values.
void CpuBackend::placeToken(int layer, int token) {
  const DenseMatrix& matrix = packed(layer).qkv;
  const int position = n_cached_ + token;
  const int width = config_.head_dim;
  float* queries = qkv_.row(token);
  float* keys = queries + matrix.partBegin(1);
  float* values = queries + matrix.partBegin(2);
  for (int head = 0; head < config_.n_heads; ++head) {
    rope_.turn(queries + head * width, position);
  }
  for (int head = 0; head < config_.n_kv_heads; ++head) {
    rope_.turn(keys + head * width, position);
    caches_[static_cast<std::size_t>(layer)].put(head, position, keys + head * width, values + head * width);
  }
  keep(Site::kQ, layer, token, {queries, static_cast<std::size_t>(config_.queryWidth())});
  keep(Site::kK, layer, token, {keys, static_cast<std::size_t>(config_.keyWidth())});
  keep(Site::kV, layer, token, {values, static_cast<std::size_t>(config_.keyWidth())});
}

// All query heads that read one key head, for one token.
void CpuBackend::attend(int layer, int head, int token) {
  const int group = config_.n_heads / config_.n_kv_heads;
  AttentionArgs args;
  caches_[static_cast<std::size_t>(layer)].describe(head, args);
  args.scale = static_cast<float>(1 / std::sqrt(static_cast<double>(config_.head_dim)));
  for (int first = 0; first < group; first += args.n_queries) {
    args.n_queries = std::min(group - first, kMaxQueryRows);
    for (int i = 0; i < args.n_queries; ++i) {
      const int query_head = head * group + first + i;
      args.query[i] = qkv_.row(token) + query_head * config_.head_dim;
      args.position[i] = n_cached_ + token;
      args.sink[i] = packed(layer).sinks[static_cast<std::size_t>(query_head)];
      args.out[i] = mixed_.row(token) + query_head * config_.head_dim;
      args.sink_mass[i] = sink_mass_.row(token) + query_head;
    }
    kernels_.attention(args);
  }
}

void CpuBackend::finishAttention(int layer, int token) {
  keep(Site::kAttnSink, layer, token, rowSpan(sink_mass_, token));
  keep(Site::kAttnOut, layer, token, rowSpan(attention_out_, token));
  kernels_.add_scaled(attention_out_.row(token), 1, config_.hidden, residual_.row(token));
  editResidual(ResidualSite::kMid, layer, token);
  keep(Site::kResidMid, layer, token, rowSpan(residual_, token));
}

void CpuBackend::attention(int layer) {
  const PackedLayer& weights = packed(layer);
  holds_embedding_ = false;
  attention_layer_ = layer;
  pool_.forRange(n_tokens_, [&](int begin, int end, int) {
    for (int token = begin; token < end; ++token) {
      editResidual(ResidualSite::kPre, layer, token);
      keep(Site::kResidPre, layer, token, rowSpan(residual_, token));
      std::copy_n(residual_.row(token), config_.hidden, residual_pre_.row(token));
      norm(weights.attention_norm, attention_in_, token);
      keep(Site::kAttnIn, layer, token, rowSpan(attention_in_, token));
    }
  });
  multiply(weights.qkv, attention_in_, qkv_);
  pool_.forRange(n_tokens_, [&](int begin, int end, int) {
    for (int token = begin; token < end; ++token) {
      placeToken(layer, token);
    }
  });
  pool_.forRange(config_.n_kv_heads * n_tokens_, [&](int begin, int end, int) {
    for (int i = begin; i < end; ++i) {
      attend(layer, i / n_tokens_, i % n_tokens_);
    }
  });
  multiply(weights.attention_out, mixed_, attention_out_);
  pool_.forRange(n_tokens_, [&](int begin, int end, int) {
    for (int token = begin; token < end; ++token) {
      finishAttention(layer, token);
    }
  });
}

std::span<std::int32_t> CpuBackend::idsOf(int token) const {
  const auto width = static_cast<std::size_t>(n_slots_);
  return {ids_.data() + static_cast<std::size_t>(token) * width, width};
}

void CpuBackend::decideToken(int layer, int token, DecisionScratch& scratch) {
  const int position = n_cached_ + token;
  const std::span<const float> raw = rowSpan(router_raw_, token);
  for (std::size_t expert = 0; expert < raw.size(); ++expert) {
    if (!std::isfinite(raw[expert])) {
      throw Error(ErrorCode::kNumeric,
                  format("routing in layer %d at position %d: expected finite router logits, found %g for "
                         "expert %zu; the weights or an edit made the residual stream overflow",
                         layer, position, static_cast<double>(raw[expert]), expert));
    }
  }
  const int top_k = config_.top_k;
  std::int32_t* own_ids = own_ids_.data() + static_cast<std::ptrdiff_t>(token) * top_k;
  DecisionRef own{own_ids, own_weights_.row(token), 0, top_k};
  decideTopK(raw, top_k, own);
  keep(Site::kRouterLogitsRaw, layer, token, raw);
  keepIds(Site::kExpertIndicesRaw, layer, token, own.chosenIds());
  keep(Site::kExpertWeightsRaw, layer, token, own.chosenWeights());

  const int n_columns = program_->layer(layer).n_columns;
  const std::span<float> edited(router_.row(token), raw.size() + static_cast<std::size_t>(n_columns));
  std::copy(raw.begin(), raw.end(), edited.begin());
  const int n_slots = slotsOf(layer);
  DecisionRef decision{idsOf(token).data(), slot_weights_.row(token), 0, n_slots};
  if (program_->layer(layer).empty()) {
    std::copy_n(own.ids, top_k, decision.ids);
    std::copy_n(own.weights, top_k, decision.weights);
  } else {
    applyLogitEdits(*program_, layer, position, edited);
    decideFinal(*program_, layer, position, edited, scratch, decision);
  }
  keep(Site::kRouterLogits, layer, token, edited);
  keepIds(Site::kExpertIndices, layer, token, {decision.ids, static_cast<std::size_t>(n_slots)});
  keep(Site::kExpertWeights, layer, token, {decision.weights, static_cast<std::size_t>(n_slots)});
}

void CpuBackend::route(int layer) {
  route_layer_ = layer;
  pool_.forRange(n_tokens_, [&](int begin, int end, int) {
    for (int token = begin; token < end; ++token) {
      norm(packed(layer).mlp_norm, mlp_in_, token);
      keep(Site::kMlpIn, layer, token, rowSpan(mlp_in_, token));
    }
  });
  multiply(packed(layer).router, mlp_in_, router_raw_);
  pool_.forRange(n_tokens_, [&](int begin, int end, int thread) {
    for (int token = begin; token < end; ++token) {
      decideToken(layer, token, scratch_[static_cast<std::size_t>(thread)]);
    }
  });
}

void CpuBackend::unembed(int n_rows) {
  check(n_rows >= 0 && n_rows <= n_tokens_, "logits of tokens of the chunk");
  const int first = n_tokens_ - n_rows;
  pool_.forRange(n_tokens_, [&](int begin, int end, int) {
    for (int token = begin; token < end; ++token) {
      norm(model_.final_norm, final_norm_, token);
      keep(Site::kFinalNorm, -1, token, rowSpan(final_norm_, token));
    }
  });
  const auto vocab = static_cast<std::size_t>(config_.vocab);
  const auto n = static_cast<std::size_t>(n_rows);
  for (std::size_t i = 0; i < n; ++i) {
    x_[i] = final_norm_.row(first + static_cast<int>(i));
    y_[i] = logits_.data() + i * vocab;
  }
  if (n_rows > 0) {
    pool_.forRange(model_.unembedding.nTiles(), [&](int begin, int end, int) {
      model_.unembedding.multiply(kernels_, {begin, end}, std::span(x_).first(n), std::span(y_).first(n));
    });
  }
  n_logit_rows_ = n_rows;
  n_cached_ += n_tokens_;
  holds_final_norm_ = true;
}

std::span<const float> CpuBackend::logits() const {
  return {logits_.data(), static_cast<std::size_t>(n_logit_rows_) * static_cast<std::size_t>(config_.vocab)};
}

void CpuBackend::writeResidual(std::span<const float> rows) {
  const auto hidden = static_cast<std::size_t>(config_.hidden);
  check(rows.size() == hidden * static_cast<std::size_t>(n_tokens_), "a residual row for each token");
  for (int token = 0; token < n_tokens_; ++token) {
    const auto row = rows.subspan(static_cast<std::size_t>(token) * hidden, hidden);
    std::copy(row.begin(), row.end(), residual_.row(token));
  }
}

// ---- reading between phases ----

CpuBackend::SiteRows CpuBackend::attentionRowsOf(Site site) const {
  const DenseMatrix& qkv = packed(attention_layer_).qkv;
  const auto whole = [](const Rows& rows) { return SiteRows{rows.row(0), rows.stride(), rows.width()}; };
  switch (site) {
    case Site::kResidPre:
      return whole(residual_pre_);
    case Site::kAttnIn:
      return whole(attention_in_);
    case Site::kQ:
      return {qkv_.row(0), qkv_.stride(), config_.queryWidth()};
    case Site::kK:
      return {qkv_.row(0) + qkv.partBegin(1), qkv_.stride(), config_.keyWidth()};
    case Site::kV:
      return {qkv_.row(0) + qkv.partBegin(2), qkv_.stride(), config_.keyWidth()};
    case Site::kAttnSink:
      return whole(sink_mass_);
    case Site::kAttnOut:
      return whole(attention_out_);
    case Site::kResidMid:
      return experts_layer_ == attention_layer_ ? SiteRows{} : whole(residual_);
    default:
      return {};
  }
}

CpuBackend::SiteRows CpuBackend::routeRowsOf(Site site, int layer) const {
  switch (site) {
    case Site::kMlpIn:
      return {mlp_in_.row(0), mlp_in_.stride(), mlp_in_.width()};
    case Site::kRouterLogitsRaw:
      return {router_raw_.row(0), router_raw_.stride(), config_.n_experts};
    case Site::kRouterLogits:
      return {router_.row(0), router_.stride(), config_.n_experts + program_->layer(layer).n_columns};
    case Site::kExpertWeightsRaw:
      return {own_weights_.row(0), own_weights_.stride(), config_.top_k};
    case Site::kExpertWeights:
      return {slot_weights_.row(0), slot_weights_.stride(), slotsOf(layer)};
    default:
      return {};
  }
}

CpuBackend::SiteRows CpuBackend::rowsOf(Site site, int layer) const {
  SiteRows rows;
  if (layer < 0) {
    const bool is_here =
        site == Site::kEmbed ? holds_embedding_ : site == Site::kFinalNorm && holds_final_norm_;
    const Rows& from = site == Site::kEmbed ? residual_ : final_norm_;
    return is_here ? SiteRows{from.row(0), from.stride(), from.width()} : rows;
  }
  if (layer == attention_layer_) {
    rows = attentionRowsOf(site);
  }
  if (rows.first == nullptr && layer == route_layer_) {
    rows = routeRowsOf(site, layer);
  }
  if (rows.first == nullptr && layer == experts_layer_) {
    if (site == Site::kMoeOut) {
      rows = {moe_out_.row(0), moe_out_.stride(), moe_out_.width()};
    } else if (site == Site::kResidPost && attention_layer_ == layer) {
      rows = {residual_.row(0), residual_.stride(), residual_.width()};
    }
  }
  return rows;
}

std::span<const float> CpuBackend::read(Site site, int layer) {
  const SiteRows rows = rowsOf(site, layer);
  if (rows.first == nullptr) {
    throw Error(ErrorCode::kUnsupported, "reading " + Address{site, layer}.text() +
                                             ": the CPU backend does not hold it between these phases; "
                                             "capture it instead");
  }
  const auto width = static_cast<std::size_t>(rows.width);
  const auto n = static_cast<std::size_t>(n_tokens_);
  for (std::size_t token = 0; token < n; ++token) {
    std::copy_n(rows.first + token * rows.stride, width, read_.data() + token * width);
  }
  return {read_.data(), n * width};
}

}  // namespace cpu

std::unique_ptr<Backend> makeCpuBackend(std::shared_ptr<const Weights> weights,
                                        const BackendOptions& options) {
  return std::make_unique<cpu::CpuBackend>(std::move(weights), options, cpu::chooseIsa(options.isa));
}

}  // namespace rs
