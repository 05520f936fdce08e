// SPDX-License-Identifier: Apache-2.0
//
// One run of a session file as the panes show runs, read from its beginning on: a window shows the first rows
// of a long run while the others are on their way.
//
// Thread: one at a time, not the window's. Lifetime: the reader outlives it.
// Errors: as SessionReader.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/snapshot.h"
#include "sessions/session_reader.h"

namespace rs::ui {

class StoredRunReading {
 public:
  // All but the routing. names: gets the texts of the run's tokens.
  StoredRunReading(sessions::SessionReader& reader, const sessions::StoredRun& stored,
                   std::map<std::int32_t, std::string>& names);

  // Positions whose routing the file holds in every layer, and those that were read so far.
  [[nodiscard]] int nRows() const { return n_rows_; }
  [[nodiscard]] int nRead() const { return trace_.size(); }
  // Up to n more rows. Cost: some 10 microseconds a row of 24 layers of 32 experts.
  void read(int n);
  // The run as far as it was read. Cost: a copy of what may follow each token.
  [[nodiscard]] std::shared_ptr<const RunSnapshot> snapshot();

 private:
  // What is read at once of one layer. Empty where it was not stored.
  struct LayerRows {
    sessions::StoredDecisions decisions;
    sessions::StoredDecisions own;
    sessions::StoredLogits logits;
    sessions::StoredLogits own_logits;
  };
  void readHead(const sessions::StoredRun& stored, std::map<std::int32_t, std::string>& names);
  [[nodiscard]] LayerRows rowsOf(int layer, int first, int n) const;
  void write(int layer, const LayerRows& rows, const CaptureSinks& sinks, int n) const;
  void readCandidates(int first, int n);

  sessions::SessionReader& reader_;
  sessions::RunId id_;
  std::vector<sessions::LayerShape> shapes_;
  RunSnapshot run_;
  int n_rows_ = 0;
  Trace trace_;
  std::vector<NextToken> next_;  // beside all tokens
};

}  // namespace rs::ui
