// SPDX-License-Identifier: Apache-2.0
//
// The program's entry: finds the verb, reads its options, turns errors into messages and exit statuses.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>
#include <string>
#include <vector>

#include "app/cli/verb.h"
#include "app/gui/window.h"
#include "app/version.h"
#include "core/base/error.h"
#include "core/base/text.h"

namespace rs::app {
namespace {

constexpr int kUsageStatus = 2;
constexpr int kMemoryStatus = 4;

int fail(int status, const std::string& message) {
  std::fprintf(stderr, "routescope: %s\n", message.c_str());
  return status;
}

std::string overview() {
  std::string text =
      "routescope: see and steer the routing of Mixture-of-Experts models\n\n"
      "usage: routescope VERB [options]      routescope VERB --help\n";
  if (hasWindow()) {
    text += "       routescope [FILE]              opens the window, on a model directory or a session\n";
  }
  text += "\n";
  for (const VerbInfo& verb : allVerbs()) {
    text += format("  %-10s %s\n", std::string(verb.name).c_str(), std::string(verb.summary).c_str());
  }
  return text + "\nA first look: routescope demo\n";
}

const VerbInfo* findVerb(std::string_view name) {
  for (const VerbInfo& verb : allVerbs()) {
    if (verb.name == name) {
      return &verb;
    }
  }
  return nullptr;
}

// Of a verb, and of the action that was asked for if it has several.
std::vector<std::string> optionNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* action : app.get_subcommands()) {
    names = optionNames(*action);
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) {
      names.push_back("--" + name);
    }
  }
  return names;
}

// Of a verb that has several; empty for others.
std::vector<std::string> actionNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* action : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(action->get_name());
  }
  return names;
}

// What CLI11 found wrong, in our words where a near name helps.
std::string explain(const CLI::App& app, const CLI::ParseError& error) {
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr) {
    for (const std::string& extra : app.remaining(true)) {
      const std::string name = extra.substr(0, extra.find('='));
      return "reading options: unknown " + std::string(name[0] == '-' ? "option " : "argument ") + name +
             didYouMean(name, optionNames(app)) + " (see " + app.get_name() + " --help)";
    }
  }
  if (const std::vector<std::string> actions = actionNames(app);
      !actions.empty() && app.get_subcommands().empty()) {
    const std::vector<std::string> given = app.remaining();
    const std::string found =
        given.empty() ? "nothing" : "'" + given[0] + "'" + didYouMean(given[0], actions);
    return "reading options: expected one of " + join(actions, ", ") + ", found " + found + " (see " +
           app.get_name() + " --help)";
  }
  return std::string("reading options: ") + error.what() + " (see " + app.get_name() + " --help)";
}

int runVerb(const VerbInfo& info, int argc, char** argv) {
  CLI::App app(std::string(info.summary), "routescope " + std::string(info.name));
  Console console;
  app.add_flag("--json", console.wants_json, "JSON on stdout where there is something to parse");
  app.add_flag("--quiet", console.is_quiet, "no messages on stderr but errors");
  app.add_flag("-v,--verbose", console.is_verbose, "say more on stderr");
  const std::unique_ptr<Verb> verb = info.create();
  verb->declare(app);
  try {
    app.parse(argc - 1, argv + 1);
  } catch (const CLI::CallForHelp&) {
    print(app.help());
    return 0;
  } catch (const CLI::Success& other) {  // a page of help that an option asked for
    print(other.what());
    return 0;
  } catch (const CLI::ParseError& error) {
    return fail(kUsageStatus, explain(app, error));
  }
  installInterrupt();
  return verb->run(console);
}

// No verb, but nothing, an option of the window, or something that is there to be opened.
bool opensWindow(const std::string& name) {
  std::error_code ignored;  // a name that cannot be looked up is no file
  return name.empty() || name == "--model" || name == "--theme" || std::filesystem::exists(name, ignored);
}

int runProgram(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "";
  if (name == "--version") {
    print(std::string("routescope ") + kVersion + "\n");
    return 0;
  }
  if (name == "--help" || name == "-h" || name == "help" || (name.empty() && !hasWindow())) {
    print(overview());
    return 0;
  }
  const VerbInfo* verb = findVerb(name);
  if (verb == nullptr && opensWindow(name)) {
    return runWindow(windowRequest({argv + 1, argv + argc}), argc, argv);
  }
  if (verb == nullptr) {
    std::vector<std::string> names;
    for (const VerbInfo& known : allVerbs()) {
      names.emplace_back(known.name);
    }
    return fail(kUsageStatus,
                "unknown verb '" + name + "'" + didYouMean(name, names) + " (see routescope --help)");
  }
  return runVerb(*verb, argc, argv);
}

}  // namespace
}  // namespace rs::app

int main(int argc, char** argv) {
  try {
    return rs::app::runProgram(argc, argv);
  } catch (const rs::Error& error) {
    return rs::app::fail(rs::exitStatus(error.code()), error.what());
  } catch (const std::bad_alloc&) {
    return rs::app::fail(rs::app::kMemoryStatus, "not enough memory; use a smaller model, prompt or capture");
  } catch (const std::exception& error) {
    return rs::app::fail(1, std::string("unexpected failure: ") + error.what() + "; please report this");
  }
}
