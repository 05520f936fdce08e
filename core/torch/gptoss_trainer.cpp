// SPDX-License-Identifier: Apache-2.0
#include "core/torch/gptoss_trainer.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <numeric>

#include "core/base/error.h"
#include "core/base/mapped_file.h"
#include "core/base/text.h"
#include "core/torch/parameters.h"
#include "core/torch/rounding.h"
#include "core/torch/trainer_pass.h"

namespace rs {
namespace {

constexpr char kMagic[8] = {'r', 's', 't', 'r', 'a', 'i', 'n', '1'};
constexpr float kBeta1 = 0.9F;
constexpr float kBeta2 = 0.98F;
constexpr float kAdamEpsilon = 1e-8F;

// Whole documents, about as many tokens in each part.
std::vector<TrainBatch> split(const TrainBatch& batch, int parts) {
  std::vector<TrainBatch> result;
  const long long rows = batch.starts.back();
  std::size_t document = 0;
  for (int part = 1; part <= parts; ++part) {
    const std::size_t first = document;
    while (document + 1 < batch.starts.size() && batch.starts[document] < rows * part / parts) {
      ++document;
    }
    if (document == first) {
      continue;
    }
    TrainBatch piece;
    const int begin = batch.starts[first];
    const int end = batch.starts[document];
    piece.ids.assign(batch.ids.begin() + begin, batch.ids.begin() + end);
    piece.targets.assign(batch.targets.begin() + begin, batch.targets.begin() + end);
    piece.weights.assign(batch.weights.begin() + begin, batch.weights.begin() + end);
    for (std::size_t d = first; d <= document; ++d) {
      piece.starts.push_back(batch.starts[d] - begin);
    }
    result.push_back(std::move(piece));
  }
  return result;
}

struct Header {
  char magic[8];
  std::uint64_t weights;
  std::uint64_t steps;
  std::uint64_t notes;
};

}  // namespace

struct GptOssTrainer::State {
  State(const TrainShape& s, std::uint64_t seed, int thread_count)
      : shape(s), threads(thread_count), parameters(s, seed) {
    for (int i = 0; i < thread_count; ++i) {
      passes.push_back(std::make_unique<TrainerPass>(s, alone));
      gradients.emplace_back(i == 0 ? 0 : parameters.master.size());
    }
  }

  // The weights to compute with: the master copy, or its rounding to the published formats.
  const float* weights(bool rounded) {
    if (!rounded) {
      return parameters.master.data();
    }
    parameters.rounded.resize(parameters.master.size());
    struct Task {
      std::size_t begin, end;
      bool experts;
    };
    std::vector<Task> tasks;
    for (const Weight& weight : parameters.list()) {
      constexpr std::size_t kBlock = std::size_t{1} << 17U;
      for (std::size_t begin = 0; begin < weight.size; begin += kBlock) {
        tasks.push_back({weight.offset + begin, weight.offset + std::min(weight.size, begin + kBlock),
                         weight.kind == WeightKind::kExperts});
      }
    }
    threads.run(static_cast<int>(tasks.size()), [&](int index) {
      const Task& task = tasks[static_cast<std::size_t>(index)];
      const std::span<const float> from(parameters.master.data() + task.begin, task.end - task.begin);
      const std::span<float> to(parameters.rounded.data() + task.begin, from.size());
      if (task.experts) {
        roundToMxfp4(from, to);
      } else {
        std::transform(from.begin(), from.end(), to.begin(), roundToBf16);
      }
    });
    return parameters.rounded.data();
  }

  double loss(const TrainBatch& batch, const StepOptions& options);

  // Adds the other parts' gradients to the first one.
  void gather(std::size_t begin, std::size_t end) {
    for (std::size_t part = 1; part < gradients.size(); ++part) {
      float* g = parameters.gradient.data();
      float* other = gradients[part].data();
      for (std::size_t i = begin; i < end; ++i) {
        g[i] += other[i];
        other[i] = 0;
      }
    }
  }

  double gradientNorm() {
    constexpr int kParts = 16;
    double part[kParts] = {};
    const std::size_t block = parameters.gradient.size() / kParts + 1;
    threads.run(kParts, [&](int p) {
      const std::size_t end = std::min(parameters.gradient.size(), (static_cast<std::size_t>(p) + 1) * block);
      const std::size_t begin = static_cast<std::size_t>(p) * block;
      gather(begin, end);
      float sum = 0;
      for (std::size_t i = begin; i < end; ++i) {
        sum += parameters.gradient[i] * parameters.gradient[i];
      }
      part[p] = static_cast<double>(sum);
    });
    double total = 0;
    for (const double sum : part) {
      total += sum;
    }
    return std::sqrt(total);
  }

  void adamW(const StepOptions& options, float gradient_factor);

