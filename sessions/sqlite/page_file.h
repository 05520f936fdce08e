// SPDX-License-Identifier: Apache-2.0
//
// The pages of a SQLite file as they lie on the disk, with those that only its log (NAME-wal) has so far: for
// files that SQLite itself refuses. Nothing is written.
//
// Source: https://www.sqlite.org/fileformat2.html
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace rs::sessions {

// Big-endian, as everything in a SQLite file. Range: at + 2 or at + 4 bytes are there.
[[nodiscard]] std::uint32_t twoBytes(std::span<const std::byte> bytes, std::size_t at);
[[nodiscard]] std::uint32_t fourBytes(std::span<const std::byte> bytes, std::size_t at);

// A file read through SQLite's own layer: opening and closing it otherwise would drop the locks that this
// process has on it.
class RawFile {
 public:
  // Errors: Error{kIo} if it cannot be opened.
  explicit RawFile(const std::string& path);
  ~RawFile();
  RawFile(const RawFile&) = delete;
  RawFile& operator=(const RawFile&) = delete;

  [[nodiscard]] std::uint64_t size() const { return size_; }
  // Range: offset + out.size() <= size(). Errors: Error{kIo}.
  void read(std::uint64_t offset, std::span<std::byte> out) const;

 private:
  std::string path_;
  std::unique_ptr<std::byte[]> handle_;
  std::uint64_t size_ = 0;
};

class PageFile {
 public:
  // Errors: Error{kIo} if the file cannot be opened.
  explicit PageFile(const std::string& path);

  // Pages are numbered from 1. One that was cut off does not count.
  [[nodiscard]] std::uint32_t count() const { return count_; }
  [[nodiscard]] std::size_t pageBytes() const { return page_bytes_; }
  // Bytes of a page that hold content.
  [[nodiscard]] std::size_t usableBytes() const { return usable_bytes_; }
  // Whether the first 100 bytes are those of a SQLite file. Where not, pages of 4,096 bytes are assumed.
  [[nodiscard]] bool hasSoundHead() const { return has_sound_head_; }
  // First page of the list of unused ones; 0: none, or not known.
  [[nodiscard]] std::uint32_t firstFreePage() const { return first_free_; }

  // Lifetime: until the next read. Range: 1 <= number <= count().
  // Errors: Error{kIo} if the disk cannot be read.
  [[nodiscard]] std::span<const std::byte> read(std::uint32_t number);

 private:
  void readHead();
  void readLog(const std::string& path);

  RawFile file_;
  std::unique_ptr<RawFile> log_;
  std::map<std::uint32_t, std::uint64_t> in_log_;  // page → offset of its last committed content
  std::vector<std::byte> page_;
  std::size_t page_bytes_ = 4096;
  std::size_t usable_bytes_ = 4096;
  std::uint32_t count_ = 0;
  std::uint32_t first_free_ = 0;
  bool has_sound_head_ = false;
};

}  // namespace rs::sessions
