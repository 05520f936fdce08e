// SPDX-License-Identifier: Apache-2.0
//
// A stored run as a file for other programs: .csv (a row a token, layer and slot), .json, .safetensors (the
// arrays and metadata of a capture). Written whole or not at all.
#pragma once

#include <string>

#include "sessions/session_reader.h"

namespace rs::sessions {

// The ending of the path chooses the format.
//
// Errors: Error{kUsage} for another ending; Error{kIo}; as SessionReader.
void exportRun(SessionReader& reader, RunId run, const std::string& path);

}  // namespace rs::sessions
