// SPDX-License-Identifier: Apache-2.0
#include "core/base/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "core/base/error.h"

namespace rs {
namespace {

[[noreturn]] void failToRead(const std::string& path, const std::string& cause) {
  throw Error(ErrorCode::kModel, "reading a file: " + cause + " (" + path + ")");
}

}  // namespace

MappedFile::MappedFile(const std::string& path) : path_(path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    failToRead(path, std::strerror(errno));
  }
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    ::close(fd);
    failToRead(path, "expected a regular file");
  }
  size_ = static_cast<std::size_t>(info.st_size);
  if (size_ != 0) {
    void* data = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, fd, 0);
    if (data == MAP_FAILED) {
      const int cause = errno;
      ::close(fd);
      failToRead(path, std::string("cannot be mapped: ") + std::strerror(cause));
    }
    data_ = static_cast<const std::byte*>(data);
  }
  ::close(fd);
}

MappedFile::~MappedFile() {
  if (data_ != nullptr) {
    ::munmap(const_cast<std::byte*>(data_), size_);
  }
}

MappedFile::MappedFile(MappedFile&& other) noexcept
    : path_(std::move(other.path_)),
      data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

MappedFile& MappedFile::operator=(MappedFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  return *this;
}

std::string readTextFile(const std::string& path) {
  const MappedFile file(path);
  const auto bytes = file.bytes();
  return bytes.empty() ? std::string()
                       : std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

void writeFileAtomically(const std::string& path, std::span<const std::byte> bytes) {
  const std::string temporary = path + ".tmp" + std::to_string(::getpid());
  const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  int cause = fd < 0 ? errno : 0;
  for (std::size_t done = 0; cause == 0 && done < bytes.size();) {
    const ssize_t n = ::write(fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno != EINTR) {
      cause = errno;
    }
    done += n > 0 ? static_cast<std::size_t>(n) : 0;
  }
  if (cause == 0 && ::fsync(fd) != 0) {
    cause = errno;
  }
  if (fd >= 0) {
    ::close(fd);
  }
  if (cause == 0 && ::rename(temporary.c_str(), path.c_str()) != 0) {
    cause = errno;
  }
  if (cause != 0) {
    ::unlink(temporary.c_str());
    throw Error(ErrorCode::kIo, std::string("writing a file: ") + std::strerror(cause) +
                                    "; nothing was written (" + path + ")");
  }
}

}  // namespace rs
