// SPDX-License-Identifier: Apache-2.0
//
// Forward and backward pass of one batch. Everything the backward pass needs is kept from the forward pass.
#pragma once

#include <vector>

#include "core/torch/gptoss_trainer.h"
#include "core/torch/parameters.h"
#include "core/torch/products.h"

namespace rs {

// What one layer keeps. T rows, S = T * active slots sorted by expert.
struct LayerRecord {
  std::vector<float> input;       // [T, hidden] residual before the layer
  std::vector<float> normed1;     // [T, hidden]
  std::vector<float> scale1;      // [T] 1 / rms
  std::vector<float> qkv;         // [T, qkv] after RoPE
  std::vector<float> attention;   // softmax, [len, len] for each document and head
  std::vector<float> mixed;       // [T, heads * head_dim]
  std::vector<float> middle;      // [T, hidden] residual between attention and experts
  std::vector<float> normed2;     // [T, hidden]
  std::vector<float> scale2;      // [T]
  std::vector<float> router;      // [T, experts] logits
  std::vector<int> chosen;        // [T, active] by falling logit
  std::vector<float> share;       // [T, active]
  std::vector<int> place;         // [T, active] -> slot
  std::vector<int> row;           // [S] -> T
  std::vector<int> first;         // [experts + 1] slots of each expert
  std::vector<float> slot_share;  // [S]
  std::vector<float> gathered;    // [S, hidden]
  std::vector<float> gate_up;     // [S, 2 * width], gate then up, before clipping
  std::vector<float> active;      // [S, width]
};

struct LossScale {
  double total_weight = 1;  // of the targets of the whole step
  double balance = 0;       // factor of the load-balancing loss
};

class TrainerPass {
 public:
  TrainerPass(const TrainShape& shape, TrainThreads& threads);

  // Runs the layers; the final normalised rows are in normed().
  void forward(const float* weights, const Parameters& p, const TrainBatch& batch);
  // This batch's part of the loss, its weights taken relative to total_weight; adds to the gradient.
  double loss(const float* weights, const Parameters& p, float* gradient, const TrainBatch& batch,
              const LossScale& scale);
  std::vector<Scored> score(const float* weights, const Parameters& p, const TrainBatch& batch);
  [[nodiscard]] std::vector<float> logits(const float* weights, const Parameters& p);
  [[nodiscard]] std::vector<int> loads() const;

 private:
  using Rows = std::vector<float>;
  void normForward(const Rows& x, const float* gain, Rows& y, Rows& scale);
  void normBackward(const Rows& x, const float* gain, const Rows& scale, const Rows& dy, Rows& dx,
                    float* dgain);
  void addBias(float* y, const float* bias, int width);
  void addColumnSums(const float* dy, int width, float* dbias);
  void rotate(Rows& qkv, bool back);
  void attentionForward(const float* sinks, LayerRecord& r, bool sliding);
  void attentionBackward(LayerRecord& r, const Rows& dmixed, Rows& dqkv, float* dsinks, bool sliding);
  void attentionHead(LayerRecord& r, const float* sinks, int document, int head, int window);
  void attentionHeadBack(LayerRecord& r, const Rows& dmixed, Rows& dqkv, int document, int head);
  void choose(LayerRecord& r);
  void expertsForward(const float* w, const LayerOffsets& o, LayerRecord& r);
  void expertsBackward(const float* w, float* g, const LayerOffsets& o, LayerRecord& r, Rows& dnormed);
  void expertBack(const float* w, float* g, const LayerOffsets& o, LayerRecord& r, int expert);
  void routerBackward(LayerRecord& r, double balance);
  void layerForward(const float* w, const LayerOffsets& o, LayerRecord& r, bool sliding);
  void layerBackward(const float* w, float* g, const LayerOffsets& o, LayerRecord& r, bool sliding,
                     double balance);
  double unembed(const float* w, const Parameters& p, float* g, const TrainBatch& batch, double total_weight);
  void forRows(const std::function<void(int, int)>& work);
  [[nodiscard]] int documents() const { return static_cast<int>(starts_.size()) - 1; }

  TrainShape s_;
  TrainThreads& threads_;
  int q_width_;
  int qkv_width_;
  int rows_ = 0;
  std::vector<int> starts_;
  std::vector<std::size_t> squares_;  // start of each document's attention matrices
  std::vector<int> position_;
  std::vector<float> cos_, sin_;  // [position, head_dim / 2]
  std::vector<LayerRecord> layers_;
  Rows x_, dx_;  // residual stream and its gradient
  Rows final_, final_scale_;
  Rows out_, dnormed_, dmixed_, dqkv_, dwork_, drouter_, dshare_;
  Rows dsink_;  // [documents, heads]
  Rows dgathered_, slot_work_, slot_out_;
  Rows picked_, scores_, dpicked_;
  std::vector<int> picked_row_;
};

}  // namespace rs
