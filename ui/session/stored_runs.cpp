// SPDX-License-Identifier: Apache-2.0
#include "ui/session/stored_runs.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>

#include "core/base/error.h"
#include "ui/session/stored_run_reading.h"

namespace rs::ui {
namespace {

// Of all runs together, so that what an opened session shows first is there at once.
constexpr int kFirstRows = 2048;

// The texts of tokens, by tokenizer.
using Names = std::map<std::string, std::map<std::int32_t, std::string>>;

void nameTokens(StoredRuns& loaded, Names& names) {
  for (auto& [tokenizer, texts] : names) {
    if (texts.empty()) {
      continue;
    }
    const auto known = std::make_shared<const TokenNames>(std::move(texts));
    for (StoredRun& run : loaded.runs) {
      if (run.tokenizer_hash == tokenizer) {
        run.names = known;
      }
    }
  }
}

}  // namespace

StoredRuns loadStoredRuns(sessions::SessionReader& reader) {
  StoredRuns loaded;
  Names names;
  int n_left = kFirstRows;
  std::vector<sessions::RunSummary> summaries = reader.runs();
  std::reverse(summaries.begin(), summaries.end());  // the newest is shown
  for (const sessions::RunSummary& summary : summaries) {
    try {
      const sessions::StoredRun stored = reader.run(summary.id);
      const sessions::ModelFacts& model = stored.setup.model;
      StoredRunReading reading(reader, stored, names[model.tokenizer_hash]);
      reading.read(n_left);
      n_left -= reading.nRead();
      if (loaded.runs.empty()) {
        loaded.model = model;
      }
      loaded.runs.push_back({reading.snapshot(), nullptr, model.hash, model.tokenizer_hash, reading.nRows()});
    } catch (const Error& error) {  // the others can be shown
      loaded.problems.push_back("run " + std::to_string(summary.id) + ": " + error.what());
    }
  }
  std::reverse(loaded.runs.begin(), loaded.runs.end());
  nameTokens(loaded, names);
  return loaded;
}

std::shared_ptr<const RunSnapshot> loadStoredRun(sessions::SessionReader& reader, sessions::RunId id,
                                                 std::map<std::int32_t, std::string>& names) {
  StoredRunReading reading(reader, reader.run(id), names);
  reading.read(reading.nRows());
  return reading.snapshot();
}

}  // namespace rs::ui
