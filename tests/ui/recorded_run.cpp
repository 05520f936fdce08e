// SPDX-License-Identifier: Apache-2.0
#include "tests/ui/recorded_run.h"

#include <utility>

#include "core/backend/cpu/cpu_backend.h"
#include "core/export/tensor_file_reader.h"
#include "core/routing/compile.h"
#include "core/routing/edit_json.h"
#include "ui/reading/decision_reading.h"

namespace rs::test {

std::shared_ptr<const RunSnapshot> recordedRun(const std::string& edits) {
  const std::string nano = RS_SOURCE_DIR "/tests/fixtures/nano";
  const auto weights = Weights::open(nano);
  const ModelConfig& config = weights->config();
  Engine engine(makeCpuBackend(weights, {Precision::kExact, 1, ""}), weights);
  auto run = std::make_shared<RunSnapshot>();
  if (!edits.empty()) {
    run->steering.edits = parseEdits(edits);
    engine.setProgram(compile(run->steering.edits, config, {{}, 0, {}}));
  }
  RunRequest request;
  const TensorFileReader reference(nano + "/reference/plain.safetensors");
  request.tokens = toInts(*reference.find("tokens"));
  request.trace = {parseAddresses("router", config), LogitsWanted::kNone};
  for (const Address& address : ui::ownDecisionAddresses(config)) {
    request.trace.addresses.push_back(address);
  }
  RunListener listener;
  RunResult result = engine.run(request, listener);
  run->id = 1;
  run->state = RunState::kDone;
  run->n_prompt = static_cast<int>(request.tokens.size());
  run->tokens = std::make_shared<const std::vector<std::int32_t>>(request.tokens);
  run->trace = std::move(result.trace);
  return run;
}

}  // namespace rs::test
