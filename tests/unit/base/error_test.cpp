// SPDX-License-Identifier: Apache-2.0
//
// Error codes and the exit status each stands for.
#include "core/base/error.h"

#include <catch2/catch.hpp>
#include <string>

namespace rs {

TEST_CASE("each error code has its exit status") {
  CHECK(exitStatus(ErrorCode::kUsage) == 2);
  CHECK(exitStatus(ErrorCode::kModel) == 3);
  CHECK(exitStatus(ErrorCode::kMemory) == 4);
  CHECK(exitStatus(ErrorCode::kDevice) == 4);
  CHECK(exitStatus(ErrorCode::kTolerance) == 5);
  CHECK(exitStatus(ErrorCode::kCancelled) == 130);
  for (const ErrorCode code :
       {ErrorCode::kIo, ErrorCode::kUnsupported, ErrorCode::kNumeric, ErrorCode::kInternal}) {
    CHECK(exitStatus(code) == 1);
  }
}

TEST_CASE("an error keeps its code and its message") {
  const Error error(ErrorCode::kModel, "reading a tensor: too short");
  CHECK(error.code() == ErrorCode::kModel);
  CHECK(std::string(error.what()) == "reading a tensor: too short");
}

TEST_CASE("a broken claim about our own code is an internal error that says which") {
  CHECK_NOTHROW(check(true, "anything"));
  try {
    check(false, "slots are filled");
    FAIL("check(false) returned");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kInternal);
    CHECK_THAT(error.what(), Catch::Contains("slots are filled"));
  }
}

}  // namespace rs
