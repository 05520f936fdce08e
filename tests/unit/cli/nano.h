// SPDX-License-Identifier: Apache-2.0
//
// The program on the nano model: what every test of the command line starts from.
#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "core/export/tensor_file_reader.h"
#include "tests/support/program.h"
#include "tests/support/temporary_directory.h"

namespace rs::test {

inline const std::string kNano = RS_SOURCE_DIR "/tests/fixtures/nano";

using Words = std::vector<std::string>;

// "trace" and options, on the nano model.
inline Words onNano(const std::string& verb, const Words& options = {}) {
  Words words{verb, "--model", kNano};
  words.insert(words.end(), options.begin(), options.end());
  return words;
}

// The tokens of the stored references, as --tokens takes them.
inline std::string referenceTokens() {
  const TensorFileReader file(kNano + "/reference/plain.safetensors");
  std::string list;
  for (const std::int32_t id : toInts(*file.find("tokens"))) {
    list += (list.empty() ? "" : ",") + std::to_string(id);
  }
  return list;
}

// A copy of the nano model that a test may damage.
inline std::string copyOfNano(const TemporaryDirectory& directory) {
  const std::string copy = directory.path("model");
  std::filesystem::create_directory(copy);
  for (const auto& entry : std::filesystem::directory_iterator(kNano)) {
    if (entry.is_regular_file()) {
      std::filesystem::copy_file(entry.path(), copy / entry.path().filename());
    }
  }
  return copy;
}

// Ends with this status and says every one of these in its message, on stderr alone.
inline void checkRefusal(const Invocation& invocation, int status, const Words& said) {
  const Outcome outcome = runProgram(invocation);
  std::string command;
  for (const std::string& word : invocation.arguments) {
    command += " " + word;
  }
  INFO("routescope" << command << "\nstderr: " << outcome.err);
  CHECK(outcome.status == status);
  CHECK(outcome.out.empty());
  CHECK_THAT(outcome.err, Catch::StartsWith("routescope: "));
  for (const std::string& part : said) {
    CHECK_THAT(outcome.err, Catch::Contains(part));
  }
}
inline void checkRefusal(const Words& arguments, int status, const Words& said) {
  Invocation invocation;
  invocation.arguments = arguments;
  checkRefusal(invocation, status, said);
}

// Ends well; returns what it said.
inline Outcome checkSuccess(const Words& arguments) {
  Outcome outcome = runProgram(arguments);
  INFO("stderr: " << outcome.err);
  CHECK(outcome.status == 0);
  return outcome;
}

}  // namespace rs::test
