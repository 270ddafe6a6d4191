// {s.encode.*} and {s.decode.*}: hexadecimal, Base64, Base58, GSM 7 bit; {s.corehash}.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pv.interface.h"
#include "runtime/script/core_hash.h"
#include "runtime/sip/base64.h"
#include "runtime/sip/hex.h"
#include "stdlib/pv/text_output.h"

namespace strowger {

using sip::hex_value;
using pv::Output;
using pv::text_of;
using sip::Base64;

namespace {

constexpr std::string_view kBase58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::size_t kMaxBase58 = 4096;   // its cost grows with the square of the length

std::uint8_t byte(Text text, std::size_t i) { return static_cast<std::uint8_t>(text.ptr[i]); }

Text encode_base64(Call& call, Value in, Base64 kind, bool padded) {
  const Text text = text_of(call, in);
  const std::size_t length = sip::base64_length(text.len, padded);
  if (length > pv::kMaxText) return Text::failed();
  char* const out = static_cast<char*>(call.arena->allocate(length));
  if (!out) return Text::failed();
  sip::print_base64(kind, padded, text.ptr, text.len, out);
  return {out, length};
}

// A character that is not of the alphabet counts as eight ones: what comes out is garbage, but the rest is not lost.
// What the last group lacks counts as '='.
Text decode_base64(Call& call, Value in, bool needs_padding) {
  const Text text = text_of(call, in);
  if (needs_padding && text.len % 4 != 0) return Text::failed();
  const auto at = [&](std::size_t i) { return i < text.len ? text.ptr[i] : '='; };
  const auto value = [&](std::size_t i) -> std::uint32_t {
    const int value = sip::base64_value(Base64::Usual, at(i));
    return value < 0 ? 0xff : static_cast<std::uint32_t>(value);
  };
  Output out(call, (text.len + 3) / 4 * 3);
  for (std::size_t i = 0; i < text.len; i += 4) {
    const std::uint32_t a = value(i), b = value(i + 1), c = value(i + 2), d = value(i + 3);
    const bool is_last = text.len - i <= 4;
    if (is_last && at(i + 2) == '=' && at(i + 3) != '=') return Text::failed();
    out.put(static_cast<char>(a << 2 | b >> 4));
    if (!is_last || at(i + 2) != '=') out.put(static_cast<char>(b << 4 | c >> 2));
    if (!is_last || at(i + 3) != '=') out.put(static_cast<char>(c << 6 | d));
  }
  return out.done();
}

// Nothing but the alphabet, and '=' at the end. Each '=' takes a byte away, wherever the last group begins.
Text decode_base64_url(Call& call, Value in) {
  Text text = text_of(call, in);
  std::size_t size = text.len / 4 * 3 + (text.len % 4 > 1 ? text.len % 4 - 1 : 0);
  for (; text.len && text.ptr[text.len - 1] == '='; --text.len)
    if (size) --size;
  if (size == 0) return Text::failed();
  Output out(call, size);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (std::size_t i = 0; i < text.len; ++i) {
    const int value = sip::base64_value(Base64::Url, text.ptr[i]);
    if (value < 0) return Text::failed();
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held < 8 || out.writer().size() == size) continue;
    held -= 8;
    out.put(static_cast<char>(bits >> held));
  }
  return out.done();
}

/// The number of a digit of 7 bit codes; what is no digit counts as a letter.
std::uint32_t loose_digit(char c) {
  const auto u = static_cast<std::uint8_t>(c);
  if (u >= '0' && u <= '9') return u - '0';
  return static_cast<std::uint32_t>(u >= 'A' && u <= 'Z' ? u + 32 : u) - 'a' + 10;
}

}  // namespace

Text Pv::s_encode_hexa(Call& call, Value in) {
  const Text text = text_of(call, in);
  Output out(call, text.len * 2);
  for (std::size_t i = 0; i < text.len; ++i) out.writer().put_hex(byte(text, i), 2);
  return out.done();
}

// An odd digit at the end is dropped.
Text Pv::s_decode_hexa(Call& call, Value in) {
  const Text text = text_of(call, in);
  Output out(call, text.len / 2);
  for (std::size_t i = 0; i + 1 < text.len; i += 2) {
    const int high = hex_value(text.ptr[i]), low = hex_value(text.ptr[i + 1]);
    if (high < 0 || low < 0) return Text::failed();
    out.put(static_cast<char>(high << 4 | low));
  }
  return out.done();
}

