// SPDX-License-Identifier: Apache-2.0
//
// rs_demo_text: shows samples of the demo model's text and trains its vocabulary.
#include <cstdio>
#include <cstring>
#include <string>

#include "core/base/error.h"
#include "core/base/mapped_file.h"
#include "tools/demo_model/text_source.h"
#include "tools/demo_model/vocabulary.h"

namespace {

constexpr rs::demo::Mixture kVocabularyMixture = {{2, 2, 2, 2, 2, 2, 13}, {}};

void trainVocabulary(const rs::demo::TextSource& source, const std::string& path) {
  std::vector<std::string> texts;
  constexpr std::uint64_t kSamples = 150000;
  for (std::uint64_t i = 0; i < kSamples; ++i) {
    texts.push_back(source.sample(1, i, kVocabularyMixture).text);
  }
  const std::string json = rs::demo::Vocabulary::train(texts).json();
  rs::writeFileAtomically(path, std::as_bytes(std::span(json)));
}

void showSamples(const rs::demo::TextSource& source, const std::string& tokenizer) {
  const auto vocabulary = rs::demo::Vocabulary::read(tokenizer);
  long long tokens[rs::demo::kDomainCount] = {};
  long long samples[rs::demo::kDomainCount] = {};
  constexpr std::uint64_t kSamples = 20000;
  for (std::uint64_t i = 0; i < kSamples; ++i) {
    const auto sample = source.sample(7, i, {{1, 1, 1, 1, 1, 1, 1}, {}});
    const auto encoded = vocabulary.encode(sample);
    tokens[static_cast<int>(sample.domain)] += static_cast<long long>(encoded.ids.size());
    ++samples[static_cast<int>(sample.domain)];
    if (i < 60) {
      std::printf("--- %s / %s\n", rs::demo::domainName(sample.domain), sample.label.c_str());
      for (std::size_t t = 0; t < encoded.ids.size(); ++t) {
        static constexpr const char* kMark[] = {"", "\033[32m", "\033[31m"};
        std::printf("%s%s\033[0m|", kMark[static_cast<int>(encoded.kinds[t])],
                    vocabulary.decode(encoded.ids[t]).c_str());
      }
      std::printf("\n");
    }
  }
  for (int d = 0; d < rs::demo::kDomainCount; ++d) {
    std::printf("%s: %.1f tokens a sample\n", rs::demo::domainName(static_cast<rs::demo::Domain>(d)),
                static_cast<double>(tokens[d]) / static_cast<double>(samples[d]));
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    std::fprintf(stderr, "usage: rs_demo_text vocabulary|samples WORDNET_FOLDER TOKENIZER_JSON\n");
    return 2;
  }
  try {
    const rs::demo::TextSource source(rs::demo::readGlosses(argv[2]), rs::demo::Part::kTraining);
    std::strcmp(argv[1], "vocabulary") == 0 ? trainVocabulary(source, argv[3]) : showSamples(source, argv[3]);
    return 0;
  } catch (const rs::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return rs::exitStatus(error.code());
  }
}
