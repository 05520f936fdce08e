// SPDX-License-Identifier: Apache-2.0
//
// Attention of the trained model: RoPE with YaRN, sinks, sliding window, grouped heads; and back.
#include <algorithm>
#include <cmath>

#include "core/torch/trainer_pass.h"

namespace rs {

void TrainerPass::rotate(Rows& qkv, bool back) {
  const int half = s_.head_dim / 2;
  const int rotated = s_.heads + s_.kv_heads;
  forRows([&](int begin, int end) {
    for (int t = begin; t < end; ++t) {
      const float* cosine = cos_.data() + position_[static_cast<std::size_t>(t)] * half;
      const float* sine = sin_.data() + position_[static_cast<std::size_t>(t)] * half;
      const float sign = back ? -1.0F : 1.0F;
      for (int h = 0; h < rotated; ++h) {
        float* a = qkv.data() + t * qkv_width_ + h * s_.head_dim;
        float* b = a + half;
        for (int i = 0; i < half; ++i) {
          const float x = a[i];
          const float y = b[i];
          a[i] = x * cosine[i] - sign * y * sine[i];
          b[i] = y * cosine[i] + sign * x * sine[i];
        }
      }
    }
  });
}

void TrainerPass::attentionHead(LayerRecord& r, const float* sinks, int document, int head, int window) {
  const int start = starts_[static_cast<std::size_t>(document)];
  const int length = starts_[static_cast<std::size_t>(document) + 1] - start;
  const int d = s_.head_dim;
  const int kv = head / (s_.heads / s_.kv_heads);
  const float factor = 1.0F / std::sqrt(static_cast<float>(d));
  float* square =
      r.attention.data() + squares_[static_cast<std::size_t>(document)] +
      static_cast<std::size_t>(head) * static_cast<std::size_t>(length) * static_cast<std::size_t>(length);
  for (int i = 0; i < length; ++i) {
    const float* q = r.qkv.data() + (start + i) * qkv_width_ + head * d;
    float* p = square + i * length;
    const int from = window > 0 ? std::max(0, i - window + 1) : 0;
    float top = sinks[head];
    for (int j = from; j <= i; ++j) {
      const float* k = r.qkv.data() + (start + j) * qkv_width_ + q_width_ + kv * d;
      float dot = 0;
      for (int e = 0; e < d; ++e) {
        dot += q[e] * k[e];
      }
      p[j] = dot * factor;
      top = std::max(top, p[j]);
    }
    float total = std::exp(sinks[head] - top);
    for (int j = from; j <= i; ++j) {
      p[j] = std::exp(p[j] - top);
      total += p[j];
    }
    float* z = r.mixed.data() + (start + i) * q_width_ + head * d;
    std::fill(z, z + d, 0.0F);
    std::fill(p, p + from, 0.0F);
    for (int j = from; j <= i; ++j) {
      p[j] /= total;
      const float* v = r.qkv.data() + (start + j) * qkv_width_ + q_width_ + (s_.kv_heads + kv) * d;
      for (int e = 0; e < d; ++e) {
        z[e] += p[j] * v[e];
      }
    }
  }
}

void TrainerPass::attentionForward(const float* sinks, LayerRecord& r, bool sliding) {
  threads_.run(documents(), [&](int document) {
    for (int head = 0; head < s_.heads; ++head) {
      attentionHead(r, sinks, document, head, sliding ? s_.window : 0);
    }
  });
}

// The sink's share is what the row of the softmax lacks to 1; its gradient is -share * sum(p dp).
void TrainerPass::attentionHeadBack(LayerRecord& r, const Rows& dmixed, Rows& dqkv, int document, int head) {
  const int start = starts_[static_cast<std::size_t>(document)];
  const int length = starts_[static_cast<std::size_t>(document) + 1] - start;
  const int d = s_.head_dim;
  const int kv = head / (s_.heads / s_.kv_heads);
  const float factor = 1.0F / std::sqrt(static_cast<float>(d));
  const float* square =
      r.attention.data() + squares_[static_cast<std::size_t>(document)] +
      static_cast<std::size_t>(head) * static_cast<std::size_t>(length) * static_cast<std::size_t>(length);
  float dsink = 0;
  std::vector<float> dp(static_cast<std::size_t>(length));
  for (int i = 0; i < length; ++i) {
    const float* p = square + i * length;
    const float* dz = dmixed.data() + (start + i) * q_width_ + head * d;
    const float* q = r.qkv.data() + (start + i) * qkv_width_ + head * d;
    float* dq = dqkv.data() + (start + i) * qkv_width_ + head * d;
    float mean = 0;
    float mass = 0;
    for (int j = 0; j <= i; ++j) {
      const float* v = r.qkv.data() + (start + j) * qkv_width_ + q_width_ + (s_.kv_heads + kv) * d;
      float* dv = dqkv.data() + (start + j) * qkv_width_ + q_width_ + (s_.kv_heads + kv) * d;
      float dot = 0;
      for (int e = 0; e < d; ++e) {
        dot += dz[e] * v[e];
        dv[e] += p[j] * dz[e];
      }
      dp[static_cast<std::size_t>(j)] = dot;
      mean += p[j] * dot;
      mass += p[j];
    }
    dsink -= (1.0F - mass) * mean;
    for (int j = 0; j <= i; ++j) {
      const float ds = p[j] * (dp[static_cast<std::size_t>(j)] - mean) * factor;
      const float* k = r.qkv.data() + (start + j) * qkv_width_ + q_width_ + kv * d;
      float* dk = dqkv.data() + (start + j) * qkv_width_ + q_width_ + kv * d;
      for (int e = 0; e < d; ++e) {
        dq[e] += ds * k[e];
        dk[e] += ds * q[e];
      }
    }
  }
  dsink_[static_cast<std::size_t>(document * s_.heads + head)] = dsink;
}

void TrainerPass::attentionBackward(LayerRecord& r, const Rows& dmixed, Rows& dqkv, float* dsinks, bool) {
  std::fill(dqkv.begin(), dqkv.end(), 0.0F);
  dsink_.assign(static_cast<std::size_t>(documents() * s_.heads), 0.0F);
  threads_.run(documents(), [&](int document) {
    for (int head = 0; head < s_.heads; ++head) {
      attentionHeadBack(r, dmixed, dqkv, document, head);
    }
  });
  for (int document = 0; document < documents(); ++document) {
    for (int head = 0; head < s_.heads; ++head) {
      dsinks[head] += dsink_[static_cast<std::size_t>(document * s_.heads + head)];
    }
  }
}

}  // namespace rs
