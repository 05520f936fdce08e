// SPDX-License-Identifier: Apache-2.0
#include "app/gui/figures.h"

#include <QGuiApplication>
#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/version.h"
#include "app/wiring.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "sessions/session_reader.h"
#include "ui/figures/figure.h"
#include "ui/figures/shell_text.h"

namespace rs::app {
namespace {

namespace fs = std::filesystem;
using figures::FigureRequest;

std::vector<ParamInfo> kindOptions(const std::string& id) {
  const auto kind = figures::findKind(id).create();
  ParamLister lister;
  kind->visit(lister);
  return lister.params();
}

std::vector<ParamInfo> pageOptions() {
  figures::Page page;
  ParamLister lister;
  page.visit(lister);
  return lister.params();
}

std::string helpLine(const ParamInfo& option) {
  std::string kind = option.range.empty() ? option.type : option.type + " " + option.range;
  if (option.range.find("1073741824") != std::string::npos ||
      option.range.find("e+06") != std::string::npos) {
    kind = option.type;  // no limit that anybody would meet
  }
  return format("    --%-14s %s (%s; %s)\n", figures::optionName(option.name).c_str(), option.help.c_str(),
                kind.c_str(), option.value.c_str());
}

bool isIn(const std::vector<ParamInfo>& options, const std::string& name) {
  return std::any_of(options.begin(), options.end(),
                     [&](const ParamInfo& option) { return option.name == name; });
}

// Sorts what was typed after the known options into the kind's and the page's.
void readOptions(const FigureCall& call, FigureRequest& request) {
  const std::vector<ParamInfo> of_kind = kindOptions(request.kind);
  const std::vector<ParamInfo> of_page = pageOptions();
  for (const auto& [option, value] : call.options) {
    const std::string name = figures::paramName(option);
    if (isIn(of_kind, name)) {
      request.options.emplace_back(name, value);
    } else if (isIn(of_page, name)) {
      ParamSetter setter("figure", name, value);
      request.page.visit(setter);
      setter.finish();
    } else {
      std::vector<std::string> known{"--session", "--run", "--model", "--reference", "--view", "--size",
                                     "--title",   "--out", "--from",  "--print",     "--json"};
      for (const auto* options : {&of_kind, &of_page}) {
        for (const ParamInfo& info : *options) {
          known.push_back("--" + figures::optionName(info.name));
        }
      }
      throw Error(ErrorCode::kUsage, "reading options: figure " + request.kind + " has no option --" +
                                         option + didYouMean("--" + option, known) +
                                         " (see routescope figure --help)");
    }
  }
}

FigureRequest requestOf(const FigureCall& call) {
  FigureRequest request;
  request.kind = call.view;
  (void)figures::findKind(request.kind);
  request.run = call.run;
  request.reference = figures::parseReference(call.reference);
  if (!call.size.empty()) {
    request.page.size = figures::parseSize(call.size);
  }
  request.page.title = call.title;
  readOptions(call, request);
  return request;
}

bool isSession(const fs::path& path, const std::string& uuid) {
  std::error_code ignored;  // a folder that cannot be looked into holds nothing for us
  if (!fs::is_regular_file(path, ignored)) {
    return false;
  }
  try {
    return sessions::SessionReader(path.string()).info().uuid == uuid;
  } catch (const Error&) {  // of that name, but no session
    return false;
  }
}

// The session that a recipe was made of: the one named, or of its name beside the figure or here.
std::string sessionOf(const figures::Recipe& recipe, const FigureCall& call) {
  std::vector<fs::path> places;
  if (!call.session.empty()) {
    places.emplace_back(call.session);
  } else {
    places.push_back(fs::path(call.from).parent_path() / recipe.session_file);
    places.emplace_back(recipe.session_file);
  }
  std::vector<std::string> looked;
  for (const fs::path& place : places) {
    if (isSession(place, recipe.session_uuid)) {
      return place.string();
    }
    looked.push_back(place.string());
  }
  throw Error(ErrorCode::kModel,
              "making a figure again: expected the session " + recipe.session_uuid + ", which was called " +
                  recipe.session_file +
                  ", found it not; name it with --session FILE; looked at: " + join(looked, ", "));
}

// For the text of tokens that the session does not hold.
std::shared_ptr<const Tokenizer> tokenizerOf(const sessions::ModelFacts& model, const std::string& named) {
  if (model.tokenizer_hash.empty()) {
    return nullptr;
  }
  if (named.empty()) {
    return model.name == "demo-model" ? loadTokenizer(modelPath("demo")) : nullptr;
  }
  auto tokenizer = loadTokenizer(modelPath(named));
  if (tokenizer == nullptr || tokenizer->hash() != model.tokenizer_hash) {
    throw Error(ErrorCode::kModel, "reading --model for its tokenizer: expected that of " + model.name +
                                       " (" + model.tokenizer_hash + "), found " +
                                       (tokenizer == nullptr ? "none" : tokenizer->hash()) + ": " + named);
  }
  return tokenizer;
}

void startQt() {
  // Whatever display there is, and however it scales: the same picture.
  qputenv("QT_QPA_PLATFORM", "offscreen");
  // What Qt would say of the machine is of no use to who wants a picture; what is wrong comes as our errors.
  qInstallMessageHandler([](QtMsgType, const QMessageLogContext&, const QString&) {});
  static int count = 1;
  static char name[] = "routescope";
  static char* arguments[] = {name, nullptr};
  static QGuiApplication application(count, arguments);
}

void printPart(const figures::Figure& figure, const FigureCall& call, const std::string& session) {
  const std::vector<std::string> parts{"recipe", "data", "caption", "command"};
  if (call.printed == "recipe") {
    print(figure.recipe().toStdString());
  } else if (call.printed == "data") {
    print(figure.csv().toStdString());
  } else if (call.printed == "caption") {
    print(figure.caption().toStdString() + "\n");
  } else if (call.printed == "command") {
    print(figure.command(session, call.out) + "\n");
  } else {
    throw Error(ErrorCode::kUsage, "reading --print: expected one of " + join(parts, ", ") + ", found '" +
                                       call.printed + "'" + didYouMean(call.printed, parts));
  }
}

}  // namespace

std::string figureHelp() {
  std::string text = "FIGURES, with their options and defaults:\n";
  for (const figures::KindInfo& kind : figures::allKinds()) {
    text += format("  --view %-14s %s\n", std::string(kind.id).c_str(), std::string(kind.summary).c_str());
    for (const ParamInfo& option : kindOptions(std::string(kind.id))) {
      text += helpLine(option);
    }
  }
  text += "\nOf every figure:\n";
  for (const ParamInfo& option : pageOptions()) {
    text += helpLine(option);
  }
  text += "\nSizes, in points; a height may follow, as icml-wide x 60mm:\n";
  for (const figures::SizePreset& preset : figures::sizePresets()) {
    text += format("    %-12s %6.1f  %s\n", std::string(preset.name).c_str(), preset.width,
                   std::string(preset.what).c_str());
  }
  return text;
}

int makeFigure(const FigureCall& call, const Console& console) {
  if (!call.out.empty()) {
    (void)figures::figureFormat(call.out);  // a name that cannot be is told before the session is read
  }
  FigureRequest request;
  std::string session = call.session;
  if (!call.from.empty()) {
    const figures::Recipe recipe = figures::readRecipe(call.from);
    request = recipe.request;
    session = sessionOf(recipe, call);
  } else {
    request = requestOf(call);
  }
  startQt();
  const figures::Needs needs = figures::makeKind(request.kind, request.options)->needs();
  const auto tokenizer = [&](const sessions::ModelFacts& model) { return tokenizerOf(model, call.model); };
  const figures::Figure figure(
      request, figures::loadFigureRuns(session, request.run, request.reference, tokenizer, needs), kVersion);
  for (const QString& warning : figure.warnings()) {
    console.note("figure: " + warning.toStdString());
  }
  if (!call.printed.empty()) {
    printPart(figure, call, session);
  }
  if (call.out.empty()) {
    return 0;
  }
  figure.write(call.out);
  if (console.wants_json) {
    print(nlohmann::json{{"out", call.out},
                         {"bytes", fs::file_size(call.out)},
                         {"width", figure.size().width()},
                         {"height", figure.size().height()},
                         {"data_attached", !figure.csv().isEmpty()},
                         {"caption", figure.caption().toStdString()}}
              .dump() +
          "\n");
  }
  console.note("wrote " + call.out);
  return 0;
}

}  // namespace rs::app
