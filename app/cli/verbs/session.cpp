// SPDX-License-Identifier: Apache-2.0
//
// session: makes, looks at, exports, checks, replays and queries session files.
#include <CLI/CLI.hpp>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>

#include "app/cli/session_runs.h"
#include "app/cli/verb.h"
#include "app/version.h"
#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/text.h"
#include "sessions/check.h"
#include "sessions/export.h"
#include "sessions/query.h"
#include "sessions/salvage.h"

namespace rs::app {
namespace {

using Json = nlohmann::json;
using sessions::SessionReader;

std::string dumped(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string countText(long long n, const char* what) {
  return format("%lld %s%s", n, what, n == 1 ? "" : "s");
}

Json runJson(const sessions::RunSummary& run) {
  Json json{{"run", run.id},
            {"model", run.model},
            {"started_at", run.started_at},
            {"ended_at", run.ended_at},
            {"ending", run.ending},
            {"prompt_tokens", run.n_prompt},
            {"tokens", run.n_tokens},
            {"edits", run.n_edits},
            {"virtual_experts", run.virtual_experts}};
  json["parent"] = run.parent ? Json(*run.parent) : Json(nullptr);
  json["branch_position"] = run.branch_position ? Json(*run.branch_position) : Json(nullptr);
  return json;
}

class SessionVerb final : public Verb {
 public:
  void declare(CLI::App& app) override {
    app.require_subcommand(1);
    CLI::App* make =
        action(app, "new", "make a session; with a prompt, record a run in it", &SessionVerb::makeNew);
    model_.declare(*make);
    prompt_.declare(*make);
    make->add_option("--max-tokens", max_tokens_, "tokens after the prompt at most")
        ->capture_default_str()
        ->check(CLI::Range(0, 1 << 20));
    make->add_option("--temperature", sampling_.temperature, "0: the likeliest token")
        ->check(CLI::Range(0.0, 100.0));
    make->add_option("--top-p", sampling_.top_p, "fewest tokens whose share reaches this")
        ->check(CLI::Range(1e-9, 1.0));
    make->add_option("--seed", sampling_.seed, "of the draws");
    make->add_flag("--append", appends_, "add the run to a session that is there");

    action(app, "info", "what a session holds", &SessionVerb::info);

    CLI::App* out =
        action(app, "export", "write a run as .csv, .json or .safetensors", &SessionVerb::exportOne);
    out->add_option("--run", run_, "which run; default the last");
    out->add_option("--out", out_, "file to write; its ending is the format")->required();

    CLI::App* check = action(app, "check", "look through a whole session for damage", &SessionVerb::check);
    check->add_flag("--salvage", salvages_, "save what can be read into a new session beside it");

    CLI::App* replay =
        action(app, "replay", "make every stored run again and compare bit for bit", &SessionVerb::replay);
    replay->add_option("--model", model_.request.model, "model directory, or demo")->capture_default_str();
    replay->add_option("--device", model_.request.device, "cpu or cuda[:N]")->capture_default_str();
    replay->add_option("--threads", model_.request.threads, "compute threads; 0: one for each core")
        ->check(CLI::Range(0, 1024));
    replay->add_option("--run", run_, "only this run");

    CLI::App* sql = action(app, "sql", "ask a question in SQL; nothing can be changed", &SessionVerb::sql);
    sql->add_option("query", query_, "such as \"SELECT * FROM v_runs\" (docs/sessions.md)")->required();
  }

  int run(Console& console) override { return (this->*chosen_)(console); }

 private:
  using Action = int (SessionVerb::*)(Console&);

  CLI::App* action(CLI::App& app, const std::string& name, const std::string& summary, Action what) {
    CLI::App* command = app.add_subcommand(name, summary);
    command->fallthrough();  // --json, --quiet and -v after the action too
    command->add_option("file", file_, "session file")->required();
    command->callback([this, what] { chosen_ = what; });
    return command;
  }

  int makeNew(Console& console) {
    sessions::StoreOptions options;
    options.path = file_;
    options.mode = appends_ ? sessions::OpenMode::kOpen : sessions::OpenMode::kCreate;
    options.app_version = kVersion;
    const bool has_prompt = !prompt_.text.empty() || !prompt_.file.empty() || !prompt_.tokens.empty();
    if (appends_ && !has_prompt) {
      throw Error(ErrorCode::kUsage, "adding a run to a session: expected a prompt, found none (see --help)");
    }
    if (!has_prompt) {
      sessions::SessionStore store(options);
      store.waitOpened();
      console.note("made an empty session: " + file_);
      return 0;
    }
    // The model and the prompt are read first: a mistake there leaves no file behind.
    LoadedModel model = loadModel(model_.request);
    RecordRequest request;
    request.run.tokens = prompt_.read(model);
    request.run.chunk = model_.chunk;
    request.run.max_new_tokens = max_tokens_;
    request.run.sampling = sampling_;
    request.run.stop_ids = model.weights->config().end_token_ids;
    request.run.n_valid_ids = model.tokenizer != nullptr ? model.tokenizer->vocabularySize() : 0;
    request.run.trace.logits = LogitsWanted::kNone;
    request.virtual_experts = model_.virtual_experts;
    request.device = model_.request.device;
    request.edits_json = applyEdits(model_, model, static_cast<int>(request.run.tokens.size()) + max_tokens_);
    sessions::SessionStore store(options);
    for (const std::string& note : store.waitOpened().notes) {
      console.note(note);
    }
    const Recorded recorded = recordRun(store, model, std::move(request), console);
    if (console.wants_json) {
      print(dumped({{"run", recorded.run}, {"tokens", recorded.n_tokens}}));
    }
    console.note(format("recorded run %lld, %s, in ", static_cast<long long>(recorded.run),
                        countText(recorded.n_tokens, "token").c_str()) +
                 file_);
    return recorded.end == RunEnd::kCancelled ? exitStatus(ErrorCode::kCancelled) : 0;
  }

  int info(Console& console) {
    SessionReader reader(file_);
    const sessions::SessionInfo info = reader.info();
    const std::vector<sessions::RunSummary> runs = reader.runs();
    const std::size_t n_commands = reader.commands().size();
    std::map<std::string, int> documents;
    for (const sessions::Document& document : reader.documents()) {
      ++documents[document.kind];
    }
    if (console.wants_json) {
      Json list = Json::array();
      for (const sessions::RunSummary& run : runs) {
        list.push_back(runJson(run));
      }
      print(dumped({{"schema", info.schema},
                    {"uuid", info.uuid},
                    {"created_at", info.created_at},
                    {"app", "routescope " + info.app_version},
                    {"without_text", info.is_without_text},
                    {"bytes", info.bytes},
                    {"documents", documents},
                    {"journal", n_commands},
                    {"runs", list}},
                   2));
      return 0;
    }
    std::string text =
        format("session  schema %d, made %s by routescope %s, %s%s\n", info.schema, info.created_at.c_str(),
               info.app_version.c_str(), bytesText(info.bytes).c_str(),
               info.is_without_text ? ", a copy without text" : "");
    std::vector<std::string> parts;
    for (const auto& [kind, n] : documents) {
      parts.push_back(format("%s %d", kind.c_str(), n));
    }
    text +=
        format("journal  %s; documents: %s\n", countText(static_cast<long long>(n_commands), "step").c_str(),
               parts.empty() ? "none" : join(parts, ", ").c_str());
    text += runs.empty() ? "runs     none\n"
                         : "\n run  prompt  tokens  edits  ending        started                   model\n";
    for (const sessions::RunSummary& run : runs) {
      text += format("%4lld  %6d  %6d  %5d  %-12s  %s  %s", static_cast<long long>(run.id), run.n_prompt,
                     run.n_tokens, run.n_edits, run.ending.empty() ? "running" : run.ending.c_str(),
                     run.started_at.c_str(), printable(run.model).c_str());
      text += run.parent ? format(", branch of run %lld", static_cast<long long>(*run.parent)) : "";
      for (const std::string& expert : run.virtual_experts) {
        text += ", " + printable(expert);
      }
      text += "\n";
    }
    print(text);
    return 0;
  }

  // The run that --run names, or the last.
  sessions::RunId chosenRun(SessionReader& reader) const {
    if (run_) {
      return *run_;
    }
    const std::vector<sessions::RunSummary> runs = reader.runs();
    if (runs.empty()) {
      throw Error(ErrorCode::kUsage, "choosing a run: the session holds none: " + printable(file_, 400));
    }
    return runs.back().id;
  }

  int exportOne(Console& console) {
    SessionReader reader(file_);
    const sessions::RunId run = chosenRun(reader);
    sessions::exportRun(reader, run, out_);
    console.note(format("wrote run %lld to ", static_cast<long long>(run)) + out_);
    return 0;
  }

  int check(Console& console) {
    const std::stop_token stop = console.stopToken();
    const sessions::SessionCheck checked =
        sessions::checkSession(file_, [stop] { return stop.stop_requested(); });
    Json json{{"findings", checked.findings},
              {"runs", checked.n_runs},
              {"tokens", checked.n_tokens},
              {"decisions", checked.n_decisions},
              {"journal", checked.n_commands}};
    std::string text;
    for (const std::string& finding : checked.findings) {
      text += printable(finding, 500) + "\n";
    }
    text += format("%s in %s, %s, %s, %s\n",
                   checked.findings.empty()
                       ? "nothing wrong"
                       : countText(static_cast<long long>(checked.findings.size()), "finding").c_str(),
                   countText(checked.n_runs, "run").c_str(), countText(checked.n_tokens, "token").c_str(),
                   countText(checked.n_decisions, "decision").c_str(),
                   countText(checked.n_commands, "journal step").c_str());
    if (!console.wants_json) {
      print(text);  // before the salvage, which may find nothing to save
    }
    if (salvages_) {
      const sessions::Salvage saved = sessions::salvageSession(file_, "", kVersion);
      json["salvage"] = {
          {"path", saved.path}, {"complete", saved.isComplete()}, {"summary", saved.summary()}};
      if (!console.wants_json) {
        print(saved.summary() + "\n");
      }
    }
    if (console.wants_json) {
      print(dumped(json, 2));
    }
    return checked.findings.empty() ? 0 : exitStatus(ErrorCode::kModel);
  }

  int replay(Console& console) {
    SessionReader reader(file_);
    std::vector<sessions::RunId> runs;
    if (run_) {
      runs.push_back(*run_);
    } else {
      for (const sessions::RunSummary& run : reader.runs()) {
        runs.push_back(run.id);
      }
    }
    std::map<std::string, LoadedModel> models;  // by precision
    std::string first_difference;
    for (const sessions::RunId run : runs) {
      const std::string precision = reader.run(run).setup.provenance.precision;
      if (models.count(precision) == 0) {
        ModelRequest request = model_.request;
        request.precision = precision;
        models.emplace(precision, loadModel(request));
      }
      const Replay replay = replayRun(reader, run, models.at(precision), model_.request.device, console);
      report(console, replay);
      if (!replay.differences.empty() && first_difference.empty()) {
        first_difference = format("run %lld: ", static_cast<long long>(run)) + replay.differences.front();
      }
    }
    if (!first_difference.empty()) {
      throw Error(ErrorCode::kTolerance,
                  "replaying a session: expected the same bits, found " + first_difference);
    }
    if (!console.wants_json) {
      print(format("%s the same, bit for bit\n",
                   countText(static_cast<long long>(runs.size()), "run").c_str()));
    }
    return 0;
  }

  static void report(const Console& console, const Replay& replay) {
    if (console.wants_json) {
      const auto& first = replay.comparison.first;
      Json json{{"run", replay.run},         {"same", replay.differences.empty()},
                {"tokens", replay.n_tokens}, {"positions", replay.n_positions},
                {"other", replay.other},     {"differences", replay.differences}};
      json["first"] = first ? Json{{"position", first->position}, {"layer", first->layer}} : Json(nullptr);
      print(dumped(json));
      return;
    }
    std::string text = format("run %lld  %s, routing of %d compared: %s\n",
                              static_cast<long long>(replay.run), countText(replay.n_tokens, "token").c_str(),
                              replay.n_positions, replay.differences.empty() ? "same" : "DIFFERENT");
    for (const std::string& line : replay.other) {
      text += "  " + line + "\n";
    }
    for (const std::string& line : replay.differences) {
      text += "  " + line + "\n";
    }
    print(text);
  }

  int sql(Console& console) {
    const std::stop_token stop = console.stopToken();
    const auto stops = [stop] { return stop.stop_requested(); };
    bool is_first = true;
    sessions::queryReadOnly(file_, query_, stops, [&](std::span<const sessions::Cell> row) {
      if (console.wants_json) {
        Json line = Json::object();
        for (const sessions::Cell& cell : row) {
          line[cell.column] = valueOf(cell);
        }
        print(dumped(line));
        return;
      }
      std::vector<std::string> names;
      std::vector<std::string> values;
      for (const sessions::Cell& cell : row) {
        names.push_back(cell.column);
        values.push_back(textOf(cell));
      }
      print((is_first ? join(names, "\t") + "\n" : std::string()) + join(values, "\t") + "\n");
      is_first = false;
    });
    return 0;
  }

  static Json valueOf(const sessions::Cell& cell) {
    if (const auto* real = std::get_if<double>(&cell.value)) {
      return std::isfinite(*real) ? Json(*real) : Json(nullptr);
    }
    if (const auto* number = std::get_if<std::int64_t>(&cell.value)) {
      return *number;
    }
    if (const auto* text = std::get_if<std::string>(&cell.value)) {
      return cell.is_blob ? Json(sessions::hexOf(*text)) : Json(*text);
    }
    return nullptr;
  }

  static std::string textOf(const sessions::Cell& cell) {
    if (const auto* real = std::get_if<double>(&cell.value)) {
      return format("%.9g", *real);
    }
    if (const auto* number = std::get_if<std::int64_t>(&cell.value)) {
      return std::to_string(*number);
    }
    if (const auto* text = std::get_if<std::string>(&cell.value)) {
      return cell.is_blob ? sessions::hexOf(*text) : printable(*text, text->size() + 1);
    }
    return "";
  }

  Action chosen_ = nullptr;
  std::string file_, out_, query_;
  ModelOptions model_;
  PromptOptions prompt_;
  Sampling sampling_;
  int max_tokens_ = 0;
  bool appends_ = false;
  bool salvages_ = false;
  std::optional<std::int64_t> run_;
};

}  // namespace

VerbInfo sessionVerb() {
  return describeVerb<SessionVerb>("session", "make, look at, export, check, replay and query session files");
}

}  // namespace rs::app
