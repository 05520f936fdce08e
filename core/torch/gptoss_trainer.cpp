// SPDX-License-Identifier: Apache-2.0
#include "core/torch/gptoss_trainer.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

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

struct Header {
  char magic[8];
  std::uint64_t weights;
  std::uint64_t steps;
  std::uint64_t notes;
};

}  // namespace

struct GptOssTrainer::State {
  State(const TrainShape& s, std::uint64_t seed, int thread_count)
      : shape(s), threads(thread_count), parameters(s, seed), pass(s, threads) {}

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

  double gradientNorm() {
    constexpr int kParts = 16;
    double part[kParts] = {};
    const std::size_t block = parameters.gradient.size() / kParts + 1;
    threads.run(kParts, [&](int p) {
      const std::size_t end = std::min(parameters.gradient.size(), (static_cast<std::size_t>(p) + 1) * block);
      float sum = 0;
      for (std::size_t i = static_cast<std::size_t>(p) * block; i < end; ++i) {
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
  Parameters parameters;
  TrainerPass pass;
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

GptOssTrainer::GptOssTrainer(const TrainShape& shape, std::uint64_t seed, int threads)
    : state_(std::make_unique<State>(shape, seed, threads)) {}
GptOssTrainer::~GptOssTrainer() = default;

StepReport GptOssTrainer::step(const TrainBatch& batch, const StepOptions& options) {
  StepReport report;
  report.loss =
      state_->pass.loss(state_->weights(options.rounded), state_->parameters, batch, options.balance);
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
  return state_->pass.loss(state_->weights(options.rounded), state_->parameters, batch, options.balance);
}

std::vector<Scored> GptOssTrainer::score(const TrainBatch& batch, bool rounded) {
  return state_->pass.score(state_->weights(rounded), state_->parameters, batch);
}

std::vector<float> GptOssTrainer::logits(const TrainBatch& batch, bool rounded) {
  const float* weights = state_->weights(rounded);
  state_->pass.forward(weights, state_->parameters, batch);
  return state_->pass.logits(weights, state_->parameters);
}

std::vector<int> GptOssTrainer::loads() const {
  return state_->pass.loads();
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
