// SPDX-License-Identifier: Apache-2.0
//
// A file mapped read-only. Move-only; the mapping lives as long as the object.
//
// Thread: const members from any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace rs {

class MappedFile {
 public:
  // Errors: Error{kModel} naming the path when it cannot be opened, is not a regular file or cannot be
  // mapped.
  explicit MappedFile(const std::string& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  [[nodiscard]] std::span<const std::byte> bytes() const { return {data_, size_}; }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

// The whole file as text. Errors: as MappedFile.
[[nodiscard]] std::string readTextFile(const std::string& path);

// Writes beside the target under a temporary name, syncs, then renames: the target is whole or as it was.
// Errors: Error{kIo} naming path and cause.
void writeFileAtomically(const std::string& path, std::span<const std::byte> bytes);

}  // namespace rs
