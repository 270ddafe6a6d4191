// {s.encode.*} and {s.decode.*}: hexadecimal, Base64, Base58, GSM 7 bit; {s.corehash}.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pv.interface.h"
#include "runtime/script/core_hash.h"
#include "stdlib/pv/text_output.h"

namespace strowger {

using pv::hex_digit;
using pv::Output;
using pv::text_of;

namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kBase58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::size_t kMaxBase58 = 4096;   // its cost grows with the square of the length

std::uint8_t byte(Text text, std::size_t i) { return static_cast<std::uint8_t>(text.ptr[i]); }

Text encode_base64(Call& call, Value in, std::string_view alphabet, bool padded) {
  const Text text = text_of(call, in);
  Output out(call, (text.len + 2) / 3 * 4);
  for (std::size_t i = 0; i < text.len; i += 3) {
    const std::size_t left = text.len - i;
    std::uint32_t group = static_cast<std::uint32_t>(byte(text, i)) << 16;
    if (left > 1) group |= static_cast<std::uint32_t>(byte(text, i + 1)) << 8;
    if (left > 2) group |= byte(text, i + 2);
    out.put(alphabet[group >> 18]);
    out.put(alphabet[group >> 12 & 63]);
    if (left > 1) out.put(alphabet[group >> 6 & 63]);
    if (left > 2) out.put(alphabet[group & 63]);
    for (std::size_t pad = left; padded && pad < 3; ++pad) out.put('=');
  }
  return out.done();
}

// A character that is not of the alphabet counts as all ones: what comes out is garbage, but the rest is not lost.
Text decode_base64(Call& call, Value in, std::string_view alphabet, bool needs_padding) {
  Text text = text_of(call, in);
  if (needs_padding && text.len % 4 != 0) return Text::failed();
  for (int i = 0; i < 2 && text.len && text.ptr[text.len - 1] == '='; ++i) --text.len;
  if (text.len % 4 == 1) return Text::failed();
  const auto value = [&](std::size_t i) -> std::uint32_t {
    if (i >= text.len) return 0;
    const std::size_t at = alphabet.find(text.ptr[i]);
    return at == std::string_view::npos ? 0xffffffffu : static_cast<std::uint32_t>(at);
  };
  Output out(call, text.len / 4 * 3 + 2);
  for (std::size_t i = 0; i < text.len; i += 4) {
    const std::uint32_t a = value(i), b = value(i + 1), c = value(i + 2), d = value(i + 3);
    out.put(static_cast<char>(a << 2 | (b == 0xffffffffu ? b : b >> 4)));
    if (text.len - i > 2) out.put(static_cast<char>(b << 4 | (c == 0xffffffffu ? c : c >> 2)));
    if (text.len - i > 3) out.put(static_cast<char>(c << 6 | d));
  }
  return out.done();
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
    const int high = hex_digit(text.ptr[i]), low = hex_digit(text.ptr[i + 1]);
    if (high < 0 || low < 0) return Text::failed();
    out.put(static_cast<char>(high << 4 | low));
  }
  return out.done();
}

Text Pv::s_encode_base64(Call& call, Value in) { return encode_base64(call, in, kBase64, true); }
Text Pv::s_encode_base64t(Call& call, Value in) { return encode_base64(call, in, kBase64, false); }
Text Pv::s_encode_base64url(Call& call, Value in) { return encode_base64(call, in, kBase64Url, true); }
Text Pv::s_encode_base64urlt(Call& call, Value in) { return encode_base64(call, in, kBase64Url, false); }
Text Pv::s_decode_base64(Call& call, Value in) { return decode_base64(call, in, kBase64, true); }
Text Pv::s_decode_base64t(Call& call, Value in) { return decode_base64(call, in, kBase64, false); }
Text Pv::s_decode_base64url(Call& call, Value in) { return decode_base64(call, in, kBase64Url, false); }
Text Pv::s_decode_base64urlt(Call& call, Value in) { return decode_base64(call, in, kBase64Url, false); }

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
  static constexpr char kHex[] = "0123456789ABCDEF";
  const Text text = text_of(call, in);
  Output out(call, (text.len * 7 + 7) / 8 * 2);
  std::uint32_t bits = 0;
  unsigned held = 0;
  const auto put = [&] {
    out.put(kHex[bits >> 4 & 15]);
    out.put(kHex[bits & 15]);
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

// Seven bytes may hold eight characters, or seven and padding: a NUL at the end is padding.
Text Pv::s_decode_7bit(Call& call, Value in) {
  const Text text = text_of(call, in);
  Output out(call, text.len / 2 * 8 / 7 + 1);
  std::uint32_t bits = 0;
  unsigned held = 0;
  for (std::size_t i = 0; i + 1 < text.len; i += 2) {
    const int high = hex_digit(text.ptr[i]), low = hex_digit(text.ptr[i + 1]);
    if (high < 0 || low < 0) return Text::failed();
    bits |= static_cast<std::uint32_t>(high << 4 | low) << held;
    held += 8;
    for (; held >= 7; held -= 7, bits >>= 7) {
      const bool last = i + 3 >= text.len && held == 7;
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
