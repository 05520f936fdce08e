// SPDX-License-Identifier: Apache-2.0
//
// The npz side of TensorFileWriter: an uncompressed ZIP archive with one .npy member an array. Sizes are
// always written in their 64-bit form, so that small and huge files take the same path.
//
// Source: ZIP application note 6.3.10 (zip64 extended information), NumPy format version 1.0.
#include "core/base/error.h"
#include "core/export/crc32.h"
#include "core/export/tensor_file_layout.h"

namespace rs {
namespace {

constexpr std::uint16_t kZip64Version = 45;
constexpr std::uint16_t kFirstDay = 0x21;  // 1 January 1980: equal content gives equal files
constexpr std::uint32_t kIn64 = 0xFFFFFFFF;
constexpr std::uint64_t kCrcOffset = 14;  // of the checksum in a local header
constexpr std::uint16_t kZip64Tag = 1;

std::string npyHeader(const std::string& descr, const std::vector<std::int64_t>& shape) {
  std::string extents;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    extents += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  }
  extents += shape.size() == 1 ? "," : "";  // what makes it a tuple
  std::string dictionary = "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (" + extents + "), }";
  constexpr std::size_t kPreamble = 10;  // magic, version, length of the dictionary
  constexpr std::size_t kAlignment = 64;
  const std::size_t unpadded = kPreamble + dictionary.size() + 1;
  dictionary.append((kAlignment - unpadded % kAlignment) % kAlignment, ' ');
  dictionary += '\n';
  std::string text("\x93NUMPY\x01\x00", 8);
  appendNumber(text, static_cast<std::uint16_t>(dictionary.size()));
  return text + dictionary;
}

std::string npyHeader(const ArraySpec& array) {
  return npyHeader(array.dtype == DType::kF32 ? "<f4" : "<i4", array.shape);
}

std::string metadataHeader(const std::string& metadata) {
  return npyHeader("|S" + std::to_string(metadata.size()), {});
}

struct Member {
  std::string name;
  std::uint64_t offset = 0;  // of its local header
  std::uint64_t size = 0;
  std::uint32_t crc = 0;
};

// The fields that local and central headers share, from "version needed" to the length of the extra field.
std::string commonHeader(const Member& member, std::uint16_t extra_bytes) {
  std::string text;
  appendNumber(text, kZip64Version);
  appendNumber(text, std::uint16_t{0});  // flags
  appendNumber(text, std::uint16_t{0});  // stored, not compressed
  appendNumber(text, std::uint16_t{0});  // time
  appendNumber(text, kFirstDay);
  appendNumber(text, member.crc);
  appendNumber(text, kIn64);  // compressed size
  appendNumber(text, kIn64);  // size
  appendNumber(text, static_cast<std::uint16_t>(member.name.size()));
  appendNumber(text, extra_bytes);
  return text;
}

std::string localHeader(const Member& member) {
  std::string text("PK\x03\x04", 4);
  constexpr std::uint16_t kSizes = 16;
  text += commonHeader(member, kSizes + 4) + member.name;
  appendNumber(text, kZip64Tag);
  appendNumber(text, kSizes);
  appendNumber(text, member.size);
  appendNumber(text, member.size);
  return text;
}

std::string centralHeader(const Member& member) {
  std::string text("PK\x01\x02", 4);
  constexpr std::uint16_t kSizesAndOffset = 24;
  appendNumber(text, kZip64Version);
  text += commonHeader(member, kSizesAndOffset + 4);
  appendNumber(text, std::uint16_t{0});  // comment
  appendNumber(text, std::uint16_t{0});  // disk
  appendNumber(text, std::uint16_t{0});  // internal attributes
  appendNumber(text, std::uint32_t{0});  // external attributes
  appendNumber(text, kIn64);             // offset
  text += member.name;
  appendNumber(text, kZip64Tag);
  appendNumber(text, kSizesAndOffset);
  appendNumber(text, member.size);
  appendNumber(text, member.size);
  appendNumber(text, member.offset);
  return text;
}

// The zip64 record, its locator and the classic record, which defers to the first.
std::string endRecords(std::uint64_t n_members, std::uint64_t directory_begin,
                       std::uint64_t directory_bytes) {
  constexpr std::uint64_t kRecordBytes = 44;  // of the zip64 record, after this field
  std::string text("PK\x06\x06", 4);
  appendNumber(text, kRecordBytes);
  appendNumber(text, kZip64Version);
  appendNumber(text, kZip64Version);
  appendNumber(text, std::uint32_t{0});  // this disk
  appendNumber(text, std::uint32_t{0});  // disk of the directory
  appendNumber(text, n_members);
  appendNumber(text, n_members);
  appendNumber(text, directory_bytes);
  appendNumber(text, directory_begin);
  text += std::string("PK\x06\x07", 4);
  appendNumber(text, std::uint32_t{0});
  appendNumber(text, directory_begin + directory_bytes);
  appendNumber(text, std::uint32_t{1});  // disks in all
  text += std::string("PK\x05\x06", 4);
  appendNumber(text, std::uint32_t{0});       // this disk, disk of the directory
  appendNumber(text, std::uint16_t{0xFFFF});  // members here
  appendNumber(text, std::uint16_t{0xFFFF});  // members in all
  appendNumber(text, kIn64);
  appendNumber(text, kIn64);
  appendNumber(text, std::uint16_t{0});  // comment
  return text;
}

std::uint64_t totalBytes(const std::vector<ArraySpec>& arrays, const std::string& metadata) {
  const std::uint64_t per_member = localHeader({}).size() + centralHeader({}).size();
  std::uint64_t bytes = endRecords(0, 0, 0).size();
  const auto add = [&](const std::string& name, std::uint64_t size) {
    bytes += per_member + 2 * (name.size() + 4) + size;  // names have .npy behind them
  };
  add("routescope", metadataHeader(metadata).size() + metadata.size());
  for (const ArraySpec& array : arrays) {
    add(array.name, npyHeader(array).size() + bytesOf(array));
  }
  return bytes;
}

class NpzLayout final : public TensorFileLayout {
 public:
  NpzLayout(const std::string& path, const std::vector<ArraySpec>& arrays, const std::string& metadata)
      : file_(path, totalBytes(arrays, metadata)) {
    beginMember("routescope", metadataHeader(metadata), metadata.size());
    write(bytesOfText(metadata));
    endArray();
  }

