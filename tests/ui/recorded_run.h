// SPDX-License-Identifier: Apache-2.0
//
// A run of the nano model, recorded under edits: what views and readings are shown in tests.
#pragma once

#include <memory>
#include <string>

#include "core/engine/snapshot.h"

namespace rs::test {

// edits: as in a file; "": none. Range: edits without `unembed`.
[[nodiscard]] std::shared_ptr<const RunSnapshot> recordedRun(const std::string& edits);

}  // namespace rs::test
