// SPDX-License-Identifier: Apache-2.0
#include "ui/session/stored_session.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/model/weights.h"
#include "core/routing/edit_json.h"
#include "sessions/places.h"

namespace rs::ui {
namespace {

using Json = nlohmann::json;

constexpr const char* kDemo = "demo";
constexpr const char* kDemoName = "demo-model";  // what its config calls it

bool isSteering(const std::string& kind) {
  return kind == kEditsKind || kind == kVirtualKind;
}

// A document into the steering that it is a part of. Absent: empty.
void apply(const std::string& kind, const std::optional<std::string>& value, Steering& steering) {
  if (kind == kEditsKind) {
    steering.edits = value.has_value() ? parseEdits(*value) : EditList();
  } else if (kind == kVirtualKind) {
    steering.virtual_experts =
        value.has_value() ? Json::parse(*value).get<std::vector<std::string>>() : std::vector<std::string>();
  }
}

std::optional<std::string> valueBefore(const sessions::Command& command, const sessions::Change& change) {
  const auto found = std::find_if(
      command.inverse.begin(), command.inverse.end(),
      [&](const sessions::Change& back) { return back.kind == change.kind && back.key == change.key; });
  return found == command.inverse.end() ? std::nullopt : found->value;
}

// The steps of undo that the journal tells of, as a stack: each entry that does something is one.
void readHistory(const std::vector<sessions::Command>& commands, StoredSession& loaded) {
  Steering now;
  for (const sessions::Command& command : commands) {
    Step step{QString::fromStdString(command.title), now, {}, {}};
    for (const sessions::Change& change : command.forward) {
      apply(change.kind, change.value, now);
      if (!isSteering(change.kind)) {
        step.documents.push_back({change.kind, change.key, valueBefore(command, change), change.value});
      }
    }
    step.after = now;
    switch (command.kind) {
      case sessions::CommandKind::kDo:
        loaded.past.resize(static_cast<std::size_t>(loaded.n_done));
        loaded.past.push_back(std::move(step));
        ++loaded.n_done;
        break;
      case sessions::CommandKind::kUndo:
        loaded.n_done = std::max(loaded.n_done - 1, 0);
        break;
      case sessions::CommandKind::kRedo:
        loaded.n_done = std::min(loaded.n_done + 1, static_cast<int>(loaded.past.size()));
        break;
    }
  }
}

Json jsonOf(const std::vector<std::byte>& bytes) {
  const auto* first = reinterpret_cast<const char*>(bytes.data());
  return Json::parse(first, first + bytes.size(), nullptr, false);
}

// How the window looked is worth nothing if it cannot be read.
std::optional<Prompt> promptOf(const Json& json) {
  if (!json.is_object()) {
    return std::nullopt;
  }
  Prompt prompt;
  prompt.mode = static_cast<PromptMode>(std::clamp(json.value("mode", 0), 0, 2));
  prompt.text = json.value("text", "");
  prompt.max_new_tokens = json.value("max_new_tokens", prompt.max_new_tokens);
  prompt.sampling = {json.value("temperature", 0.0), json.value("top_p", 1.0),
                     json.value("seed", std::uint64_t{0})};
  return prompt;
}

std::optional<Place> placeOf(const Json& json) {
  if (!json.is_object()) {
    return std::nullopt;
  }
  Place place;
  place.cursor = {json.value("token", -1), json.value("layer", -1), json.value("expert", -1)};
  place.shown = json.value("shown", sessions::RunId{0});
  place.reference = json.value("reference", sessions::RunId{0});
  return place;
}

QByteArray bytesOf(const Json& json) {
  return QByteArray::fromStdString(json.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void readLayouts(sessions::SessionReader& reader, StoredSession& loaded) {
  if (const auto state = reader.layout(kWindowLayout); state.has_value()) {
    loaded.layout =
        QByteArray(reinterpret_cast<const char*>(state->data()), static_cast<qsizetype>(state->size()));
  }
  if (const auto prompt = reader.layout(kPromptLayout); prompt.has_value()) {
    loaded.prompt = promptOf(jsonOf(*prompt));
  }
  if (const auto place = reader.layout(kPlaceLayout); place.has_value()) {
    loaded.place = placeOf(jsonOf(*place));
  }
}

}  // namespace

std::string editsValue(const Steering& steering) {
  return Json::parse(editsToJson(steering.edits))["edits"].dump();
}

std::string virtualValue(const Steering& steering) {
  return Json(steering.virtual_experts).dump();
}

QByteArray promptValue(const Prompt& prompt) {
  return bytesOf({{"mode", static_cast<int>(prompt.mode)},
                  {"text", prompt.text},
                  {"max_new_tokens", prompt.max_new_tokens},
                  {"temperature", prompt.sampling.temperature},
                  {"top_p", prompt.sampling.top_p},
                  {"seed", prompt.sampling.seed}});
}

QByteArray placeValue(const Place& place) {
  return bytesOf({{"token", place.cursor.token},
                  {"layer", place.cursor.layer},
                  {"expert", place.cursor.expert},
                  {"shown", place.shown},
                  {"reference", place.reference}});
}

WantedModel findModel(const sessions::ModelFacts& facts) {
  WantedModel wanted{facts.name, facts.hash, "", "", 0};
  if (facts.hash.empty()) {
    return wanted;
  }
  std::vector<std::string> places = sessions::knownModels(facts.hash);
  if (facts.name == kDemoName) {
    places.emplace_back(kDemo);
  }
  wanted.problem = "where it lies is not known on this machine";
  for (const std::string& place : places) {
    try {
      const auto weights = place == kDemo ? nullptr : Weights::open(place);
      if (weights == nullptr || weights->hash() == facts.hash) {
        wanted.path = place;
        wanted.problem.clear();
        wanted.bytes = weights == nullptr ? 0 : weights->totalBytes();
        return wanted;
      }
      wanted.problem = "what lies there now is another model: " + place;
    } catch (const Error& error) {  // the runs can be explored without it
      wanted.problem = error.what();
    }
  }
  return wanted;
}

StoredSession loadSession(const std::string& path) {
  StoredSession loaded;
  sessions::SessionReader reader(path);
  loaded.runs = loadStoredRuns(reader);
  readHistory(reader.commands(), loaded);
  for (const sessions::Document& document : reader.documents()) {
    apply(document.kind, document.value, loaded.steering);
    if (!isSteering(document.kind)) {
      loaded.documents.set(document.kind, document.key, document.value);
    }
  }
  readLayouts(reader, loaded);
  loaded.model = findModel(loaded.runs.model);
  return loaded;
}

std::vector<std::byte> bytesOf(const QByteArray& value) {
  const auto* first = reinterpret_cast<const std::byte*>(value.constData());
  return {first, first + value.size()};
}

}  // namespace rs::ui
