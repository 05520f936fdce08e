// SPDX-License-Identifier: Apache-2.0
#include "sessions/sqlite/tree_page.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace rs::sessions {
namespace {

constexpr std::size_t kFileHeadBytes = 100;
constexpr std::size_t kSmallestCell = 4;
constexpr std::size_t kVarintBytes = 9;
constexpr std::byte kInnerIndex{2}, kInnerTable{5}, kLeafIndex{10}, kLeafTable{13};

using View = std::span<const std::byte>;

// SQLite's number of one to nine bytes; moves `at` behind it. nullopt: it goes beyond the end.
std::optional<std::uint64_t> varint(View bytes, std::size_t& at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < kVarintBytes; ++i) {
    if (at >= bytes.size()) {
      return std::nullopt;
    }
    const auto byte = std::to_integer<std::uint64_t>(bytes[at++]);
    if (i + 1 == kVarintBytes) {
      return value << 8 | byte;
    }
    value = value << 7 | (byte & 0x7F);
    if ((byte & 0x80) == 0) {
      return value;
    }
  }
  return value;
}

// A serial type says of what type a value is and how many bytes it has.
struct Serial {
  Statement::Type type{};
  std::uint64_t bytes = 0;
};

std::optional<Serial> serialOf(std::uint64_t code) {
  using Type = Statement::Type;
  constexpr std::uint64_t kIntegerBytes[] = {0, 1, 2, 3, 4, 6, 8};
  if (code == 0) {
    return Serial{Type::kNull, 0};
  }
  if (code <= 6) {
    return Serial{Type::kInteger, kIntegerBytes[code]};
  }
  if (code == 7) {
    return Serial{Type::kReal, 8};
  }
  if (code <= 9) {
    return Serial{Type::kInteger, 0};  // 0 or 1
  }
  if (code < 12) {
    return std::nullopt;
  }
  return Serial{code % 2 == 0 ? Type::kBlob : Type::kText, (code - 12) / 2};
}

// The serial types at the front of a record of `total` bytes; `body` is where its values begin.
std::optional<std::vector<std::uint64_t>> serialCodes(View record, std::uint64_t total, std::size_t& body) {
  std::size_t at = 0;
  const auto head = varint(record, at);
  if (!head || *head > record.size() || *head < at) {
    return std::nullopt;
  }
  body = static_cast<std::size_t>(*head);
  std::vector<std::uint64_t> codes;
  std::uint64_t sum = *head;
  while (at < body) {
    const auto code = varint(record.first(body), at);
    const auto serial = code ? serialOf(*code) : std::nullopt;
    if (!serial || serial->bytes > total) {
      return std::nullopt;
    }
    codes.push_back(*code);
    sum += serial->bytes;
  }
  return sum == total ? std::optional(codes) : std::nullopt;
}

RawValue valueOf(std::uint64_t code, View bytes) {
  const Serial serial = *serialOf(code);
  RawValue value;
  value.type = serial.type;
  if (code == 8 || code == 9) {
    value.number = code == 9 ? 1 : 0;
  } else if (code <= 7) {
    std::uint64_t bits = !bytes.empty() && (bytes[0] & std::byte{0x80}) != std::byte{0} ? ~0ULL : 0;
    for (const std::byte byte : bytes) {
      bits = bits << 8 | std::to_integer<std::uint64_t>(byte);
    }
    value.number = static_cast<std::int64_t>(bits);
    value.real = code == 7 ? std::bit_cast<double>(bits) : 0;
  } else {
    value.bytes = bytes;
  }
  return value;
}

// How much of a payload lies in the page itself.
std::size_t localBytes(std::uint64_t payload, std::size_t usable, bool is_table) {
  const std::size_t most = is_table ? usable - 35 : (usable - 12) * 64 / 255 - 23;
  if (payload <= most) {
    return static_cast<std::size_t>(payload);
  }
  const std::size_t least = (usable - 12) * 32 / 255 - 23;
  const std::size_t some = least + static_cast<std::size_t>((payload - least) % (usable - 4));
  return some <= most ? some : least;
}

class Parser {
 public:
  Parser(View page, std::size_t head, const PageFile& file)
      : page_(page),
        head_(head),
        usable_(page.size()),
        count_(file.count()),
        greatest_payload_(std::uint64_t{count_} * usable_) {}

  std::optional<TreePage> parse() {
    const std::byte kind = page_[head_];
    if (kind != kInnerIndex && kind != kInnerTable && kind != kLeafIndex && kind != kLeafTable) {
      return std::nullopt;
    }
    result_.is_leaf = kind == kLeafIndex || kind == kLeafTable;
    result_.is_table = kind == kInnerTable || kind == kLeafTable;
    const std::size_t n = twoBytes(page_, head_ + 3);
    const std::size_t pointers = head_ + (result_.is_leaf ? 8 : 12);
    content_ = twoBytes(page_, head_ + 5);
    content_ = content_ == 0 ? 65536 : content_;
    if (pointers + 2 * n > content_ || content_ > usable_ || (!result_.is_leaf && n == 0)) {
      return std::nullopt;
    }
    for (std::size_t i = 0; i < n; ++i) {
      if (!addCell(twoBytes(page_, pointers + 2 * i))) {
        return std::nullopt;
      }
    }
    if (!result_.is_leaf && !addChild(head_ + 8)) {
      return std::nullopt;
    }
    if (!addGaps() || !fillsPage() || !isOrdered()) {
      return std::nullopt;
    }
    return std::move(result_);
  }

 private:
  bool addChild(std::size_t at) {
    const std::uint32_t child = fourBytes(page_, at);
    result_.children.push_back(child);
    return child >= 2 && child <= count_;
  }

