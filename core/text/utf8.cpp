// SPDX-License-Identifier: Apache-2.0
//
// Table 3-7 of the Unicode standard: which second bytes may follow which first byte.
#include "core/text/utf8.h"

#include <utility>

#include "core/base/text.h"

namespace rs {

namespace {

constexpr char32_t kReplacement = 0xFFFD;

struct Lead {
  std::uint8_t length;  // 0: cannot begin a longer sequence
  std::uint8_t low;     // least and greatest second byte
  std::uint8_t high;
};

Lead leadOf(unsigned char first) {
  if (first < 0xC2 || first > 0xF4) {
    return {0, 0, 0};
  }
  if (first < 0xE0) {
    return {2, 0x80, 0xBF};
  }
  if (first < 0xF0) {
    return {3, static_cast<std::uint8_t>(first == 0xE0 ? 0xA0 : 0x80),
            static_cast<std::uint8_t>(first == 0xED ? 0x9F : 0xBF)};
  }
  return {4, static_cast<std::uint8_t>(first == 0xF0 ? 0x90 : 0x80),
          static_cast<std::uint8_t>(first == 0xF4 ? 0x8F : 0xBF)};
}

// Valid characters are copied, broken ones replaced; stops before a cut end and returns where.
std::size_t appendValid(std::string_view bytes, std::string& out) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const CodePoint point = codePointAt(bytes, at);
    if (point.cut) {
      break;
    }
    if (point.valid) {
      out.append(bytes.substr(at, point.length));
    } else {
      appendUtf8(kReplacement, out);
    }
    at += point.length;
  }
  return at;
}

}  // namespace

CodePoint detail::longCodePointAt(std::string_view text, std::size_t begin) {
  const auto first = static_cast<unsigned char>(text[begin]);
  const Lead lead = leadOf(first);
  if (lead.length == 0) {
    return {kReplacement, 1, false, false};
  }
  char32_t value = first & (0x7FU >> lead.length);
  for (std::uint8_t i = 1; i < lead.length; ++i) {
    if (begin + i >= text.size()) {
      return {kReplacement, i, false, true};
    }
    const auto next = static_cast<unsigned char>(text[begin + i]);
    const unsigned low = i == 1 ? lead.low : 0x80;
    const unsigned high = i == 1 ? lead.high : 0xBF;
    if (next < low || next > high) {
      return {kReplacement, i, false, false};
    }
    value = value << 6 | (next & 0x3FU);
  }
  return {value, lead.length, true, false};
}

std::string validUtf8(std::string_view bytes) {
  Utf8Stream stream;
  std::string text = stream.push(bytes);
  return text += stream.finish();
}

bool isValidUtf8(std::string_view bytes) {
  for (std::size_t at = 0; at < bytes.size();) {
    const CodePoint point = codePointAt(bytes, at);
    if (!point.valid) {
      return false;
    }
    at += point.length;
  }
  return true;
}

void appendUtf8(char32_t code_point, std::string& out) {
  const auto byte = [&](char32_t value) {
    out.push_back(static_cast<char>(static_cast<unsigned char>(value)));
  };
  if (code_point < 0x80) {
    byte(code_point);
  } else if (code_point < 0x800) {
    byte(0xC0 | code_point >> 6);
    byte(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    byte(0xE0 | code_point >> 12);
    byte(0x80 | (code_point >> 6 & 0x3F));
    byte(0x80 | (code_point & 0x3F));
  } else {
    byte(0xF0 | code_point >> 18);
    byte(0x80 | (code_point >> 12 & 0x3F));
    byte(0x80 | (code_point >> 6 & 0x3F));
    byte(0x80 | (code_point & 0x3F));
  }
}

std::string visibleText(std::string_view bytes) {
  std::string out;
  for (std::size_t at = 0; at < bytes.size();) {
    const CodePoint point = codePointAt(bytes, at);
    const std::string_view raw = bytes.substr(at, point.length);
    const std::size_t short_form =
        raw.size() == 1 ? std::string_view("\n\t\r\\").find(raw[0]) : std::string_view::npos;
    if (short_form != std::string_view::npos) {
      out += '\\';
      out += "ntr\\"[short_form];
    } else if (!point.valid || point.value < 0x20 || (point.value >= 0x7F && point.value < 0xA0)) {
      for (const char byte : raw) {
        out += format("\\x%02X", static_cast<unsigned>(static_cast<unsigned char>(byte)));
      }
    } else {
      out += raw;
    }
    at += point.length;
  }
  return out;
}

std::string Utf8Stream::push(std::string_view bytes) {
  std::string out;
  if (waiting_.empty()) {
    waiting_ = bytes.substr(appendValid(bytes, out));
    return out;
  }
  waiting_.append(bytes);
  const std::size_t done = appendValid(waiting_, out);
  waiting_.erase(0, done);
  return out;
}

std::string Utf8Stream::finish() {
  std::string out;
  if (!std::exchange(waiting_, {}).empty()) {
    appendUtf8(kReplacement, out);
  }
  return out;
}

}  // namespace rs