  TrainShape shape;
  TrainThreads threads;
  TrainThreads alone{1};  // for work that is already spread
  Parameters parameters;
  std::vector<std::unique_ptr<TrainerPass>> passes;  // each thread takes a part of a batch
  std::vector<std::vector<float>> gradients;         // of each part; the first one's is parameters.gradient
  std::uint64_t steps = 0;
};

void GptOssTrainer::State::adamW(const StepOptions& options, float gradient_factor) {
  ++steps;
  const auto n = static_cast<double>(steps);
  const auto rate = static_cast<float>(options.rate / (1 - std::pow(static_cast<double>(kBeta1), n)));
  const auto correction = static_cast<float>(1 / (1 - std::pow(static_cast<double>(kBeta2), n)));
  Parameters& p = parameters;
  threads.run(static_cast<int>(p.list().size()), [&](int index) {
    const Weight& weight = p.list()[static_cast<std::size_t>(index)];
    const bool decays = weight.kind == WeightKind::kMatrix || weight.kind == WeightKind::kExperts;
    const auto keep = static_cast<float>(1 - (decays ? options.rate * options.weight_decay : 0.0));
    float* w = p.master.data() + weight.offset;
    float* g = p.gradient.data() + weight.offset;
    float* m = p.mean.data() + weight.offset;
    float* v = p.variance.data() + weight.offset;
    for (std::size_t i = 0; i < weight.size; ++i) {
      const float gradient = g[i] * gradient_factor;
      m[i] = kBeta1 * m[i] + (1 - kBeta1) * gradient;
      v[i] = kBeta2 * v[i] + (1 - kBeta2) * gradient * gradient;
      w[i] = keep * w[i] - rate * m[i] / (std::sqrt(v[i] * correction) + kAdamEpsilon);
      g[i] = 0;
    }
  });
}

double GptOssTrainer::State::loss(const TrainBatch& batch, const StepOptions& options) {
  const float* w = weights(options.rounded);
  const std::vector<TrainBatch> parts = split(batch, static_cast<int>(passes.size()));
  LossScale scale;
  scale.total_weight = std::accumulate(batch.weights.begin(), batch.weights.end(), 0.0);
  scale.balance = options.balance / static_cast<double>(parts.size());
  std::vector<double> losses(parts.size());
  threads.run(static_cast<int>(parts.size()), [&](int part) {
    const auto p = static_cast<std::size_t>(part);
    float* gradient = p == 0 ? parameters.gradient.data() : gradients[p].data();
    losses[p] = passes[p]->loss(w, parameters, gradient, parts[p], scale);
  });
  return std::accumulate(losses.begin(), losses.end(), 0.0);
}

GptOssTrainer::GptOssTrainer(const TrainShape& shape, std::uint64_t seed, int threads)
    : state_(std::make_unique<State>(shape, seed, threads)) {}
GptOssTrainer::~GptOssTrainer() = default;

StepReport GptOssTrainer::step(const TrainBatch& batch, const StepOptions& options) {
  StepReport report;
  report.loss = state_->loss(batch, options);
  report.gradient_norm = state_->gradientNorm();
  if (!std::isfinite(report.gradient_norm)) {
    throw Error(ErrorCode::kNumeric, format("training step %llu: the gradient is not finite (loss %g)",
                                            static_cast<unsigned long long>(state_->steps), report.loss));
  }
  state_->adamW(options, static_cast<float>(std::min(1.0, options.clip / report.gradient_norm)));
  return report;
}

double GptOssTrainer::lossAndGradient(const TrainBatch& batch, const StepOptions& options) {
  std::fill(state_->parameters.gradient.begin(), state_->parameters.gradient.end(), 0.0F);
  const double loss = state_->loss(batch, options);
  state_->gather(0, state_->parameters.gradient.size());
  return loss;
}

std::vector<Scored> GptOssTrainer::score(const TrainBatch& batch, bool rounded) {
  return state_->passes[0]->score(state_->weights(rounded), state_->parameters, batch);
}

std::vector<float> GptOssTrainer::logits(const TrainBatch& batch, bool rounded) {
  const float* weights = state_->weights(rounded);
  state_->passes[0]->forward(weights, state_->parameters, batch);
  return state_->passes[0]->logits(weights, state_->parameters);
}

std::vector<int> GptOssTrainer::loads() const {
  return state_->passes[0]->loads();
}

std::span<float> GptOssTrainer::parameter(const std::string& name) {
  const Weight& weight = state_->parameters.find(name);
  return {state_->parameters.master.data() + weight.offset, weight.size};
}

std::span<float> GptOssTrainer::gradient(const std::string& name) {
  const Weight& weight = state_->parameters.find(name);
  return {state_->parameters.gradient.data() + weight.offset, weight.size};
}

const TrainShape& GptOssTrainer::shape() const {
  return state_->shape;
}

void GptOssTrainer::save(const std::string& path, const std::string& notes) const {
  const Parameters& p = state_->parameters;
  Header header{};
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  header.weights = p.master.size();
  header.steps = state_->steps;
  header.notes = notes.size();
  std::vector<std::byte> bytes;
  bytes.reserve(sizeof header + notes.size() + 3 * p.master.size() * sizeof(float));
  const auto append = [&](const void* data, std::size_t size) {
    const auto* from = static_cast<const std::byte*>(data);
    bytes.insert(bytes.end(), from, from + size);
  };
  append(&header, sizeof header);
  append(notes.data(), notes.size());
  for (const auto* array : {&p.master, &p.mean, &p.variance}) {
    append(array->data(), array->size() * sizeof(float));
  }
  writeFileAtomically(path, bytes);
}

std::string GptOssTrainer::load(const std::string& path) {
  const MappedFile file(path);
  Parameters& p = state_->parameters;
  const std::size_t array = p.master.size() * sizeof(float);
  Header header{};
  if (file.bytes().size() >= sizeof header) {
    std::memcpy(&header, file.bytes().data(), sizeof header);
  }
  if (std::memcmp(header.magic, kMagic, sizeof kMagic) != 0 || header.weights != p.master.size() ||
      file.bytes().size() != sizeof header + header.notes + 3 * array) {
    throw Error(ErrorCode::kModel,
                format("reading a checkpoint: expected one of %zu weights, found a file of %zu bytes that "
                       "is not: ",
                       p.master.size(), file.bytes().size()) +
                    path);
  }
  const std::byte* at = file.bytes().data() + sizeof header;
  const std::string notes(reinterpret_cast<const char*>(at), header.notes);
  at += header.notes;
  for (auto* target : {&p.master, &p.mean, &p.variance}) {
    std::memcpy(target->data(), at, array);
    at += array;
  }
  state_->steps = header.steps;
  return notes;
}

}  // namespace rs
