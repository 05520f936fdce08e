// SPDX-License-Identifier: Apache-2.0
//
// Trains a gpt-oss of small shape on the CPU: forward and backward pass written out, matrix products by
// LibTorch. Made for the demo model; no Torch type leaves this folder.
//
// Thread: one caller at a time; the work inside is spread over a few threads. Same data and thread count:
// same bits. Source: docs/demo-model.md
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace rs {

struct TrainShape {
  int layers = 6;
  int hidden = 192;
  int heads = 4;
  int kv_heads = 2;
  int head_dim = 64;
  int experts = 32;
  int active = 4;
  int expert_width = 96;
  int vocabulary = 4096;
  int window = 32;  // of the even layers
};

// Several documents one after another; each sees only itself and starts at position 0.
struct TrainBatch {
  std::vector<std::int32_t> ids;
  std::vector<std::int32_t> targets;  // the next id; read where the weight is not 0
  std::vector<float> weights;         // of each target in the loss
  std::vector<int> starts;            // first row of each document, and the number of rows at the end
};

struct StepOptions {
  double rate = 1e-3;  // AdamW's learning rate
  double weight_decay = 0.05;
  double balance = 0.01;  // factor of the load-balancing loss
  double clip = 1.0;      // largest length of the gradient
  bool rounded =
      false;  // compute with the experts as MXFP4 and the rest as bf16 (gradients pass straight through)
};

struct StepReport {
  double loss = 0;           // weighted mean over the targets
  double gradient_norm = 0;  // before clipping
};

struct Scored {
  int row = 0;
  double loss = 0;        // of the target, in nats
  std::int32_t best = 0;  // the id with the highest logit
};

class GptOssTrainer {
 public:
  GptOssTrainer(const TrainShape& shape, std::uint64_t seed, int threads);
  ~GptOssTrainer();
  GptOssTrainer(const GptOssTrainer&) = delete;
  GptOssTrainer& operator=(const GptOssTrainer&) = delete;

  StepReport step(const TrainBatch& batch, const StepOptions& options);
  // Loss and gradient without a change of the weights: for checking gradients.
  double lossAndGradient(const TrainBatch& batch, const StepOptions& options);
  [[nodiscard]] std::vector<Scored> score(const TrainBatch& batch, bool rounded);
  // [rows, vocabulary] of all rows.
  [[nodiscard]] std::vector<float> logits(const TrainBatch& batch, bool rounded);
  // [layers, experts]: how many slots each expert had in the last pass.
  [[nodiscard]] std::vector<int> loads() const;

  // Names as in a Hugging Face gpt-oss, except that q, k and v are one matrix "self_attn.qkv" and gate rows
  // come before up rows in "gate_up_proj". Errors: Error{kInternal} for an unknown name.
  [[nodiscard]] std::span<float> parameter(const std::string& name);
  [[nodiscard]] std::span<float> gradient(const std::string& name);
  [[nodiscard]] const TrainShape& shape() const;

  // Weights and optimizer state with the caller's notes. Errors: Error{kIo}, Error{kModel}.
  void save(const std::string& path, const std::string& notes) const;
  std::string load(const std::string& path);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rs
