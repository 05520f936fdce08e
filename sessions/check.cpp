// SPDX-License-Identifier: Apache-2.0
#include "sessions/check.h"

#include <sstream>

#include "core/base/error.h"
#include "core/base/text.h"
#include "core/routing/decision.h"
#include "sessions/expert_counts.h"
#include "sessions/journal.h"
#include "sessions/schema.h"
#include "sessions/session_file.h"
#include "sessions/session_reader.h"

namespace rs::sessions {
namespace {

constexpr std::size_t kFindings = 50;

class Checker {
 public:
  Checker(const std::string& path, const std::function<bool()>& stops) : path_(path), stops_(stops) {}

  SessionCheck run() {
    const auto connection = openForReading(path_);
    if (stops_) {
      connection->setProgress(stops_);
    }
    part("pages", [&] { pages(*connection); });
    part("keys", [&] { keys(*connection); });
    SessionReader reader(path_);
    part("journal", [&] { journal(*connection, reader); });
    part("runs", [&] {
      for (const RunSummary& summary : reader.runs()) {
        ++result_.n_runs;
        part("run " + std::to_string(summary.id), [&] { tokens(*connection, summary); });
        part("run " + std::to_string(summary.id), [&] { routing(reader, summary); });
        part("run " + std::to_string(summary.id), [&] { counts(*connection, summary.id); });
      }
    });
    return std::move(result_);
  }

 private:
  // What cannot be read any more is a finding, and the other parts are looked at all the same.
  template <typename Work>
  void part(const std::string& name, const Work& work) {
    try {
      work();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kModel) {
        throw;
      }
      say(name + ": " + error.what());
    }
  }

  void say(const std::string& finding) {
    if (result_.findings.size() < kFindings) {
      result_.findings.push_back(finding);
    }
  }

  void pages(Connection& connection) {
    Statement rows = connection.prepare("PRAGMA integrity_check(20)");
    while (rows.step()) {
      // One row can say several things, after a line with the name of the database.
      std::istringstream text{std::string(rows.text(0))};
      for (std::string line; std::getline(text, line);) {
        if (line != "ok" && !line.starts_with("***")) {
          say("pages: " + line);
        }
      }
    }
  }

  void keys(Connection& connection) {
    Statement rows = connection.prepare("PRAGMA foreign_key_check");
    while (rows.step()) {
      say("keys: a row of " + std::string(rows.text(0)) + " belongs to a row of " +
          std::string(rows.text(2)) + " that is not there");
    }
  }

  void journal(Connection& connection, SessionReader& reader) {
    static_cast<void>(Journal(connection).state());  // every undo and redo has something to act on
    const std::vector<Command> commands = reader.commands();
    result_.n_commands = static_cast<int>(commands.size());
    const std::vector<Document> told = replayCommands(commands);
    const std::vector<Document> present = reader.documents();
    if (told != present) {
      say(format("journal: its %zu entries make %zu documents, the session has %zu, not all equal",
                 commands.size(), told.size(), present.size()));
    }
  }

  void tokens(Connection& connection, const RunSummary& run) {
    Statement row =
        connection.prepare("SELECT count(*), min(position), max(position) FROM token WHERE run_id = ?");
    row.with(run.id).step();
    const std::int64_t n = row.number(0);
    result_.n_tokens += n;
    if (n > 0 && (row.number(1) != 0 || row.number(2) != n - 1)) {
      say(format("run %lld: has %lld tokens between positions %lld and %lld", static_cast<long long>(run.id),
                 static_cast<long long>(n), static_cast<long long>(row.number(1)),
                 static_cast<long long>(row.number(2))));
    }
    if (n < run.n_prompt) {
      say(format("run %lld: has %lld tokens, fewer than its prompt of %d", static_cast<long long>(run.id),
                 static_cast<long long>(n), run.n_prompt));
    }
  }

  void routing(SessionReader& reader, const RunSummary& run) {
    const StoredRun stored = reader.run(run.id);
    int routed = -1;
    for (int layer = 0; layer < stored.setup.model.n_layers; ++layer) {
      int end = 0;
      while (true) {
        if (stops_ && stops_()) {
          throw Error(ErrorCode::kCancelled, "checking a session: stopped");
        }
        const StoredDecisions decisions = reader.decisions(run.id, layer, end, kPiece);
        if (decisions.n == 0) {
          break;
        }
        decide(run.id, decisions,
               stored.setup.virtual_experts.empty() && run.n_edits == 0 ? stored.setup.model.n_experts
                                                                        : 1 << 16);
        end += decisions.n;
      }
      if (routed >= 0 && end != routed) {
        say(format("run %lld: layer %d has routing of %d tokens, layer %d of %d",
                   static_cast<long long>(run.id), layer, end, layer - 1, routed));
      }
      routed = end;
    }
  }

  void counts(Connection& connection, RunId run) {
    if (connection.number("PRAGMA user_version") < 2) {
      return;
    }
    findWrongCounts(connection, run, [&](int layer, int first, bool is_missing) {
      say(format("run %lld, layer %d: the counts of experts from token %d on are %s",
                 static_cast<long long>(run), layer, first,
                 is_missing ? "missing" : "not those of its decisions"));
    });
  }

  void decide(RunId run, const StoredDecisions& decisions, int n_ids) {
    std::vector<std::int32_t> ids;
    std::vector<float> weights;
    for (int position = decisions.first; position < decisions.first + decisions.n; ++position) {
      const auto stored_ids = decisions.expertsAt(position);
      const auto stored_weights = decisions.weightsAt(position);
      ids.assign(stored_ids.begin(), stored_ids.end());
      weights.assign(stored_weights.begin(), stored_weights.end());
      DecisionRef decision{ids.data(), weights.data(), 0, decisions.slots};
      while (decision.n_slots < decisions.slots && ids[static_cast<std::size_t>(decision.n_slots)] >= 0) {
        ++decision.n_slots;
      }
      if (const auto wrong = violation(decision, n_ids)) {
        say(format("run %lld, token %d, layer %d: %s", static_cast<long long>(run), position, decisions.layer,
                   wrong->c_str()));
      }
      ++result_.n_decisions;
    }
  }

  const std::string& path_;
  const std::function<bool()>& stops_;
  SessionCheck result_;
};

}  // namespace

SessionCheck checkSession(const std::string& path, const std::function<bool()>& stops) {
  if (hasBrokenHead(path)) {
    SessionCheck result;
    result.findings.emplace_back("pages: the beginning of the file is damaged");
    return result;
  }
  checkIsSession(path);
  return Checker(path, stops).run();
}

}  // namespace rs::sessions
