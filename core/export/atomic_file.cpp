// SPDX-License-Identifier: Apache-2.0
#include "core/export/atomic_file.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "core/base/error.h"
#include "core/base/printable.h"
#include "core/base/text.h"

namespace rs {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;

std::string directoryOf(const std::string& path) {
  const std::string parent = std::filesystem::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

void requireRoom(const std::string& path, std::uint64_t bytes) {
  struct statvfs disk {};
  if (bytes == 0 || ::statvfs(directoryOf(path).c_str(), &disk) != 0) {
    return;  // a directory that cannot be asked fails to open with a better message
  }
  const std::uint64_t room = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  if (bytes > room) {
    throw Error(ErrorCode::kIo, "writing a file: it needs " + bytesText(bytes) + ", the disk has " +
                                    bytesText(room) + " left; nothing was written (" + printable(path, 400) +
                                    ")");
  }
}

}  // namespace

AtomicFile::AtomicFile(const std::string& path, std::uint64_t expected_bytes) : path_(path) {
  static std::atomic<unsigned> next = 0;
  temporary_ = path + ".tmp" + std::to_string(::getpid()) + "-" + std::to_string(next++);
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    fail(EISDIR);
  }
  requireRoom(path, expected_bytes);
  buffer_.reserve(kBufferBytes);
  fd_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd_ < 0) {
    fail(errno);
  }
}

AtomicFile::~AtomicFile() {
  if (fd_ >= 0) {
    ::close(fd_);
    ::unlink(temporary_.c_str());
  }
}

void AtomicFile::fail(int cause) const {
  throw Error(ErrorCode::kIo, std::string("writing a file: ") + std::strerror(cause) +
                                  "; nothing was written (" + printable(path_, 400) + ")");
}

void AtomicFile::writeAt(std::uint64_t offset, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno != EINTR) {
      fail(errno);
    }
    const std::size_t done = n > 0 ? static_cast<std::size_t>(n) : 0;
    bytes = bytes.subspan(done);
    offset += done;
  }
}

void AtomicFile::flush() {
  writeAt(flushed_, buffer_);
  flushed_ += buffer_.size();
  buffer_.clear();
}

void AtomicFile::write(std::span<const std::byte> bytes) {
  check(fd_ >= 0, "a finished file is not written to");
  if (buffer_.size() + bytes.size() > kBufferBytes) {
    flush();
  }
  if (bytes.size() > kBufferBytes) {
    writeAt(flushed_, bytes);
    flushed_ += bytes.size();
    return;
  }
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

void AtomicFile::overwrite(std::uint64_t offset, std::span<const std::byte> bytes) {
  check(fd_ >= 0 && offset + bytes.size() <= size(), "only written bytes are overwritten");
  flush();
  writeAt(offset, bytes);
}

void AtomicFile::finish() {
  check(fd_ >= 0, "a file is finished once");
  flush();
  if (::fsync(fd_) != 0) {
    fail(errno);
  }
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) {
    fail(errno);
  }
  ::close(fd_);
  fd_ = -1;
}

}  // namespace rs