  void beginArray(const ArraySpec& array) override {
    beginMember(array.name, npyHeader(array), bytesOf(array));
  }

  void write(std::span<const std::byte> bytes) override {
    crc_.add(bytes);
    file_.write(bytes);
  }

  void endArray() override {
    Member& member = members_.back();
    member.crc = crc_.value();
    std::string crc;
    appendNumber(crc, member.crc);
    file_.overwrite(member.offset + kCrcOffset, bytesOfText(crc));
  }

  void finish() override {
    const std::uint64_t begin = file_.size();
    for (const Member& member : members_) {
      file_.write(bytesOfText(centralHeader(member)));
    }
    file_.write(bytesOfText(endRecords(members_.size(), begin, file_.size() - begin)));
    file_.finish();
  }

 private:
  void beginMember(const std::string& name, const std::string& header, std::uint64_t data_bytes) {
    members_.push_back({name + ".npy", file_.size(), header.size() + data_bytes, 0});
    check(members_.back().name.size() < 0xFFFF, "names of arrays fit a ZIP header");
    file_.write(bytesOfText(localHeader(members_.back())));
    crc_ = {};
    write(bytesOfText(header));
  }

  AtomicFile file_;
  std::vector<Member> members_;
  Crc32 crc_;
};

}  // namespace

std::unique_ptr<TensorFileLayout> makeNpzLayout(const std::string& path, const std::vector<ArraySpec>& arrays,
                                                const std::string& metadata) {
  return std::make_unique<NpzLayout>(path, arrays, metadata);
}

}  // namespace rs
