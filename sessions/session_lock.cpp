// SPDX-License-Identifier: Apache-2.0
#include "sessions/session_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <thread>
#include <utility>

namespace rs::sessions {
namespace {

std::string lockPath(const std::string& session_path) {
  return session_path + ".lock";
}

// Whether the name still leads to the open file: the holder before may have removed it meanwhile.
bool isStill(const std::string& path, int fd) {
  struct stat by_name {};
  struct stat by_fd {};
  return ::stat(path.c_str(), &by_name) == 0 && ::fstat(fd, &by_fd) == 0 && by_name.st_ino == by_fd.st_ino &&
         by_name.st_dev == by_fd.st_dev;
}

// Whoever only asks whether a session is open holds the lock for a moment.
bool lockSoon(int fd) {
  constexpr int kTries = 5;
  for (int i = 0; i < kTries; ++i) {
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) {
      return true;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(4));
  }
  return ::flock(fd, LOCK_EX | LOCK_NB) == 0;
}

}  // namespace

std::optional<SessionLock> SessionLock::take(const std::string& session_path, Failure& failure) {
  const std::string path = lockPath(session_path);
  while (true) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0) {
      failure = errno == ENOSPC || errno == EDQUOT ? Failure::kNoRoom : Failure::kCannotWrite;
      return std::nullopt;
    }
    if (!lockSoon(fd)) {
      failure = errno == EWOULDBLOCK ? Failure::kHeld : Failure::kCannotWrite;
      ::close(fd);
      return std::nullopt;
    }
    if (isStill(path, fd)) {
      return SessionLock(path, fd);
    }
    ::close(fd);
  }
}

SessionLock::~SessionLock() {
  release();
}

SessionLock::SessionLock(SessionLock&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}

SessionLock& SessionLock::operator=(SessionLock&& other) noexcept {
  if (this != &other) {
    release();
    path_ = std::move(other.path_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

void SessionLock::release() {
  if (fd_ >= 0) {
    ::unlink(path_.c_str());  // before the lock goes, so that nobody locks a name that vanishes
    ::close(fd_);
    fd_ = -1;
  }
}

bool isLocked(const std::string& session_path) {
  const int fd = ::open(lockPath(session_path).c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) {
    return false;
  }
  const bool is_free = ::flock(fd, LOCK_EX | LOCK_NB) == 0;
  ::close(fd);
  return !is_free;
}

bool canWrite(const std::string& session_path) {
  const std::filesystem::path folder = std::filesystem::path(session_path).parent_path();
  return ::access(session_path.c_str(), W_OK) == 0 &&
         ::access(folder.empty() ? "." : folder.c_str(), W_OK) == 0;
}

}  // namespace rs::sessions
