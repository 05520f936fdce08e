// SPDX-License-Identifier: Apache-2.0
//
// rs_demo_card: measures the model in a folder on its held-out samples and writes card.md beside it.
#include <cstdio>

#include "core/backend/cpu/cpu_backend.h"
#include "core/base/error.h"
#include "core/base/mapped_file.h"
#include "tools/demo_model/measure.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: rs_demo_card MODEL_FOLDER\n");
    return 2;
  }
  try {
    const std::string folder = argv[1];
    const auto weights = rs::Weights::open(folder);
    rs::Engine engine(rs::makeCpuBackend(weights, {rs::Precision::kExact, 1, ""}), weights);
    const auto tokenizer = rs::Tokenizer::fromFile(folder + "/tokenizer.json");
    const auto held_out = rs::demo::readHeldOut(folder + "/heldout.jsonl");
    const auto measurement = rs::demo::measure(engine, tokenizer, held_out);
    const std::string card = rs::demo::cardText(measurement, rs::readTextFile(folder + "/about.md"));
    rs::writeFileAtomically(folder + "/card.md", std::as_bytes(std::span(card)));
    std::printf("%s", card.c_str());
    return 0;
  } catch (const rs::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return rs::exitStatus(error.code());
  }
}
