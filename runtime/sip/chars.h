// Classes of characters in SIP messages (RFC 3261 §25.1), and blanks.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <array>
#include <cstdint>

namespace strowger::sip {

enum CharClass : std::uint8_t {
  kTokenChar = 1,    ///< token
  kHostChar = 2,     ///< letters, digits, '.', '-'
  kControlChar = 4,  ///< below blank, and DEL
  kLwsChar = 8,      ///< blank, tab, CR, LF
  kHostStop = 16,    ///< ends a Via's host: LWS : ; , ( NUL
  kValueStop = 32,   ///< ends a parameter's value: LWS ; , (
  kAddressStop = 64, ///< in front of an address: < > ; , " NUL
};

inline constexpr std::array<std::uint8_t, 256> kCharClasses = [] {
  std::array<std::uint8_t, 256> t{};
  for (int c = 0; c < 256; ++c) {
    const bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (alnum) t[c] |= kTokenChar | kHostChar;
    if (c < ' ' || c == 127) t[c] |= kControlChar;
  }
  for (char c : {'-', '.', '!', '%', '*', '_', '+', '`', '\'', '~'}) t[static_cast<unsigned char>(c)] |= kTokenChar;
  for (char c : {'-', '.'}) t[static_cast<unsigned char>(c)] |= kHostChar;
  for (char c : {' ', '\t', '\r', '\n'}) t[static_cast<unsigned char>(c)] |= kLwsChar | kHostStop | kValueStop;
  for (char c : {':', ';', ',', '(', '\0'}) t[static_cast<unsigned char>(c)] |= kHostStop;
  for (char c : {';', ',', '('}) t[static_cast<unsigned char>(c)] |= kValueStop;
  for (char c : {'<', '>', ';', ',', '"', '\0'}) t[static_cast<unsigned char>(c)] |= kAddressStop;
  return t;
}();

inline bool is_class(char c, CharClass k) { return kCharClasses[static_cast<unsigned char>(c)] & k; }
inline bool is_token(char c) { return is_class(c, kTokenChar); }
inline bool is_lws(char c) { return is_class(c, kLwsChar); }
inline bool is_blank(char c) { return c == ' ' || c == '\t'; }
inline bool is_digit(char c) { return c >= '0' && c <= '9'; }
inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

inline const char* skip_lws(const char* p, const char* end) {
  while (p < end && is_lws(*p)) ++p;
  return p;
}
/// Back from `end` over blanks and line ends, not before `begin`.
inline const char* trim_end(const char* begin, const char* end) {
  while (end > begin && is_lws(end[-1])) --end;
  return end;
}
/// `open` is at a double quote; behind the closing one, or null where there is none.
inline const char* skip_quoted(const char* open, const char* end) {
  for (const char* p = open + 1; p < end; ++p) {
    if (*p == '"') return p + 1;
    if (*p == '\\') ++p;
  }
  return nullptr;
}

}  // namespace strowger::sip
