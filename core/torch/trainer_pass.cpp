// SPDX-License-Identifier: Apache-2.0
#include "core/torch/trainer_pass.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"

namespace rs {
namespace {

constexpr float kEpsilon = 1e-5F;
constexpr int kLongest = 2048;

inline std::size_t at(int index) {
  return static_cast<std::size_t>(index);
}

// Angle of each pair of dimensions per position: YaRN by factor 32 over 4096 positions, ramp ends not
// rounded.
std::vector<double> frequencies(int head_dim) {
  constexpr double kTheta = 150000;
  constexpr double kFactor = 32;
  constexpr double kTrained = 4096;
  constexpr double kTau = 6.283185307179586;
  const auto dimension = [&](double turns) {
    return head_dim * std::log(kTrained / (turns * kTau)) / (2 * std::log(kTheta));
  };
  const double low = std::max(dimension(32), 0.0);
  const double high = std::min(dimension(1), head_dim - 1.0);
  std::vector<double> result;
  for (int i = 0; i < head_dim / 2; ++i) {
    const double plain = std::pow(kTheta, -2.0 * i / head_dim);
    const double ramp = std::clamp((i - low) / std::max(high - low, 1e-3), 0.0, 1.0);
    result.push_back(plain * (1 - ramp) + plain / kFactor * ramp);
  }
  return result;
}

}  // namespace

TrainerPass::TrainerPass(const TrainShape& shape, TrainThreads& threads) : s_(shape), threads_(threads) {
  q_width_ = s_.heads * s_.head_dim;
  qkv_width_ = q_width_ + 2 * s_.kv_heads * s_.head_dim;
  layers_.resize(at(s_.layers));
  const std::vector<double> frequency = frequencies(s_.head_dim);
  const double concentration = 0.1 * std::log(32.0) + 1;
  for (int position = 0; position < kLongest; ++position) {
    for (const double f : frequency) {
      cos_.push_back(static_cast<float>(std::cos(position * f) * concentration));
      sin_.push_back(static_cast<float>(std::sin(position * f) * concentration));
    }
  }
}

void TrainerPass::forRows(const std::function<void(int, int)>& work) {
  const int parts = 2 * threads_.count();
  const int block = (rows_ + parts - 1) / parts;
  threads_.run(parts,
               [&](int part) { work(std::min(rows_, part * block), std::min(rows_, (part + 1) * block)); });
}

void TrainerPass::normForward(const Rows& x, const float* gain, Rows& y, Rows& scale) {
  const int hidden = s_.hidden;
  forRows([&](int begin, int end) {
    for (int t = begin; t < end; ++t) {
      const float* in = x.data() + t * hidden;
      float sum = 0;
      for (int c = 0; c < hidden; ++c) {
        sum += in[c] * in[c];
      }
      const float factor = 1.0F / std::sqrt(sum / static_cast<float>(hidden) + kEpsilon);
      scale[at(t)] = factor;
      for (int c = 0; c < hidden; ++c) {
        y[at(t * hidden + c)] = in[c] * factor * gain[c];
      }
    }
  });
}

// Adds the gradient to dx.
void TrainerPass::normBackward(const Rows& x, const float* gain, const Rows& scale, const Rows& dy, Rows& dx,
                               float* dgain) {
  const int hidden = s_.hidden;
  forRows([&](int begin, int end) {
    for (int t = begin; t < end; ++t) {
      const float* in = x.data() + t * hidden;
      const float* d = dy.data() + t * hidden;
      const float factor = scale[at(t)];
      float dot = 0;
      for (int c = 0; c < hidden; ++c) {
        dot += d[c] * gain[c] * in[c];
      }
      const float pull = dot * factor * factor * factor / static_cast<float>(hidden);
      float* out = dx.data() + t * hidden;
      for (int c = 0; c < hidden; ++c) {
        out[c] += d[c] * gain[c] * factor - pull * in[c];
      }
    }
  });
  for (int t = 0; t < rows_; ++t) {
    const float* in = x.data() + t * hidden;
    const float* d = dy.data() + t * hidden;
    const float factor = scale[at(t)];
    for (int c = 0; c < hidden; ++c) {
      dgain[c] += d[c] * in[c] * factor;
    }
  }
}

void TrainerPass::addBias(float* y, const float* bias, int width) {
  forRows([&](int begin, int end) {
    for (int t = begin; t < end; ++t) {
      for (int c = 0; c < width; ++c) {
        y[t * width + c] += bias[c];
      }
    }
  });
}

void TrainerPass::addColumnSums(const float* dy, int width, float* dbias) {
  for (int t = 0; t < rows_; ++t) {
    for (int c = 0; c < width; ++c) {
      dbias[c] += dy[t * width + c];
    }
  }
}

void TrainerPass::layerForward(const float* w, const LayerOffsets& o, LayerRecord& r, bool sliding) {
  const int hidden = s_.hidden;
  const auto rows = at(rows_);
  const auto slots = rows * at(s_.active);
  r.normed1.resize(rows * at(hidden));
  r.scale1.resize(rows);
  r.qkv.resize(rows * at(qkv_width_));
  r.attention.resize(squares_.back());
  r.mixed.resize(rows * at(q_width_));
  r.normed2.resize(rows * at(hidden));
  r.scale2.resize(rows);
  r.router.resize(rows * at(s_.experts));
  r.chosen.resize(slots);
  r.share.resize(slots);
  r.place.resize(slots);
  r.row.resize(slots);
  r.slot_share.resize(slots);
  r.gathered.resize(slots * at(hidden));
  r.gate_up.resize(slots * at(2 * s_.expert_width));
  r.active.resize(slots * at(s_.expert_width));
  r.input = x_;
  normForward(r.input, w + o.norm1, r.normed1, r.scale1);
  multiplySpread(threads_, r.qkv.data(), rowMajor(r.normed1.data(), rows_, hidden),
                 rowMajor(w + o.qkv, qkv_width_, hidden).transposed(), false);
  addBias(r.qkv.data(), w + o.qkv_bias, qkv_width_);
  rotate(r.qkv, false);
  attentionForward(w + o.sinks, r, sliding);
  multiplySpread(threads_, x_.data(), rowMajor(r.mixed.data(), rows_, q_width_),
                 rowMajor(w + o.out, hidden, q_width_).transposed(), true);
  addBias(x_.data(), w + o.out_bias, hidden);
  r.middle = x_;
  normForward(r.middle, w + o.norm2, r.normed2, r.scale2);
  multiplySpread(threads_, r.router.data(), rowMajor(r.normed2.data(), rows_, hidden),
                 rowMajor(w + o.router, s_.experts, hidden).transposed(), false);
  addBias(r.router.data(), w + o.router_bias, s_.experts);
  choose(r);
  expertsForward(w, o, r);
}

void TrainerPass::layerBackward(const float* w, float* g, const LayerOffsets& o, LayerRecord& r, bool sliding,
                                double balance) {
  const int hidden = s_.hidden;
  expertsBackward(w, g, o, r, dnormed_);
  routerBackward(r, balance);
  const View drouter = rowMajor(drouter_.data(), rows_, s_.experts);
  multiplySpread(threads_, dnormed_.data(), drouter, rowMajor(w + o.router, s_.experts, hidden), true);
  multiply(g + o.router, drouter.transposed(), rowMajor(r.normed2.data(), rows_, hidden), true);
  addColumnSums(drouter_.data(), s_.experts, g + o.router_bias);
  normBackward(r.middle, w + o.norm2, r.scale2, dnormed_, dx_, g + o.norm2);

  const View dx = rowMajor(dx_.data(), rows_, hidden);
  multiplySpread(threads_, dmixed_.data(), dx, rowMajor(w + o.out, hidden, q_width_), false);
  multiplySpread(threads_, g + o.out, dx.transposed(), rowMajor(r.mixed.data(), rows_, q_width_), true);
  addColumnSums(dx_.data(), hidden, g + o.out_bias);
  attentionBackward(r, dmixed_, dqkv_, g + o.sinks, sliding);
  rotate(dqkv_, true);
  const View dqkv = rowMajor(dqkv_.data(), rows_, qkv_width_);
  multiplySpread(threads_, dnormed_.data(), dqkv, rowMajor(w + o.qkv, qkv_width_, hidden), false);
  multiplySpread(threads_, g + o.qkv, dqkv.transposed(), rowMajor(r.normed1.data(), rows_, hidden), true);
  addColumnSums(dqkv_.data(), qkv_width_, g + o.qkv_bias);
  normBackward(r.input, w + o.norm1, r.scale1, dnormed_, dx_, g + o.norm1);
}

void TrainerPass::forward(const float* w, const Parameters& p, const TrainBatch& batch) {
  rows_ = static_cast<int>(batch.ids.size());
  starts_ = batch.starts;
  position_.resize(at(rows_));
  squares_.assign(1, 0);
  for (int document = 0; document < documents(); ++document) {
    const int length = starts_[at(document) + 1] - starts_[at(document)];
    check(length <= kLongest, "a training document has at most 2048 tokens");
    for (int i = 0; i < length; ++i) {
      position_[at(starts_[at(document)] + i)] = i;
    }
    squares_.push_back(squares_.back() + at(s_.heads) * at(length) * at(length));
  }
  const int hidden = s_.hidden;
  x_.resize(at(rows_) * at(hidden));
  slot_out_.resize(at(rows_ * s_.active) * at(hidden));
  for (int t = 0; t < rows_; ++t) {
    const float* row = w + p.embedding + batch.ids[at(t)] * hidden;
    std::copy(row, row + hidden, x_.data() + t * hidden);
  }
  for (int i = 0; i < s_.layers; ++i) {
    layerForward(w, p.layers[at(i)], layers_[at(i)], i % 2 == 0);
  }
  final_.resize(x_.size());
  final_scale_.resize(at(rows_));
  normForward(x_, w + p.final_norm, final_, final_scale_);
}

std::vector<float> TrainerPass::logits(const float* w, const Parameters& p) {
  std::vector<float> out(at(rows_) * at(s_.vocabulary));
  multiplySpread(threads_, out.data(), rowMajor(final_.data(), rows_, s_.hidden),
                 rowMajor(w + p.unembedding, s_.vocabulary, s_.hidden).transposed(), false);
  return out;
}

std::vector<Scored> TrainerPass::score(const float* w, const Parameters& p, const TrainBatch& batch) {
  forward(w, p, batch);
  std::vector<Scored> result;
  std::vector<float> picked;
  for (int t = 0; t < rows_; ++t) {
    if (batch.weights[at(t)] > 0) {
      result.push_back({t, 0, 0});
      picked.insert(picked.end(), final_.begin() + t * s_.hidden, final_.begin() + (t + 1) * s_.hidden);
    }
  }
  const int count = static_cast<int>(result.size());
  std::vector<float> out(at(count) * at(s_.vocabulary));
  multiplySpread(threads_, out.data(), rowMajor(picked.data(), count, s_.hidden),
                 rowMajor(w + p.unembedding, s_.vocabulary, s_.hidden).transposed(), false);
  for (int i = 0; i < count; ++i) {
    const float* row = out.data() + static_cast<std::ptrdiff_t>(i) * s_.vocabulary;
    const float* best = std::max_element(row, row + s_.vocabulary);
    double total = 0;
    for (int v = 0; v < s_.vocabulary; ++v) {
      total += std::exp(static_cast<double>(row[v] - *best));
    }
    Scored& scored = result[at(i)];
    scored.best = static_cast<std::int32_t>(best - row);
    scored.loss = std::log(total) + static_cast<double>(*best - row[batch.targets[at(scored.row)]]);
  }
  return result;
}

// Loss of the weighted targets and its gradient in dx_ and the unembedding.
double TrainerPass::unembed(const float* w, const Parameters& p, float* g, const TrainBatch& batch,
                            double total_weight) {
  const int hidden = s_.hidden;
  const int vocabulary = s_.vocabulary;
  picked_row_.clear();
  picked_.clear();
  for (int t = 0; t < rows_; ++t) {
    if (batch.weights[at(t)] > 0) {
      picked_row_.push_back(t);
      picked_.insert(picked_.end(), final_.begin() + t * hidden, final_.begin() + (t + 1) * hidden);
    }
  }
  const int count = static_cast<int>(picked_row_.size());
  scores_.resize(at(count) * at(vocabulary));
  dpicked_.resize(at(count) * at(hidden));
  std::vector<double> losses(at(count));
  constexpr int kBlock = 64;
  threads_.run((count + kBlock - 1) / kBlock, [&](int block) {
    const int begin = block * kBlock;
    const int rows = std::min(kBlock, count - begin);
    float* scores = scores_.data() + static_cast<std::ptrdiff_t>(begin) * vocabulary;
    const float* unembedding = w + p.unembedding;
    multiply(scores, rowMajor(picked_.data() + begin * hidden, rows, hidden),
             rowMajor(unembedding, vocabulary, hidden).transposed(), false);
    for (int i = 0; i < rows; ++i) {
      float* row = scores + i * vocabulary;
      const int t = picked_row_[at(begin + i)];
      float top = row[0];
      for (int v = 1; v < vocabulary; ++v) {
        top = std::max(top, row[v]);
      }
      const float target = row[batch.targets[at(t)]];
      float total = 0;
      for (int v = 0; v < vocabulary; ++v) {
        row[v] = std::exp(row[v] - top);
        total += row[v];
      }
      const float own = batch.weights[at(t)] / static_cast<float>(total_weight);
      losses[at(begin + i)] = static_cast<double>(own * (std::log(total) + top - target));
      const float factor = own / total;
      for (int v = 0; v < vocabulary; ++v) {
        row[v] *= factor;
      }
      row[batch.targets[at(t)]] -= own;
    }
    multiply(dpicked_.data() + begin * hidden, rowMajor(scores, rows, vocabulary),
             rowMajor(unembedding, vocabulary, hidden), false);
  });
  multiplySpread(threads_, g + p.unembedding, rowMajor(scores_.data(), count, vocabulary).transposed(),
                 rowMajor(picked_.data(), count, hidden), true);
  std::fill(dnormed_.begin(), dnormed_.end(), 0.0F);
  double loss = 0;
  for (int i = 0; i < count; ++i) {
    std::copy(dpicked_.begin() + i * hidden, dpicked_.begin() + (i + 1) * hidden,
              dnormed_.begin() + picked_row_[at(i)] * hidden);
    loss += losses[at(i)];
  }
  return loss;
}

double TrainerPass::loss(const float* w, const Parameters& p, float* g, const TrainBatch& batch,
                         const LossScale& scale) {
  forward(w, p, batch);
  const auto rows = at(rows_);
  const auto slots = rows * at(s_.active);
  dnormed_.resize(rows * at(s_.hidden));
  dmixed_.resize(rows * at(q_width_));
  dqkv_.resize(rows * at(qkv_width_));
  drouter_.resize(rows * at(s_.experts));
  dshare_.resize(slots);
  dgathered_.resize(slots * at(s_.hidden));
  slot_work_.resize(slots * at(s_.expert_width));
  const double loss = unembed(w, p, g, batch, scale.total_weight);
  dx_.assign(x_.size(), 0.0F);
  normBackward(x_, w + p.final_norm, final_scale_, dnormed_, dx_, g + p.final_norm);
  for (int i = s_.layers - 1; i >= 0; --i) {
    layerBackward(w, g, p.layers[at(i)], layers_[at(i)], i % 2 == 0, scale.balance);
  }
  for (int t = 0; t < rows_; ++t) {
    float* row = g + p.embedding + batch.ids[at(t)] * s_.hidden;
    for (int c = 0; c < s_.hidden; ++c) {
      row[c] += dx_[at(t * s_.hidden + c)];
    }
  }
  return loss;
}

std::vector<int> TrainerPass::loads() const {
  std::vector<int> result;
  for (const LayerRecord& layer : layers_) {
    for (int e = 0; e < s_.experts; ++e) {
      result.push_back(layer.first[at(e) + 1] - layer.first[at(e)]);
    }
  }
  return result;
}

}  // namespace rs
