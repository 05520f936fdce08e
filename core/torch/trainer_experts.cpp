// SPDX-License-Identifier: Apache-2.0
//
// Router and experts of the trained model, slots sorted by expert so that each expert is three dense
// products.
#include <algorithm>
#include <cmath>

#include "core/torch/trainer_pass.h"

namespace rs {
namespace {

constexpr float kAlpha = 1.702F;
constexpr float kLimit = 7.0F;

inline std::size_t at(int index) {
  return static_cast<std::size_t>(index);
}

}  // namespace

// Top-k by logit, lower id first on ties; softmax over the chosen; slots sorted by expert, rows ascending.
void TrainerPass::choose(LayerRecord& r) {
  const int k = s_.active;
  std::vector<int> count(at(s_.experts) + 1, 0);
  for (int t = 0; t < rows_; ++t) {
    const float* logit = r.router.data() + t * s_.experts;
    int* best = r.chosen.data() + t * k;
    int found = 0;
    for (int e = 0; e < s_.experts; ++e) {
      int i = found < k ? found++ : k;
      while (i > 0 && logit[best[i - 1]] < logit[e]) {
        if (i < k) {
          best[i] = best[i - 1];
        }
        --i;
      }
      if (i < k) {
        best[i] = e;
      }
    }
    float total = 0;
    float* share = r.share.data() + t * k;
    for (int i = 0; i < k; ++i) {
      share[i] = std::exp(logit[best[i]] - logit[best[0]]);
      total += share[i];
      ++count[at(best[i]) + 1];
    }
    for (int i = 0; i < k; ++i) {
      share[i] /= total;
    }
  }
  for (int e = 0; e < s_.experts; ++e) {
    count[at(e) + 1] += count[at(e)];
  }
  r.first = count;
  for (int slot = 0; slot < rows_ * k; ++slot) {
    const int place = count[at(r.chosen[at(slot)])]++;
    r.place[at(slot)] = place;
    r.row[at(place)] = slot / k;
    r.slot_share[at(place)] = r.share[at(slot)];
  }
}

void TrainerPass::expertsForward(const float* w, const LayerOffsets& o, LayerRecord& r) {
  const int hidden = s_.hidden;
  const int width = s_.expert_width;
  threads_.run(s_.experts, [&](int e) {
    const int first = r.first[at(e)];
    const int count = r.first[at(e) + 1] - first;
    float* x = r.gathered.data() + first * hidden;
    float* u = r.gate_up.data() + first * 2 * width;
    float* a = r.active.data() + first * width;
    for (int i = 0; i < count; ++i) {
      const float* source = r.normed2.data() + r.row[at(first + i)] * hidden;
      std::copy(source, source + hidden, x + i * hidden);
    }
    const float* up = w + o.gate_up + e * 2 * width * hidden;
    multiply(u, rowMajor(x, count, hidden), rowMajor(up, 2 * width, hidden).transposed(), false);
    const float* bias = w + o.gate_up_bias + e * 2 * width;
    for (int i = 0; i < count; ++i) {
      float* gate = u + i * 2 * width;
      for (int f = 0; f < 2 * width; ++f) {
        gate[f] += bias[f];
      }
      for (int f = 0; f < width; ++f) {
        const float g = std::min(gate[f], kLimit);
        const float l = std::clamp(gate[width + f], -kLimit, kLimit);
        a[i * width + f] = g / (1.0F + std::exp(-kAlpha * g)) * (l + 1.0F);
      }
    }
    float* y = slot_out_.data() + first * hidden;
    const float* down = w + o.down + e * hidden * width;
    multiply(y, rowMajor(a, count, width), rowMajor(down, hidden, width).transposed(), false);
    const float* down_bias = w + o.down_bias + e * hidden;
    for (int i = 0; i < count; ++i) {
      const float share = r.slot_share[at(first + i)];
      for (int c = 0; c < hidden; ++c) {
        y[i * hidden + c] = share * (y[i * hidden + c] + down_bias[c]);
      }
    }
  });
  forRows([&](int begin, int end) {
    for (int t = begin; t < end; ++t) {
      float* x = x_.data() + t * hidden;
      for (int i = 0; i < s_.active; ++i) {
        const float* y = slot_out_.data() + r.place[at(t * s_.active + i)] * hidden;
        for (int c = 0; c < hidden; ++c) {
          x[c] += y[c];
        }
      }
    }
  });
}

void TrainerPass::expertBack(const float* w, float* g, const LayerOffsets& o, LayerRecord& r, int e) {
  const int hidden = s_.hidden;
  const int width = s_.expert_width;
  const int first = r.first[at(e)];
  const int count = r.first[at(e) + 1] - first;
  if (count == 0) {
    return;
  }
  float* dy = slot_out_.data() + first * hidden;  // gradient of the slot's output, before its share
  float* da = slot_work_.data() + first * width;
  float* a = r.active.data() + first * width;
  float* u = r.gate_up.data() + first * 2 * width;
  const float* down_bias = w + o.down_bias + e * hidden;
  float* ddown_bias = g + o.down_bias + e * hidden;
  for (int i = 0; i < count; ++i) {
    const float* source = dx_.data() + r.row[at(first + i)] * hidden;
    const float share = r.slot_share[at(first + i)];
    float dshare = 0;
    for (int c = 0; c < hidden; ++c) {
      dy[i * hidden + c] = source[c];
      dshare += source[c] * down_bias[c];
      ddown_bias[c] += share * source[c];
    }
    dshare_[at(first + i)] = dshare;
  }
  multiply(da, rowMajor(dy, count, hidden), rowMajor(w + o.down + e * hidden * width, hidden, width), false);
  float* dbias = g + o.gate_up_bias + e * 2 * width;
  for (int i = 0; i < count; ++i) {
    const float share = r.slot_share[at(first + i)];
    float* gate = u + i * 2 * width;
    float* active = a + i * width;
    const float* d = da + i * width;
    float dshare = 0;
    for (int f = 0; f < width; ++f) {
      dshare += d[f] * active[f];
      const float limited = std::min(gate[f], kLimit);
      const float up = std::clamp(gate[width + f], -kLimit, kLimit) + 1.0F;
      const float sigmoid = 1.0F / (1.0F + std::exp(-kAlpha * limited));
      const float dgate = share * d[f] * up * sigmoid * (1.0F + kAlpha * limited * (1.0F - sigmoid));
      const float dup = share * d[f] * limited * sigmoid;
      const bool gate_free = gate[f] < kLimit;
      const bool up_free = gate[width + f] > -kLimit && gate[width + f] < kLimit;
      gate[f] = gate_free ? dgate : 0.0F;  // the forward values are not needed any more
      gate[width + f] = up_free ? dup : 0.0F;
      active[f] *= share;
    }
    for (int f = 0; f < 2 * width; ++f) {
      dbias[f] += gate[f];
    }
    dshare_[at(first + i)] += dshare;
  }
  multiply(g + o.down + e * hidden * width, rowMajor(dy, count, hidden).transposed(),
           rowMajor(a, count, width), true);
  multiply(g + o.gate_up + e * 2 * width * hidden, rowMajor(u, count, 2 * width).transposed(),
           rowMajor(r.gathered.data() + first * hidden, count, hidden), true);
  multiply(dgathered_.data() + first * hidden, rowMajor(u, count, 2 * width),
           rowMajor(w + o.gate_up + e * 2 * width * hidden, 2 * width, hidden), false);
}

void TrainerPass::expertsBackward(const float* w, float* g, const LayerOffsets& o, LayerRecord& r,
                                  Rows& dnormed) {
  threads_.run(s_.experts, [&](int e) { expertBack(w, g, o, r, e); });
  forRows([&](int begin, int end) {
    for (int t = begin; t < end; ++t) {
      float* d = dnormed.data() + t * s_.hidden;
      for (int i = 0; i < s_.active; ++i) {
        const float* y = dgathered_.data() + r.place[at(t * s_.active + i)] * s_.hidden;
        for (int c = 0; c < s_.hidden; ++c) {
          d[c] = i == 0 ? y[c] : d[c] + y[c];
        }
      }
    }
  });
}

// Through the softmax over the chosen, and the balance loss: experts * sum over e of (share of slots) * (mean
// softmax over all), whose first factor is taken as given.
void TrainerPass::routerBackward(LayerRecord& r, double balance) {
  const int experts = s_.experts;
  std::vector<float> part(at(experts));
  for (int e = 0; e < experts; ++e) {
    part[at(e)] =
        static_cast<float>(r.first[at(e) + 1] - r.first[at(e)]) / static_cast<float>(rows_ * s_.active);
  }
  const float factor = static_cast<float>(balance * experts / rows_);
  forRows([&](int begin, int end) {
    std::vector<float> p(at(experts));
    for (int t = begin; t < end; ++t) {
      const float* logit = r.router.data() + t * experts;
      float* d = drouter_.data() + t * experts;
      const float top = logit[r.chosen[at(t * s_.active)]];
      float total = 0;
      for (int e = 0; e < experts; ++e) {
        p[at(e)] = std::exp(logit[e] - top);
        total += p[at(e)];
      }
      float mean = 0;
      for (int e = 0; e < experts; ++e) {
        p[at(e)] /= total;
        mean += p[at(e)] * part[at(e)];
      }
      for (int e = 0; e < experts; ++e) {
        d[e] = factor * p[at(e)] * (part[at(e)] - mean);
      }
      float own = 0;
      for (int i = 0; i < s_.active; ++i) {
        own += r.share[at(t * s_.active + i)] * dshare_[at(r.place[at(t * s_.active + i)])];
      }
      for (int i = 0; i < s_.active; ++i) {
        const auto slot = at(t * s_.active + i);
        d[r.chosen[slot]] += r.share[slot] * (dshare_[at(r.place[slot])] - own);
      }
    }
  });
}

}  // namespace rs
