// SPDX-License-Identifier: Apache-2.0
//
// doctor: what this build and this machine have, what is missing, and how to get it.
#include <CLI/CLI.hpp>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "app/cli/verb.h"
#include "app/version.h"
#include "app/wiring.h"
#include "core/backend/cpu/isa.h"
#include "core/base/error.h"
#include "core/base/text.h"
#include "gpu/cuda_backend.h"

namespace rs::app {
namespace {

using Json = nlohmann::json;

enum class Standing : std::uint8_t { kOk, kMissing };

struct Finding {
  std::string name;
  Standing standing = Standing::kOk;
  bool is_needed = false;  // by the main job
  std::string found;
  std::string remedy;  // "" if there is nothing to do
};

std::string processorName() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("model name", 0) == 0 && line.find(": ") != std::string::npos) {
      return line.substr(line.find(": ") + 2);
    }
  }
  return "processor of unknown name";
}

Finding processor() {
  std::vector<std::string> names;
  for (const cpu::Isa isa : cpu::availableIsas()) {
    names.emplace_back(cpu::nameOf(isa));
  }
  const std::string found = processorName() + "; kernels here: " + join(names, ", ");
  try {
    const std::string chosen(cpu::nameOf(cpu::chooseIsa("")));
    const bool is_fast = chosen != "scalar";
    return {"processor", is_fast ? Standing::kOk : Standing::kMissing, false, found + "; chosen: " + chosen,
            is_fast ? "" : "kernels without vectors are many times slower; AVX2 or AVX-512 is what they use"};
  } catch (const Error& error) {  // ROUTESCOPE_ISA names none of them
    return {"processor", Standing::kMissing, true, found + "; " + error.what(), "unset ROUTESCOPE_ISA"};
  }
}

Finding cores(int least) {
  const auto n = static_cast<int>(std::thread::hardware_concurrency());
  return {"cores", n >= least ? Standing::kOk : Standing::kMissing, false, std::to_string(n),
          n >= least ? "" : "two or more keep the window alive while the model runs"};
}

Finding memory() {
  constexpr std::uint64_t kLeast = 512ULL << 20U;
  const std::uint64_t available = availableMemory();
  const bool is_enough = available >= kLeast;
  return {"memory", is_enough ? Standing::kOk : Standing::kMissing, true, bytesText(available) + " available",
          is_enough ? "" : "the bundled model wants " + bytesText(kLeast) + "; end other programs"};
}

Finding cuda() {
  const bool is_built_in = gpu::cudaBuiltIn();
  return {"cuda", is_built_in ? Standing::kOk : Standing::kMissing, false,
          is_built_in ? "built in" : "not built in; models run on the processor",
          is_built_in ? "" : "nothing to do: this version computes on the processor alone"};
}

Finding display() {
  for (const char* name : {"WAYLAND_DISPLAY", "DISPLAY"}) {
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') {
      return {"display", Standing::kOk, false, std::string(name) + "=" + value, ""};
    }
  }
  return {"display", Standing::kMissing, false, "none; every verb of the command line works without",
          "log in to a desktop, or use ssh -X, for a window"};
}

Finding libtorch() {
  constexpr std::array kPlaces{"/usr/lib/x86_64-linux-gnu/libtorch_cpu.so",
                               "/usr/lib/aarch64-linux-gnu/libtorch_cpu.so", "/usr/lib/libtorch_cpu.so",
                               "/usr/local/lib/libtorch_cpu.so"};
  std::error_code ignored;
  for (const char* place : kPlaces) {
    if (std::filesystem::exists(place, ignored)) {
      return {"libtorch", Standing::kOk, false, place, ""};
    }
  }
  return {"libtorch", Standing::kMissing, false, "not in the system's library folders",
          "only training the demo model needs it: apt-get install libtorch-dev libopenblas0-pthread"};
}

