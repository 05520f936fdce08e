// SPDX-License-Identifier: Apache-2.0
#include "sessions/types.h"

#include <chrono>
#include <ctime>

#include "core/base/text.h"

namespace rs::sessions {

std::string nameOf(Ending ending) {
  constexpr const char* kNames[] = {"prompt",       "stop token", "length", "stopped",
                                    "context full", "cancelled",  "failed", "interrupted"};
  return kNames[static_cast<std::size_t>(ending)];
}

Ending endingOf(RunEnd end) {
  switch (end) {
    case RunEnd::kPromptDone:
      return Ending::kPrompt;
    case RunEnd::kStopToken:
      return Ending::kStopToken;
    case RunEnd::kMaxTokens:
      return Ending::kLength;
    case RunEnd::kListener:
      return Ending::kStopped;
    case RunEnd::kContextFull:
      return Ending::kContextFull;
    case RunEnd::kCancelled:
      break;
  }
  return Ending::kCancelled;
}

std::string utcNow() {
  const auto now = std::chrono::system_clock::now();
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  return format("%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday,
                utc.tm_hour, utc.tm_min, utc.tm_sec, static_cast<int>(milliseconds));
}

}  // namespace rs::sessions
