// SPDX-License-Identifier: Apache-2.0
//
// rs_train_demo: trains the demo model after a recipe, from the last checkpoint if there is one.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <numeric>
#include <string>

#include "core/base/error.h"
#include "core/base/text.h"
#include "tools/demo_model/recipe.h"

namespace rs::demo {
namespace {

std::atomic<bool> stop_asked{false};

struct Job {
  Recipe recipe;
  Vocabulary vocabulary;
  TextSource training;
  TextSource held_out;
  std::string folder;
  std::uint64_t next_sample = 0;
  std::uint64_t hash = 1469598103934665603ULL;  // FNV-1a over all token ids so far
  std::uint64_t tokens = 0;
  int step = 0;
};

// Learns from a part of the plain text targets only, which saves their share of the unembedding.
void thin(TrainBatch& batch, double kept, Random& random) {
  if (kept >= 1) {
    return;
  }
  for (float& weight : batch.weights) {
    if (weight > 0 && weight < 1) {
      weight = random.chance(kept) ? weight / static_cast<float>(kept) : 0.0F;
    }
  }
}

TrainBatch nextBatch(Job& job) {
  const Phase& phase = job.recipe.phaseAt(job.step);
  TrainBatch batch;
  while (static_cast<int>(batch.ids.size()) < phase.tokens_per_step) {
    const Sample sample = job.training.sample(job.recipe.seed, job.next_sample++, phase.mixture);
    append(batch, job.vocabulary.encode(sample), sample.domain);
  }
  for (const std::int32_t id : batch.ids) {
    job.hash = (job.hash ^ static_cast<std::uint64_t>(id)) * 1099511628211ULL;
  }
  job.tokens += batch.ids.size();
  Random random(job.next_sample);
  thin(batch, phase.text_kept, random);
  return batch;
}

struct Tally {
  int right = 0;
  int count = 0;
};

// How many of the samples' first answers the model would give greedily, exactly.
Tally exactAnswers(GptOssTrainer& trainer, const Job& job, const std::vector<Sample>& samples, bool rounded) {
  TrainBatch batch;
  for (const Sample& sample : samples) {
    const Tokens tokens = job.vocabulary.encode(sample);
    const std::size_t begin = batch.ids.size();
    append(batch, tokens, sample.domain);
    bool inside = false;
    bool done = false;
    for (std::size_t i = 0; i + 1 < tokens.ids.size(); ++i) {
      const bool answer = tokens.kinds[i + 1] == Kind::kAnswer;
      done = done || (inside && !answer);
      inside = inside || answer;
      batch.weights[begin + i] = answer && !done ? 1.0F : 0.0F;
    }
  }
  std::vector<char> wrong(samples.size(), 0);
  std::size_t document = 0;
  for (const Scored& scored : trainer.score(batch, rounded)) {
    while (scored.row >= batch.starts[document + 1]) {
      ++document;
    }
    if (scored.best != batch.targets[static_cast<std::size_t>(scored.row)]) {
      wrong[document] = 1;
    }
  }
  return {static_cast<int>(std::count(wrong.begin(), wrong.end(), 0)), static_cast<int>(samples.size())};
}

// Perplexity over all tokens that were not drawn.
double perplexity(GptOssTrainer& trainer, const Job& job, const std::vector<Sample>& samples, bool rounded) {
  TrainBatch batch;
  for (const Sample& sample : samples) {
    append(batch, job.vocabulary.encode(sample), sample.domain);
  }
  double loss = 0;
  double count = 0;
  for (const Scored& scored : trainer.score(batch, rounded)) {
    loss += scored.loss;
    count += 1;
  }
  return std::exp(loss / count);
}

void evaluate(GptOssTrainer& trainer, const Job& job, bool rounded, std::FILE* log) {
  struct Class {
    char op;
    int a, b;
  };
  static constexpr Class kClasses[] = {{'*', 1, 1}, {'+', 2, 2}, {'-', 2, 2}, {'*', 2, 1},
                                       {'*', 2, 2}, {'*', 3, 2}, {'/', 1, 1}};
  Random random(999);
  std::string line = format("{\"step\": %d, \"rounded\": %d", job.step, rounded ? 1 : 0);
  for (const Class& c : kClasses) {
    std::vector<Sample> samples;
    constexpr int kSamples = 200;
    for (int i = 0; i < kSamples; ++i) {
      samples.push_back(arithmeticOf(c.op, c.a, c.b, {Part::kHeldOut, 1, 1, 1}, random));
    }
    const Tally tally = exactAnswers(trainer, job, samples, rounded);
    line +=
        format(", \"%s\": %.3f", samples[0].label.c_str(), static_cast<double>(tally.right) / tally.count);
  }
  for (int d = 0; d < kDomainCount; ++d) {
    std::vector<Sample> samples;
    constexpr int kSamples = 100;
    for (int i = 0; i < kSamples; ++i) {
      samples.push_back(job.held_out.sampleOf(static_cast<Domain>(d), random));
    }
    line += format(", \"%s\": %.3f", domainName(static_cast<Domain>(d)),
                   perplexity(trainer, job, samples, rounded));
  }
  const std::vector<int> loads = trainer.loads();
  const auto [least, most] = std::minmax_element(loads.begin(), loads.end());
  const double uniform = std::accumulate(loads.begin(), loads.end(), 0.0) / static_cast<double>(loads.size());
  line += format(", \"least load\": %.3f, \"most load\": %.3f}", *least / uniform, *most / uniform);
  std::fprintf(log, "%s\n", line.c_str());
  std::fflush(log);
}

void saveAll(const GptOssTrainer& trainer, const Job& job) {
  trainer.save(
      job.folder + "/checkpoint.bin",
      format("%d %llu %llu %llu", job.step, static_cast<unsigned long long>(job.next_sample),
             static_cast<unsigned long long>(job.hash), static_cast<unsigned long long>(job.tokens)));
}

void loadAll(GptOssTrainer& trainer, Job& job) {
  const std::string path = job.folder + "/checkpoint.bin";
  if (!std::filesystem::exists(path)) {
    return;
  }
  unsigned long long sample = 0;
  unsigned long long hash = 0;
  unsigned long long tokens = 0;
  if (std::sscanf(trainer.load(path).c_str(), "%d %llu %llu %llu", &job.step, &sample, &hash, &tokens) != 4) {
    throw Error(ErrorCode::kModel,
                "reading a checkpoint: its notes are not those of the demo model: " + path);
  }
  job.next_sample = sample;
  job.hash = hash;
  job.tokens = tokens;
}

void train(Job& job) {
  constexpr int kThreads = 2;
  constexpr int kReport = 50;
  constexpr int kEvaluate = 500;
  constexpr int kSave = 500;
  GptOssTrainer trainer(TrainShape{}, job.recipe.seed, kThreads);
  loadAll(trainer, job);
  std::FILE* log = std::fopen((job.folder + "/training.jsonl").c_str(), "a");
  if (log == nullptr) {
    throw Error(ErrorCode::kIo, "opening the training log: " + job.folder);
  }
  auto start = std::chrono::steady_clock::now();
  double loss = 0;
  double tokens = 0;
  while (job.step < job.recipe.steps && !stop_asked) {
    const TrainBatch batch = nextBatch(job);
    StepOptions options;
    options.rate = job.recipe.rateAt(job.step);
    options.weight_decay = job.recipe.weight_decay;
    options.balance = job.recipe.phaseAt(job.step).balance;
    options.rounded = job.step >= job.recipe.rounded_from;
    const StepReport report = trainer.step(batch, options);
    ++job.step;
    loss += report.loss / kReport;
    tokens += static_cast<double>(batch.ids.size());
    if (job.step % kReport == 0) {
      const std::chrono::duration<double> time = std::chrono::steady_clock::now() - start;
      std::fprintf(log,
                   "{\"step\": %d, \"tokens\": %llu, \"loss\": %.4f, \"rate\": %.6f, \"gradient\": %.3f, "
                   "\"per_second\": %.0f}\n",
                   job.step, static_cast<unsigned long long>(job.tokens), loss, options.rate,
                   report.gradient_norm, tokens / time.count());
      std::fflush(log);
      loss = tokens = 0;
      start = std::chrono::steady_clock::now();
    }
    if (job.step % kEvaluate == 0) {
      evaluate(trainer, job, options.rounded, log);
      start = std::chrono::steady_clock::now();
    }
    if (job.step % kSave == 0) {
      saveAll(trainer, job);
    }
  }
  saveAll(trainer, job);
  std::fclose(log);
}

}  // namespace
}  // namespace rs::demo

int main(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "usage: rs_train_demo RECIPE_JSON TOKENIZER_JSON WORDNET_FOLDER OUTPUT_FOLDER\n");
    return 2;
  }
  std::signal(SIGTERM, [](int) { rs::demo::stop_asked = true; });
  std::signal(SIGINT, [](int) { rs::demo::stop_asked = true; });
  try {
    using namespace rs::demo;
    const auto glosses = readGlosses(argv[3]);
    Job job{Recipe::read(argv[1]), Vocabulary::read(argv[2]), TextSource(glosses, Part::kTraining),
            TextSource(glosses, Part::kHeldOut), argv[4]};
    train(job);
    return 0;
  } catch (const rs::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return rs::exitStatus(error.code());
  }
}
