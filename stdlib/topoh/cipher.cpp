// Bytes are mixed with a pad and written six bits at a time, in an alphabet whose order is the key's. The first character is a check.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/topoh/cipher.h"

#include <utility>

namespace strowger::topoh {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-.";
static_assert(kAlphabet.size() == 64);

/// splitmix64
std::uint64_t next(std::uint64_t& state) {
  std::uint64_t x = state += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/// Folds become blanks.
std::uint8_t printable(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < ' ' || byte == 127 ? ' ' : byte;
}

std::uint8_t check_of(const char* p, std::size_t n, std::uint8_t seed) {
  std::uint32_t sum = seed;
  for (std::size_t i = 0; i < n; ++i) sum = (sum * 31 + printable(p[i])) & 0xffff;
  return static_cast<std::uint8_t>((sum ^ sum >> 6 ^ sum >> 12) & 63);
}

}  // namespace

Cipher::Cipher(std::string_view key) {
  std::uint64_t state = 0xcbf29ce484222325;
  for (const char c : key) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  for (std::size_t i = 0; i < 64; ++i) digits_[i] = kAlphabet[i];
  for (std::size_t i = 63; i > 0; --i) std::swap(digits_[i], digits_[next(state) % (i + 1)]);
  values_.fill(-1);
  for (std::size_t i = 0; i < 64; ++i) values_[static_cast<unsigned char>(digits_[i])] = static_cast<std::int8_t>(i);
  for (auto& byte : pad_) byte = static_cast<std::uint8_t>(next(state));
}

Text Cipher::encode(Text plain, sip::Arena& arena) const {
  const std::size_t length = 1 + (plain.len * 8 + 5) / 6;
  char* const out = static_cast<char*>(arena.allocate(length));
  if (!out) return Text::null();
  std::size_t at = 0;
  out[at++] = digits_[check_of(plain.ptr, plain.len, pad_[0])];
  unsigned bits = 0, held = 0;
  for (std::size_t i = 0; i < plain.len; ++i) {
    held = held << 8U | (printable(plain.ptr[i]) ^ pad_[i % pad_.size()]);
    for (bits += 8; bits >= 6; bits -= 6) out[at++] = digits_[held >> (bits - 6) & 63U];
  }
  if (bits > 0) out[at++] = digits_[held << (6 - bits) & 63U];
  return {out, at};
}

Text Cipher::decode(Text hidden, sip::Arena& arena) const {
  if (hidden.is_null() || hidden.len < 2) return Text::null();
  const std::size_t length = (hidden.len - 1) * 6 / 8;
  if (1 + (length * 8 + 5) / 6 != hidden.len) return Text::null();
  char* const out = static_cast<char*>(arena.allocate(length + 1));
  if (!out) return Text::null();
  unsigned bits = 0, held = 0;
  std::size_t at = 0;
  for (std::size_t i = 1; i < hidden.len; ++i) {
    const int value = values_[static_cast<unsigned char>(hidden.ptr[i])];
    if (value < 0) return Text::null();
    held = held << 6U | static_cast<unsigned>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    const auto byte = static_cast<std::uint8_t>(held >> bits) ^ pad_[at % pad_.size()];
    if (byte < ' ' || byte == 127) return Text::null();      // no line ends come out of what others wrote
    out[at++] = static_cast<char>(byte);
  }
  const bool good = at == length && values_[static_cast<unsigned char>(hidden.ptr[0])] == check_of(out, at, pad_[0]);
  return good ? Text(out, at) : Text::null();
}

}  // namespace strowger::topoh