Text Pv::s_encode_base64(Call& call, Value in) { return encode_base64(call, in, Base64::Usual, true); }
Text Pv::s_encode_base64t(Call& call, Value in) { return encode_base64(call, in, Base64::Usual, false); }
Text Pv::s_encode_base64url(Call& call, Value in) { return encode_base64(call, in, Base64::Url, true); }
Text Pv::s_encode_base64urlt(Call& call, Value in) { return encode_base64(call, in, Base64::Url, false); }
Text Pv::s_decode_base64(Call& call, Value in) { return decode_base64(call, in, true); }
Text Pv::s_decode_base64t(Call& call, Value in) { return decode_base64(call, in, false); }
Text Pv::s_decode_base64url(Call& call, Value in) { return decode_base64_url(call, in); }
Text Pv::s_decode_base64urlt(Call& call, Value in) { return decode_base64_url(call, in); }

// Bytes of value zero in front become '1' each; the rest is one large number in base 58.
Text Pv::s_encode_base58(Call& call, Value in) {
  const Text text = text_of(call, in);
  if (text.len > kMaxBase58) return Text::failed();
  std::size_t zeros = 0;
  while (zeros < text.len && text.ptr[zeros] == '\0') ++zeros;
  const std::size_t room = (text.len - zeros) * 138 / 100 + 1;
  auto* digits = call.arena->make_array<std::uint8_t>(room);
  if (!digits) return Text::failed();
  std::size_t used = 0;                                  // digits, the lowest first
  for (std::size_t i = zeros; i < text.len; ++i) {
    std::uint32_t carry = byte(text, i);
    for (std::size_t k = 0; k < used || carry; ++k) {
      if (k == used) digits[used++] = 0;
      carry += static_cast<std::uint32_t>(digits[k]) << 8;
      digits[k] = static_cast<std::uint8_t>(carry % 58);
      carry /= 58;
    }
  }
  Output out(call, zeros + used);
  for (std::size_t i = 0; i < zeros; ++i) out.put('1');
  while (used) out.put(kBase58[digits[--used]]);
  return out.done();
}

Text Pv::s_decode_base58(Call& call, Value in) {
  const Text text = text_of(call, in);
  if (text.len > kMaxBase58) return Text::failed();
  std::size_t zeros = 0;
  while (zeros < text.len && text.ptr[zeros] == '1') ++zeros;
  auto* bytes = call.arena->make_array<std::uint8_t>(text.len + 1);
  if (!bytes) return Text::failed();
  std::size_t used = 0;                                  // bytes, the lowest first
  for (std::size_t i = zeros; i < text.len; ++i) {
    const std::size_t digit = kBase58.find(text.ptr[i]);
    if (digit == std::string_view::npos) return Text::failed();
    auto carry = static_cast<std::uint32_t>(digit);
    for (std::size_t k = 0; k < used || carry; ++k) {
      if (k == used) bytes[used++] = 0;
      carry += bytes[k] * 58u;
      bytes[k] = static_cast<std::uint8_t>(carry);
      carry >>= 8;
    }
  }
  Output out(call, zeros + used);
  for (std::size_t i = 0; i < zeros; ++i) out.put('\0');
  while (used) out.put(static_cast<char>(bytes[--used]));
  return out.done();
}

// Septets are packed from the low bits up (3GPP TS 23.038).
Text Pv::s_encode_7bit(Call& call, Value in) {
  const Text text = text_of(call, in);
  Output out(call, (text.len * 7 + 7) / 8 * 2);
  std::uint32_t bits = 0;
  unsigned held = 0;
  const auto put = [&] {
    for (const char digit : sip::hex_of(static_cast<unsigned char>(bits), sip::kUpperHexDigits)) out.put(digit);
  };
  for (std::size_t i = 0; i < text.len; ++i) {
    bits |= static_cast<std::uint32_t>(byte(text, i) & 127) << held;
    held += 7;
    if (held < 8) continue;
    put();
    bits >>= 8;
    held -= 8;
  }
  if (held) put();
  return out.done();
}

// Seven bytes may hold eight characters, or seven and padding: a NUL at the end is padding. A digit that is missing at
// the end counts as NUL, which is no digit either.
Text Pv::s_decode_7bit(Call& call, Value in) {
  const Text text = text_of(call, in);
  Output out(call, (text.len + 1) / 2 * 8 / 7 + 1);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (std::size_t i = 0; i < text.len; i += 2) {
    const std::uint32_t high = loose_digit(text.ptr[i]), low = loose_digit(i + 1 < text.len ? text.ptr[i + 1] : '\0');
    bits |= ((high << 4 | low) & 0xff) << held;
    held += 8;
    for (; held >= 7; held -= 7, bits >>= 7) {
      const bool last = i + 2 >= text.len && held == 7;
      if (last && (bits & 127) == 0) break;
      out.put(static_cast<char>(bits & 127));
    }
  }
  return out.done();
}

Text Pv::s_corehash(Call& call, Value in, Int size) {
  const std::uint32_t hash = core_hash_of(core_hash_sum(text_of(call, in)));
  Output out(call, 10);
  out.put_number(size == 0 ? hash : hash & static_cast<std::uint32_t>(size - 1));
  return out.done();
}

}  // namespace strowger
