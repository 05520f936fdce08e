// SPDX-License-Identifier: Apache-2.0
//
// Who may write a session: one process, as long as it holds the lock file beside it (NAME.lock). The system
// lets go of it when the process ends, however it ends.
//
// Thread: any, one at a time.
#pragma once

#include <optional>
#include <string>

namespace rs::sessions {

class SessionLock {
 public:
  enum class Failure { kHeld, kCannotWrite, kNoRoom };

  // The lock, or why not. Cost: at most 20 ms.
  static std::optional<SessionLock> take(const std::string& session_path, Failure& failure);
  ~SessionLock();
  SessionLock(SessionLock&& other) noexcept;
  SessionLock& operator=(SessionLock&& other) noexcept;
  SessionLock(const SessionLock&) = delete;
  SessionLock& operator=(const SessionLock&) = delete;

 private:
  SessionLock(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}
  void release();

  std::string path_;
  int fd_ = -1;
};

// Whether a process, this one included, holds the lock of a session.
[[nodiscard]] bool isLocked(const std::string& session_path);
// Whether file and folder can be written.
[[nodiscard]] bool canWrite(const std::string& session_path);

}  // namespace rs::sessions
