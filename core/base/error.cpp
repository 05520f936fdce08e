// SPDX-License-Identifier: Apache-2.0
#include "core/base/error.h"

namespace rs {

int exitStatus(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUsage:
      return 2;
    case ErrorCode::kModel:
      return 3;
    case ErrorCode::kMemory:
    case ErrorCode::kDevice:
      return 4;
    case ErrorCode::kTolerance:
      return 5;
    case ErrorCode::kCancelled:
      return 130;
    default:
      return 1;
  }
}

void check(bool holds, const char* what) {
  if (!holds) {
    throw Error(ErrorCode::kInternal, std::string("internal check failed: ") + what + "; please report this");
  }
}

}  // namespace rs
