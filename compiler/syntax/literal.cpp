// The values of number and string literals.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/syntax/literal.h"

#include <cstdint>

namespace strowger::syntax {
namespace {

bool is_octal(char c) { return c >= '0' && c <= '7'; }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string decode_double_quoted(std::string_view raw, std::vector<std::uint32_t>* offsets) {
  std::string out;
  out.reserve(raw.size());
  const auto at = [&](std::size_t i) { return i < raw.size() ? raw[i] : '\0'; };
  std::size_t start = 0;  // of the character or escape that is being read
  const auto note = [&](std::size_t now) {
    if (offsets) offsets->resize(out.size(), static_cast<std::uint32_t>(start));
    start = now;
  };
  for (std::size_t i = 0; i < raw.size(); ++i) {
    note(i);
    if (raw[i] != '\\' || i + 1 == raw.size()) {
      out += raw[i];
      continue;
    }
    const char c = raw[i + 1];
    switch (c) {
      case 'n': out += '\n'; ++i; continue;
      case 'r': out += '\r'; ++i; continue;
      case 'a': out += '\a'; ++i; continue;
      case 't': out += '\t'; ++i; continue;
      case '"':
      case '\\': out += c; ++i; continue;
      case '\n': ++i; continue;
      case '\r':
        if (at(i + 2) == '\n') {
          i += 2;
          continue;
        }
        break;
      case 'x':
        if (hex_value(at(i + 2)) >= 0) {
          int value = hex_value(at(i + 2));
          i += 2;
          if (hex_value(at(i + 1)) >= 0) value = value * 16 + hex_value(raw[++i]);
          out += static_cast<char>(value);
          continue;
        }
        break;
      default:
        // One octal digit is no escape: back-references of regular expressions stay as they are.
        if (is_octal(c) && is_octal(at(i + 2))) {
          int value = (c - '0') * 8 + (raw[i + 2] - '0');
          i += 2;
          if (value < 32 && is_octal(at(i + 1))) value = value * 8 + (raw[++i] - '0');
          out += static_cast<char>(value);
          continue;
        }
    }
    out += '\\';
    out += c;
    ++i;
  }
  note(raw.size());
  if (offsets) offsets->push_back(static_cast<std::uint32_t>(raw.size()));
  return out;
}

Int number_value(std::string_view text, bool* cut) {
  if (text.empty()) return 0;
  if (text[0] < '0' || text[0] > '9') {
    for (const std::string_view yes : {"yes", "true", "on", "enable"})
      if (text == yes) return 1;
    if (text.back() == '4' || text == "inet" || text == "INET") return 2;  // AF_INET
    if (text.back() == '6') return 10;                                      // AF_INET6
    return 0;
  }
  unsigned base = 10;
  if (text.size() > 2 && text[1] == 'x') {
    base = 16;
    text.remove_prefix(2);
  } else if (text.back() == 'b') {
    base = 2;
    text.remove_suffix(1);
  } else if (text[0] == '0') {
    base = 8;
  }
  // 0xffffffff means all bits; a decimal number of that size is not meant to be -1.
  const std::uint64_t most = base == 10 ? INT32_MAX : UINT32_MAX;
  std::uint64_t value = 0;
  for (const char c : text) {
    value = value * base + static_cast<std::uint64_t>(hex_value(c));
    if (cut && value > most) *cut = true;
    value &= 0xffff'ffff'ffff;  // what counts is kept, whatever the length
  }
  return static_cast<std::int32_t>(static_cast<std::uint32_t>(value));
}

}  // namespace strowger::syntax