Finding resource(const char* name, const char* relative, bool is_needed, const char* remedy) {
  try {
    return {name, Standing::kOk, is_needed, resourcePath(relative), ""};
  } catch (const Error& error) {
    return {name, Standing::kMissing, is_needed, error.what(), remedy};
  }
}

std::string tokenizerText(const LoadedModel& model) {
  constexpr const char* kText = "127 * 89 = été 東京";
  const std::vector<std::int32_t> ids = model.needTokenizer().encode(kText);
  if (model.needTokenizer().decode(ids) != kText) {
    throw Error(ErrorCode::kModel, "the tokenizer does not give a text back as it was");
  }
  return format("%d tokens; a text comes back as it was", model.needTokenizer().vocabularySize());
}

// Opens the bundled model and runs one token: the main job in small.
void checkModel(std::vector<Finding>& findings) {
  const std::string remedy = "build from a whole clone, or set ROUTESCOPE_RESOURCES to the resources folder";
  LoadedModel model;
  try {
    model = loadModel({});
    RunRequest request;
    request.tokens = {0};
    RunListener listener;
    static_cast<void>(model.engine->run(request, listener));
    findings.push_back({"demo model", Standing::kOk, true,
                        format("%s, %d layers, runs with %s kernels", model.name.c_str(),
                               model.weights->config().n_layers, model.engine->backend().isa().c_str()),
                        ""});
  } catch (const Error& error) {
    findings.push_back({"demo model", Standing::kMissing, true, error.what(), remedy});
    return;
  }
  try {
    findings.push_back({"tokenizer", Standing::kOk, true, tokenizerText(model), ""});
  } catch (const Error& error) {
    findings.push_back({"tokenizer", Standing::kMissing, true, error.what(), remedy});
  }
}

class DoctorVerb final : public Verb {
 public:
  void declare(CLI::App& /*app*/) override {}

  int run(Console& console) override {
    std::vector<Finding> findings{
        {"version", Standing::kOk, false, std::string("routescope ") + kVersion, ""},
        processor(),
        cores(2),
        memory(),
        cuda(),
        display(),
        libtorch()};
    checkModel(findings);
    findings.push_back(resource("stored values", "selftest", false,
                                "selftest compares with them; they come with a whole clone"));
    bool is_well = true;
    for (const Finding& finding : findings) {
      is_well = is_well && (finding.standing == Standing::kOk || !finding.is_needed);
    }
    console.wants_json ? printJson(findings, is_well) : printTable(console, findings, is_well);
    return is_well ? 0 : 1;
  }

 private:
  static void printJson(const std::vector<Finding>& findings, bool is_well) {
    Json list = Json::array();
    for (const Finding& finding : findings) {
      list.push_back({{"name", finding.name},
                      {"ok", finding.standing == Standing::kOk},
                      {"needed", finding.is_needed},
                      {"found", finding.found},
                      {"remedy", finding.remedy}});
    }
    print(Json{{"ok", is_well}, {"findings", list}}.dump(2, ' ', false, Json::error_handler_t::replace) +
          "\n");
  }

  static void printTable(const Console& console, const std::vector<Finding>& findings, bool is_well) {
    std::string text;
    for (const Finding& finding : findings) {
      const bool is_ok = finding.standing == Standing::kOk;
      const char* style = is_ok ? "32" : finding.is_needed ? "1;31" : "33";
      text += console.styled(is_ok ? "ok     " : "missing", style) +
              format("  %-13s %s\n", finding.name.c_str(), finding.found.c_str());
      text += finding.remedy.empty() ? "" : std::string(24, ' ') + finding.remedy + "\n";
    }
    print(text + (is_well ? "\nThe main job runs here: routescope demo\n"
                          : "\nThe main job does not run here; see what is missing above.\n"));
  }
};

}  // namespace

VerbInfo doctorVerb() {
  return describeVerb<DoctorVerb>("doctor", "say what this machine has, what is missing, and how to get it");
}

}  // namespace rs::app