  bool addCell(std::size_t start) {
    if (start < content_ || start + kSmallestCell > usable_) {
      return false;
    }
    std::size_t at = start;
    if (!result_.is_leaf) {
      if (!addChild(at)) {
        return false;
      }
      at += 4;
    }
    Cell cell;
    const bool has_payload = result_.is_leaf || !result_.is_table;
    if (has_payload) {
      const auto payload = varint(page_, at);
      if (!payload || *payload > greatest_payload_) {
        return false;
      }
      cell.payload_bytes = *payload;
    }
    if (result_.is_table) {
      const auto rowid = varint(page_, at);
      if (!rowid) {
        return false;
      }
      cell.rowid = static_cast<std::int64_t>(*rowid);
    }
    if (has_payload && !addPayload(cell, at)) {
      return false;
    }
    used_.push_back({start, std::max(at, start + kSmallestCell)});
    result_.cells.push_back(std::move(cell));
    return true;
  }

  bool addPayload(Cell& cell, std::size_t& at) {
    cell.at = at;
    cell.local = localBytes(cell.payload_bytes, usable_, result_.is_table);
    at += cell.local;
    if (at > usable_) {
      return false;
    }
    if (cell.local < cell.payload_bytes) {
      if (at + 4 > usable_) {
        return false;
      }
      cell.overflow = fourBytes(page_, at);
      at += 4;
    }
    std::size_t body = 0;
    const auto codes = serialCodes(page_.subspan(cell.at, cell.local), cell.payload_bytes, body);
    if (!codes) {
      return false;
    }
    for (const std::uint64_t code : *codes) {
      const Serial serial = *serialOf(code);
      const bool is_number = code != 0 && code < 10 && body + serial.bytes <= cell.local;
      const auto bytes = static_cast<std::size_t>(serial.bytes);
      cell.values.push_back(is_number ? valueOf(code, page_.subspan(cell.at + body, bytes))
                                      : RawValue{serial.type, 0, 0, {}});
      body += bytes;
    }
    return true;
  }

  // Free blocks lie in ascending order, each with its successor and its size in front.
  bool addGaps() {
    std::size_t last_end = 0;
    for (std::size_t at = twoBytes(page_, head_ + 1); at != 0; at = twoBytes(page_, at)) {
      if (at < content_ || at < last_end || at + 4 > usable_) {
        return false;
      }
      const std::size_t size = twoBytes(page_, at + 2);
      if (size < 4 || at + size > usable_) {
        return false;
      }
      last_end = at + size;
      used_.push_back({at, last_end});
    }
    return true;
  }

  bool fillsPage() {
    std::sort(used_.begin(), used_.end());
    std::size_t end = content_;
    std::size_t sum = std::to_integer<std::size_t>(page_[head_ + 7]);
    for (const auto& [from, to] : used_) {
      if (from < end || to > usable_) {
        return false;
      }
      end = to;
      sum += to - from;
    }
    return sum == usable_ - content_;
  }

  [[nodiscard]] bool isOrdered() const {
    const auto& cells = result_.cells;
    for (std::size_t i = 1; result_.is_table && i < cells.size(); ++i) {
      if (cells[i].rowid <= cells[i - 1].rowid) {
        return false;
      }
    }
    return true;
  }

  View page_;  // its usable bytes
  std::size_t head_;
  std::size_t usable_;
  std::uint32_t count_;
  std::uint64_t greatest_payload_;
  std::size_t content_ = 0;
  std::vector<std::pair<std::size_t, std::size_t>> used_;
  TreePage result_;
};

// The rest of a payload. Every page of the chain but the last names the next one.
bool appendOverflow(PageFile& file, std::uint32_t number, std::uint64_t total,
                    std::vector<std::byte>& payload, std::vector<std::uint32_t>& used) {
  while (payload.size() < total) {
    if (number < 2 || number > file.count()) {
      return false;
    }
    used.push_back(number);
    const View page = file.read(number).first(file.usableBytes());
    const std::size_t n = std::min<std::uint64_t>(page.size() - 4, total - payload.size());
    payload.insert(payload.end(), page.begin() + 4, page.begin() + 4 + static_cast<std::ptrdiff_t>(n));
    number = fourBytes(page, 0);
  }
  return number == 0;
}

}  // namespace

std::optional<TreePage> readTreePage(PageFile& file, std::uint32_t number) {
  const View page = file.read(number).first(file.usableBytes());
  return Parser(page, number == 1 ? kFileHeadBytes : 0, file).parse();
}

std::optional<RawRecord> readRecord(PageFile& file, std::uint32_t number, const Cell& cell,
                                    std::vector<std::uint32_t>& used) {
  RawRecord record;
  record.rowid = cell.rowid;
  const View local = file.read(number).subspan(cell.at, cell.local);
  record.payload.assign(local.begin(), local.end());
  if (cell.local < cell.payload_bytes &&
      !appendOverflow(file, cell.overflow, cell.payload_bytes, record.payload, used)) {
    return std::nullopt;
  }
  std::size_t at = 0;
  const View payload(record.payload);
  const auto codes = serialCodes(payload.first(cell.local), cell.payload_bytes, at);
  if (!codes) {
    return std::nullopt;  // the page changed meanwhile
  }
  for (const std::uint64_t code : *codes) {
    const auto bytes = static_cast<std::size_t>(serialOf(code)->bytes);
    record.values.push_back(valueOf(code, payload.subspan(at, bytes)));
    at += bytes;
  }
  return record;
}

}  // namespace rs::sessions
