// SPDX-License-Identifier: Apache-2.0
//
// The CPU backend's own parts: packed weights, caches and the buffers of one chunk. cpu_backend.cpp holds the
// phases up to routing and the end of a chunk, cpu_experts.cpp the experts.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/backend/backend.h"
#include "core/backend/cpu/buffer.h"
#include "core/backend/cpu/isa.h"
#include "core/backend/cpu/kernels.h"
#include "core/backend/cpu/kv_cache.h"
#include "core/backend/cpu/packed_model.h"
#include "core/backend/cpu/rope.h"
#include "core/backend/cpu/thread_pool.h"
#include "core/model/weights.h"

namespace rs::cpu {

// The chosen slots of some tokens, sorted by expert; an entry is one token's use of one expert.
struct ExpertGroups {
  struct Group {
    int expert = 0;
    int begin = 0, end = 0;  // entries
  };
  std::vector<int> next_entry;     // by expert, while sorting
  std::vector<int> entry_of_slot;  // [token of the batch][slot]; -1: no real expert
  std::vector<Group> groups;
  int n_entries = 0;
};

class CpuBackend final : public Backend {
 public:
  CpuBackend(std::shared_ptr<const Weights> weights, const BackendOptions& options, Isa isa);

  [[nodiscard]] const ModelConfig& config() const override { return config_; }
  [[nodiscard]] std::string name() const override { return "cpu"; }
  [[nodiscard]] std::string isa() const override { return std::string(nameOf(isa_)); }
  [[nodiscard]] Precision precision() const override { return precision_; }
  void reserve(int max_positions, int max_chunk) override;
  void keepForRewind(int n_positions) override { n_rewind_ = n_positions; }
  void setProgram(const RoutingProgram* program) override;
  void setCapture(const CaptureSinks* sinks) override;
  [[nodiscard]] int nCached() const override { return n_cached_; }
  [[nodiscard]] bool rewind(int n) override;
  void embed(std::span<const std::int32_t> tokens) override;
  void attention(int layer) override;
  void route(int layer) override;
  void experts(int layer) override;
  void unembed(int n_rows) override;
  [[nodiscard]] std::span<const float> read(Site site, int layer) override;
  void writeResidual(std::span<const float> rows) override;
  [[nodiscard]] std::span<const float> logits() const override;

 private:
  // Values of one site, a row for each token of the chunk.
  struct SiteRows {
    const float* first = nullptr;  // null: not kept, or not of this layer now
    std::size_t stride = 0;
    int width = 0;
  };

  [[nodiscard]] const PackedLayer& packed(int layer) const {
    return model_.layers[static_cast<std::size_t>(layer)];
  }
  [[nodiscard]] int slotsOf(int layer) const;  // width of the layer's decisions
  [[nodiscard]] std::span<std::int32_t> idsOf(int token) const;
  [[nodiscard]] SiteRows rowsOf(Site site, int layer) const;
  [[nodiscard]] SiteRows attentionRowsOf(Site site) const;
  [[nodiscard]] SiteRows routeRowsOf(Site site, int layer) const;

  void reserveSlots();
  // Copies into the capture buffer of that site, if somebody asked for it.
  void keep(Site site, int layer, int token, std::span<const float> values) const;
  void keepIds(Site site, int layer, int token, std::span<const std::int32_t> ids) const;
  void keepExpertOut(int layer, int token, int slot, std::span<const float> values) const;

  // out = W in for the tokens of the chunk.
  void multiply(const DenseMatrix& matrix, const Rows& in, const Rows& out);
  void editResidual(ResidualSite site, int layer, int token);
  void norm(std::span<const float> gain, const Rows& out, int token);
  void placeToken(int layer, int token);
  void attend(int layer, int head, int token);
  void finishAttention(int layer, int token);
  void decideToken(int layer, int token, DecisionScratch& scratch);
  void groupByExpert(int layer, int first, int n);
  void runGroups(int layer);
  void combineToken(int layer, int first, int token);

  std::shared_ptr<const Weights> weights_;
  ModelConfig config_;
  Isa isa_;
  Precision precision_;
  const KernelTable& kernels_;
  ThreadPool pool_;
  PackedModel model_;

  RopeTable rope_;
  std::vector<LayerCache> caches_;
  int max_positions_ = 0, max_chunk_ = 0;
  int n_rewind_ = 0;  // positions that sliding layers keep beyond their window
  int n_cached_ = 0;
  int highest_ = 0;  // one past the last position written since the cache was empty

  RoutingProgram no_edits_;
  const RoutingProgram* program_;
  const CaptureSinks* sinks_ = nullptr;
  int n_slots_ = 0;    // stride of decisions
  int n_columns_ = 0;  // router columns with virtual ones, over all layers
  int n_batch_ = 0;    // tokens of one batch of the experts phase

  // The chunk; the layer whose values the buffers of each phase hold.
  int n_tokens_ = 0;
  int attention_layer_ = -1, route_layer_ = -1, experts_layer_ = -1;
  bool holds_embedding_ = false, holds_final_norm_ = false;
  Rows residual_, residual_pre_, attention_in_, qkv_, mixed_, sink_mass_, attention_out_;
  Rows mlp_in_, router_raw_, router_, own_weights_, slot_weights_, moe_out_, final_norm_;
  Rows prepared_;                         // inputs of the experts, as their products read them
  Buffer<std::int32_t> own_ids_, ids_;    // [chunk][k], [chunk][n_slots_]
  std::vector<DecisionScratch> scratch_;  // by thread
  Rows activated_, expert_out_;           // [entries of a batch]
  ExpertGroups groups_;
  std::vector<const float*> x_;  // rows of a product
  std::vector<float*> y_;
  Buffer<float> logits_;
  int n_logit_rows_ = 0;
  Buffer<float> read_;
};

}  // namespace rs::cpu
