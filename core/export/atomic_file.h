// SPDX-License-Identifier: Apache-2.0
//
// A file that appears under its name when it is complete, and never before. Grows under a temporary name in
// the same directory; leaving without finish() removes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace rs {

class AtomicFile {
 public:
  // expected_bytes: what will be written, 0 if unknown; refused at once if the disk has less room.
  //
  // Errors: Error{kIo} with the cause, or with the size and the room there is; the target stays as it was.
  explicit AtomicFile(const std::string& path, std::uint64_t expected_bytes = 0);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  // Errors: Error{kIo}, here and below.
  void write(std::span<const std::byte> bytes);
  // Replaces bytes that were written before.
  void overwrite(std::uint64_t offset, std::span<const std::byte> bytes);
  // Syncs and gives the file its name. Nothing may be written afterwards.
  void finish();

  [[nodiscard]] std::uint64_t size() const { return flushed_ + buffer_.size(); }

 private:
  [[noreturn]] void fail(int cause) const;
  void flush();
  void writeAt(std::uint64_t offset, std::span<const std::byte> bytes);

  std::string path_, temporary_;
  int fd_ = -1;
  std::uint64_t flushed_ = 0;
  std::vector<std::byte> buffer_;
};

}  // namespace rs
