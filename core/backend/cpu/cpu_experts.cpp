// SPDX-License-Identifier: Apache-2.0
//
// The experts phase: tokens gathered by expert, so that an expert's weights are read once for all of them,
// then summed token by token in slot order.
#include <algorithm>

#include "core/backend/cpu/cpu_state.h"

namespace rs::cpu {
namespace {

// Gate and linear tiles of 32 inner values.
constexpr int kTilesPerBlock = 2 * kColumnBlock / kLanes;

}  // namespace

// Fills groups_ and the rows of both products: entries of one expert lie next to each other, by token.
void CpuBackend::groupByExpert(int layer, int first, int n) {
  const auto n_slots = static_cast<std::size_t>(slotsOf(layer));
  const auto slotsOfToken = [&](int token) { return idsOf(first + token).first(n_slots); };
  const auto isReal = [&](std::int32_t id) { return id >= 0 && id < config_.n_experts; };
  std::vector<int>& next = groups_.next_entry;
  next.assign(static_cast<std::size_t>(config_.n_experts) + 1, 0);
  for (int token = 0; token < n; ++token) {
    for (const std::int32_t id : slotsOfToken(token)) {
      if (isReal(id)) {
        ++next[static_cast<std::size_t>(id) + 1];
      }
    }
  }
  groups_.groups.clear();
  for (int expert = 0; expert < config_.n_experts; ++expert) {
    const auto at = static_cast<std::size_t>(expert);
    next[at + 1] += next[at];
    if (next[at] < next[at + 1]) {
      groups_.groups.push_back({expert, next[at], next[at + 1]});
    }
  }
  groups_.n_entries = next.back();
  std::size_t slot_index = 0;
  for (int token = 0; token < n; ++token) {
    const float* input = mlp_in_.row(first + token);
    if (kernels_.prepare != nullptr) {
      kernels_.prepare(input, config_.hidden, prepared_.row(first + token));
      input = prepared_.row(first + token);
    }
    for (const std::int32_t id : slotsOfToken(token)) {
      const int entry = isReal(id) ? next[static_cast<std::size_t>(id)]++ : -1;
      groups_.entry_of_slot[slot_index++] = entry;
      if (entry >= 0) {
        x_[static_cast<std::size_t>(entry)] = input;
        y_[static_cast<std::size_t>(entry)] = activated_.row(entry);
      }
    }
  }
}

void CpuBackend::runGroups(int layer) {
  const ExpertMatrix& gate_up = packed(layer).gate_up;
  const ExpertMatrix& down = packed(layer).down;
  const auto tokensOf = [&](ProductArgs& args, const ExpertGroups::Group& group) {
    args.n_tokens = group.end - group.begin;
    args.x = x_.data() + group.begin;
    args.y = y_.data() + group.begin;
  };
  // Whole blocks of the inner width, so that each thread can prepare what it made.
  pool_.forRange(config_.inner / kColumnBlock, [&](int begin, int end, int) {
    for (const ExpertGroups::Group& group : groups_.groups) {
      GatedArgs args{gate_up.argsOf(group.expert), static_cast<float>(config_.swiglu_limit),
                     static_cast<float>(config_.swiglu_alpha)};
      args.product.tile_begin = begin * kTilesPerBlock;
      args.product.tile_end = end * kTilesPerBlock;
      tokensOf(args.product, group);
      kernels_.gated_mxfp4(args);
      for (int entry = group.begin; kernels_.prepare != nullptr && entry < group.end; ++entry) {
        float* made = activated_.row(entry) + begin * kColumnBlock;
        kernels_.prepare(made, (end - begin) * kColumnBlock, made);
      }
    }
  });
  for (int entry = 0; entry < groups_.n_entries; ++entry) {
    x_[static_cast<std::size_t>(entry)] = activated_.row(entry);
    y_[static_cast<std::size_t>(entry)] = expert_out_.row(entry);
  }
  pool_.forRange(down.nTiles(), [&](int begin, int end, int) {
    for (const ExpertGroups::Group& group : groups_.groups) {
      ProductArgs args = down.argsOf(group.expert);
      args.tile_begin = begin;
      args.tile_end = end;
      tokensOf(args, group);
      kernels_.product_mxfp4(args);
    }
  });
}

void CpuBackend::keepExpertOut(int layer, int token, int slot, std::span<const float> values) const {
  if (sinks_ == nullptr) {
    return;
  }
  if (float* row = sinks_->floats(Site::kExpertOut, layer, n_cached_ + token); row != nullptr) {
    std::copy(values.begin(), values.end(), row + static_cast<std::size_t>(slot) * values.size());
  }
}

// Weighted sum over the slots in rank order, and what comes after it.
void CpuBackend::combineToken(int layer, int first, int token) {
  const auto hidden = static_cast<std::size_t>(config_.hidden);
  const int position = n_cached_ + token;
  const int n_slots = slotsOf(layer);
  const std::span<const std::int32_t> ids = idsOf(token);
  const auto entries =
      std::span(groups_.entry_of_slot)
          .subspan(static_cast<std::size_t>(token - first) * static_cast<std::size_t>(n_slots));
  const float* weights = slot_weights_.row(token);
  float* sum = moe_out_.row(token);
  std::fill_n(sum, hidden, 0.0F);
  for (int slot = 0; slot < n_slots; ++slot) {
    const std::int32_t id = ids[static_cast<std::size_t>(slot)];
    if (id < 0) {
      if (float* row = sinks_ == nullptr ? nullptr : sinks_->floats(Site::kExpertOut, layer, position)) {
        std::fill_n(row + static_cast<std::size_t>(slot) * hidden, hidden, 0.0F);
      }
      continue;
    }
    std::span<const float> out;
    if (id < config_.n_experts) {
      const int entry = entries[static_cast<std::size_t>(slot)];
      const std::span<float> row(expert_out_.row(entry), hidden);
      applyOutputEdits(*program_, layer, position, id, row);
      out = row;
    } else {
      out = program_->virtualVector(id - config_.n_experts, position);
    }
    keepExpertOut(layer, token, slot, out);
    kernels_.add_scaled(out.data(), weights[slot], config_.hidden, sum);
  }
  keep(Site::kMoeOut, layer, token, {sum, hidden});
  kernels_.add_scaled(sum, 1, config_.hidden, residual_.row(token));
  editResidual(ResidualSite::kPost, layer, token);
  keep(Site::kResidPost, layer, token, {residual_.row(token), hidden});
}

void CpuBackend::experts(int layer) {
  experts_layer_ = layer;
  for (int first = 0; first < n_tokens_; first += n_batch_) {
    const int n = std::min(n_batch_, n_tokens_ - first);
    groupByExpert(layer, first, n);
    runGroups(layer);
    pool_.forRange(n, [&](int begin, int end, int) {
      for (int token = first + begin; token < first + end; ++token) {
        combineToken(layer, first, token);
      }
    });
  }
}

}  // namespace rs::cpu
