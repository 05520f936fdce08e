// SPDX-License-Identifier: Apache-2.0
//
// Writes the trained model as the published gpt-oss are laid out: config.json, model.safetensors with MXFP4
// experts and bf16 rest, tokenizer.json, tokenizer_config.json with a chat template, generation_config.json.
#pragma once

#include <string>

#include "core/torch/gptoss_trainer.h"
#include "tools/demo_model/vocabulary.h"

namespace rs::demo {

// Errors: Error{kIo} naming the file.
void exportModel(GptOssTrainer& trainer, const Vocabulary& vocabulary, const std::string& folder);

}  // namespace rs::demo
