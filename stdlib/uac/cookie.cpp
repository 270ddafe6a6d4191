// What our Record-Route tells of a changed From or To.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/uac/cookie.h"

#include <algorithm>

#include "runtime/sip/base64.h"
#include "runtime/sip/uri.h"

namespace strowger::uac {
namespace {

constexpr std::size_t kLongest = 1024;   ///< URIs

void mix(char* bytes, std::size_t size, Text key) {
  for (std::size_t i = 0; i < size && !key.empty(); ++i) bytes[i] = static_cast<char>(bytes[i] ^ key.ptr[i % key.len]);
}

/// Bytes of base64; null where it is none.
Text decode(Text text, sip::Arena& arena) {
  while (!text.empty() && (text.ptr[text.len - 1] == '-' || text.ptr[text.len - 1] == '=')) --text.len;
  char* const out = text.len > 2 * kLongest ? nullptr : static_cast<char*>(arena.allocate(text.len + 1));
  if (!out) return Text::null();
  std::size_t size = 0;
  std::uint32_t held = 0, bits = 0;
  for (std::size_t i = 0; i < text.len; ++i) {
    const int value = sip::base64_value(sip::Base64::Usual, text.ptr[i]);
    if (value < 0) return Text::null();
    held = held << 6U | static_cast<std::uint32_t>(value);
    if ((bits += 6) < 8) continue;
    bits -= 8;
    out[size++] = static_cast<char>(held >> bits & 255U);
  }
  return {out, size};
}

/// Can it stand between < and >?
bool is_uri(Text text) {
  for (const unsigned char c : text.view())
    if (c <= ' ' || c == 127 || c == '<' || c == '>' || c == '"') return false;
  return sip::parse_uri(text).has_value();
}

}  // namespace

Text make_cookie(Text one, Text other, Text password, sip::Arena& arena) {
  if (one.len < other.len) std::swap(one, other);
  char* const bytes = static_cast<char*>(arena.allocate(one.len + 1));
  char* const out = static_cast<char*>(arena.allocate(sip::base64_length(one.len, true) + 1));
  if (!bytes || !out) return Text::null();
  std::copy_n(one.ptr, one.len, bytes);
  mix(bytes, other.len, other);
  mix(bytes, one.len, password);
  char* const end = sip::print_base64(sip::Base64::Usual, true, bytes, one.len, out);
  std::replace(out, end, '=', '-');
  return {out, static_cast<std::size_t>(end - out)};
}

Text read_cookie(Text cookie, Text one, Text password, sip::Arena& arena) {
  Text text = decode(cookie, arena);
  if (text.is_null() || text.len < one.len) return Text::null();
  char* const bytes = const_cast<char*>(text.ptr);   // ours, as decode() made it
  mix(bytes, text.len, password);
  mix(bytes, one.len, one);
  while (text.len > 0 && text.ptr[text.len - 1] == 0) --text.len;
  return is_uri(text) ? text : Text::null();
}

}  // namespace strowger::uac
