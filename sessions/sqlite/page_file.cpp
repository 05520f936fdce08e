// SPDX-License-Identifier: Apache-2.0
#include "sessions/sqlite/page_file.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <limits>
#include <string_view>

#include "core/base/error.h"
#include "core/base/printable.h"

namespace rs::sessions {
namespace {

constexpr std::string_view kMagic("SQLite format 3\0", 16);
constexpr std::size_t kHeadBytes = 100;
constexpr std::size_t kLogHeadBytes = 32;
constexpr std::size_t kFrameHeadBytes = 24;
constexpr std::uint32_t kLogMagic = 0x377f0682;  // the last bit: words of checksums are big-endian

sqlite3_file* handleOf(std::byte* storage) {
  return reinterpret_cast<sqlite3_file*>(storage);
}

bool isPageSize(std::size_t bytes) {
  return bytes >= 512 && bytes <= 65536 && (bytes & (bytes - 1)) == 0;
}

// The running checksum of a log.
struct Checksum {
  bool is_big_endian = false;
  std::uint32_t first = 0, second = 0;

  void add(std::span<const std::byte> bytes) {
    for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
      first += word(bytes, at) + second;
      second += word(bytes, at + 4) + first;
    }
  }
  [[nodiscard]] bool is(std::span<const std::byte> bytes, std::size_t at) const {
    return fourBytes(bytes, at) == first && fourBytes(bytes, at + 4) == second;
  }

 private:
  [[nodiscard]] std::uint32_t word(std::span<const std::byte> bytes, std::size_t at) const {
    const std::uint32_t value = fourBytes(bytes, at);
    return is_big_endian ? value : __builtin_bswap32(value);
  }
};

}  // namespace

std::uint32_t twoBytes(std::span<const std::byte> bytes, std::size_t at) {
  return std::to_integer<std::uint32_t>(bytes[at]) << 8 | std::to_integer<std::uint32_t>(bytes[at + 1]);
}

std::uint32_t fourBytes(std::span<const std::byte> bytes, std::size_t at) {
  return twoBytes(bytes, at) << 16 | twoBytes(bytes, at + 2);
}

RawFile::RawFile(const std::string& path) : path_(path) {
  sqlite3_vfs* vfs = sqlite3_vfs_find(nullptr);
  handle_ = std::make_unique<std::byte[]>(static_cast<std::size_t>(vfs->szOsFile));
  int flags = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_READONLY;
  // SQLite expects the name to be followed by two more zeros (an empty list of parameters).
  const std::string name = path + std::string(3, '\0');
  sqlite3_file* file = handleOf(handle_.get());
  if (vfs->xOpen(vfs, name.c_str(), file, flags, &flags) != SQLITE_OK) {
    throw Error(ErrorCode::kIo, "opening a session: the file cannot be opened: " + printable(path, 400));
  }
  sqlite3_int64 size = 0;
  if (file->pMethods->xFileSize(file, &size) != SQLITE_OK) {
    file->pMethods->xClose(file);
    throw Error(ErrorCode::kIo, "opening a session: the file has no size: " + printable(path, 400));
  }
  size_ = static_cast<std::uint64_t>(size);
}

RawFile::~RawFile() {
  sqlite3_file* file = handleOf(handle_.get());
  file->pMethods->xClose(file);
}

void RawFile::read(std::uint64_t offset, std::span<std::byte> out) const {
  sqlite3_file* file = handleOf(handle_.get());
  if (file->pMethods->xRead(file, out.data(), static_cast<int>(out.size()),
                            static_cast<sqlite3_int64>(offset)) != SQLITE_OK) {
    throw Error(ErrorCode::kIo, "reading a session: the disk cannot be read: " + printable(path_, 400));
  }
}

PageFile::PageFile(const std::string& path) : file_(path) {
  readHead();
  page_.resize(page_bytes_);
  constexpr std::uint64_t kMost = std::numeric_limits<std::int32_t>::max();
  count_ = static_cast<std::uint32_t>(std::min(kMost, file_.size() / page_bytes_));
  readLog(path + "-wal");
}

void PageFile::readHead() {
  std::vector<std::byte> head(kHeadBytes);
  if (file_.size() < kHeadBytes) {
    return;
  }
  file_.read(0, head);
  std::size_t bytes = twoBytes(head, 16);
  bytes = bytes == 1 ? 65536 : bytes;
  const auto reserved = std::to_integer<std::size_t>(head[20]);
  if (std::memcmp(head.data(), kMagic.data(), kMagic.size()) != 0 || !isPageSize(bytes) ||
      bytes < 480 + reserved) {
    return;
  }
  has_sound_head_ = true;
  page_bytes_ = bytes;
  usable_bytes_ = bytes - reserved;
  first_free_ = fourBytes(head, 32);
}

// As SQLite does: frames count up to the last commit before the first one whose checksum or salt is wrong.
void PageFile::readLog(const std::string& path) {
  std::error_code ignored;  // most often there is none
  if (!std::filesystem::exists(path, ignored)) {
    return;
  }
  log_ = std::make_unique<RawFile>(path);
  std::vector<std::byte> head(kLogHeadBytes);
  if (log_->size() < kLogHeadBytes) {
    return;
  }
  log_->read(0, head);
  Checksum sum{(fourBytes(head, 0) & 1) != 0};
  sum.add(std::span(head).first(24));
  if ((fourBytes(head, 0) & ~1U) != kLogMagic || fourBytes(head, 8) != page_bytes_ || !sum.is(head, 24)) {
    return;
  }
  std::vector<std::byte> frame(kFrameHeadBytes + page_bytes_);
  std::map<std::uint32_t, std::uint64_t> open;  // since the last commit
  for (std::uint64_t at = kLogHeadBytes; at + frame.size() <= log_->size(); at += frame.size()) {
    log_->read(at, frame);
    const std::span<const std::byte> bytes(frame);
    sum.add(bytes.first(8));
    sum.add(bytes.subspan(kFrameHeadBytes));
    const bool same_salt = std::equal(bytes.begin() + 8, bytes.begin() + 16, head.begin() + 16);
    if (!same_salt || !sum.is(bytes, 16) || fourBytes(bytes, 0) == 0) {
      return;
    }
    open[fourBytes(bytes, 0)] = at + kFrameHeadBytes;
    if (const std::uint32_t pages = fourBytes(bytes, 4); pages > 0) {
      for (const auto& [page, offset] : open) {
        in_log_[page] = offset;
      }
      open.clear();
      count_ = pages;
    }
  }
}

std::span<const std::byte> PageFile::read(std::uint32_t number) {
  check(number >= 1 && number <= count_, "a page within the file");
  if (const auto found = in_log_.find(number); found != in_log_.end()) {
    log_->read(found->second, page_);
    return page_;
  }
  const std::uint64_t offset = std::uint64_t{number - 1} * page_bytes_;
  if (offset + page_bytes_ > file_.size()) {
    std::fill(page_.begin(), page_.end(), std::byte{0});  // cut off, or a hole of the log
    return page_;
  }
  file_.read(offset, page_);
  return page_;
}

}  // namespace rs::sessions
