// SPDX-License-Identifier: Apache-2.0
#include "ui/figures/figure_runs.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/text.h"
#include "sessions/session_reader.h"
#include "ui/reading/text_reading.h"
#include "ui/session/stored_run_reading.h"
#include "ui/session/stored_runs.h"

namespace rs::figures {
namespace {

constexpr std::size_t kPath = 400;

const sessions::RunSummary& findRun(const std::vector<sessions::RunSummary>& runs, sessions::RunId id,
                                    const std::string& session) {
  const auto found =
      std::find_if(runs.begin(), runs.end(), [&](const sessions::RunSummary& run) { return run.id == id; });
  if (found == runs.end()) {
    throw Error(ErrorCode::kUsage,
                format("drawing a figure: the session has %zu run%s (1..%lld), found run %lld asked for: ",
                       runs.size(), runs.size() == 1 ? "" : "s", static_cast<long long>(runs.back().id),
                       static_cast<long long>(id)) +
                    printable(session, kPath));
  }
  return *found;
}

std::shared_ptr<const RunSnapshot> load(sessions::SessionReader& reader, sessions::RunId id, Needs needs,
                                        std::map<std::int32_t, std::string>& names) {
  if (!needs.routing) {
    return ui::StoredRunReading(reader, reader.run(id), names).snapshot();
  }
  auto run = ui::loadStoredRun(reader, id, names);
  if (run->size() == 0) {
    throw Error(ErrorCode::kUsage, format("drawing a figure: run %lld holds no routing, so that there is "
                                          "nothing to draw; choose another with --run",
                                          static_cast<long long>(id)));
  }
  return run;
}

}  // namespace

QString FigureRuns::tokenText(int position) const {
  return idText(run->trace->tokens()[static_cast<std::size_t>(position)]);
}

QString FigureRuns::idText(std::int32_t id) const {
  return ui::tokenLabel(names.get(), id);
}

QString FigureRuns::expertText(int expert) const {
  return ui::expertLabel(run.get(), experts(), expert);
}

const RunSnapshot& FigureRuns::needReference(const std::string& figure) const {
  if (reference == nullptr) {
    throw Error(
        ErrorCode::kUsage,
        format("drawing %s: it compares two runs and run %lld was not made from another one; name the "
               "run to compare with as --reference N",
               figure.c_str(), static_cast<long long>(run_id)));
  }
  return *reference;
}

ReferenceChoice parseReference(const std::string& text) {
  if (text.empty()) {
    return {};
  }
  if (text == "none") {
    return {ReferenceChoice::How::kNone, 0};
  }
  ReferenceChoice choice{ReferenceChoice::How::kRun, 0};
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), choice.run);
  if (problem != std::errc() || end != text.data() + text.size()) {
    throw Error(ErrorCode::kUsage,
                "reading --reference: expected the number of a run or none, found '" + text + "'");
  }
  return choice;
}

FigureRuns loadFigureRuns(const std::string& session, std::optional<sessions::RunId> run,
                          ReferenceChoice reference, const TokenizerFinder& tokenizer, Needs needs) {
  sessions::SessionReader reader(session);
  const sessions::SessionInfo info = reader.info();
  const std::vector<sessions::RunSummary> all = reader.runs();
  if (all.empty()) {
    throw Error(ErrorCode::kUsage,
                "drawing a figure: the session holds no run; record one with `routescope session new` or in "
                "the window: " +
                    printable(session, kPath));
  }
  const sessions::RunSummary& chosen = findRun(all, run.value_or(all.back().id), session);
  FigureRuns runs;
  runs.run_id = chosen.id;
  if (reference.how == ReferenceChoice::How::kRun) {
    runs.reference_id = findRun(all, reference.run, session).id;
  } else if (reference.how == ReferenceChoice::How::kParent) {
    runs.reference_id = chosen.parent;
  }
  const sessions::RunSetup setup = reader.run(runs.run_id).setup;
  runs.model = setup.model;
  runs.provenance = setup.provenance;
  std::map<std::int32_t, std::string> names;
  runs.run = load(reader, runs.run_id, needs, names);
  if (runs.reference_id.has_value()) {
    std::map<std::int32_t, std::string> others;
    runs.reference = load(reader, *runs.reference_id, needs, others);
    if (reader.run(*runs.reference_id).setup.model.tokenizer_hash == runs.model.tokenizer_hash) {
      names.merge(others);
    }
  }
  if (!info.is_without_text) {
    const auto found = tokenizer ? tokenizer(runs.model) : nullptr;
    if (found != nullptr && found->hash() == runs.model.tokenizer_hash) {
      runs.names = std::make_shared<const ui::TokenNames>(found);
    } else if (!names.empty()) {
      runs.names = std::make_shared<const ui::TokenNames>(std::move(names));
    }
  }
  for (const sessions::RunSummary& summary : needs.run_list ? all : std::vector<sessions::RunSummary>()) {
    runs.all_runs.push_back(reader.run(summary.id));
    runs.all_runs.back().setup.prompt.clear();
  }
  runs.read = needs;
  runs.session_uuid = info.uuid;
  runs.session_file = std::filesystem::path(session).filename().string();
  return runs;
}

}  // namespace rs::figures
