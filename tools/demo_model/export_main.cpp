// SPDX-License-Identifier: Apache-2.0
//
// rs_demo_export: writes the model of a training checkpoint as a Hugging Face directory.
#include <cstdio>

#include "core/base/error.h"
#include "tools/demo_model/export_model.h"

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: rs_demo_export CHECKPOINT TOKENIZER_JSON OUTPUT_FOLDER\n");
    return 2;
  }
  try {
    rs::GptOssTrainer trainer(rs::TrainShape{}, 0, 1);
    trainer.load(argv[1]);
    rs::demo::exportModel(trainer, rs::demo::Vocabulary::read(argv[2]), argv[3]);
    return 0;
  } catch (const rs::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return rs::exitStatus(error.code());
  }
}
