// Nonces: expiry, time, number, and two signatures; base64.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/auth/nonce.h"

#include <cstring>

#include "runtime/sip/base64.h"

namespace strowger::auth {
namespace {

using sip::Base64;

constexpr std::size_t kTimes = 8, kNumber = 5, kSignature = 16, kMostBytes = kTimes + kNumber + 2 * kSignature;

void put32(unsigned char* out, std::uint32_t number) {
  for (int i = 0; i < 4; ++i) out[i] = static_cast<unsigned char>(number >> (24 - 8 * i));
}

std::uint32_t get32(const unsigned char* in) {
  return std::uint32_t{in[0]} << 24U | std::uint32_t{in[1]} << 16U | std::uint32_t{in[2]} << 8U | in[3];
}

/// The first over the fields; the second over the binding and the first. Each begins with its kind.
void sign_fields(const sip::HashKey& key, const unsigned char* fields, std::size_t size, unsigned char* out) {
  unsigned char data[1 + kTimes + kNumber] = {1};
  std::memcpy(data + 1, fields, size);
  std::memcpy(out, sip::keyed_hash(key, data, 1 + size).data(), kSignature);
}

void sign_binding(const sip::HashKey& key, const Binding& binding, const unsigned char* first, unsigned char* out) {
  unsigned char data[1 + sizeof(Binding) + kSignature] = {2};
  std::memcpy(data + 1, binding.data(), binding.size());
  std::memcpy(data + 1 + binding.size(), first, kSignature);
  std::memcpy(out, sip::keyed_hash(key, data, sizeof data).data(), kSignature);
}

/// The bytes of base64 with its padding, at most kMostBytes. `is_good` is false where a character is no digit; it counts as 0.
std::size_t decode(Text text, unsigned char* out, bool& is_good) {
  is_good = text.len % 4 == 0;
  std::size_t length = text.len;
  while (length > 0 && text.len - length < 2 && text.ptr[length - 1] == '=') --length;
  std::size_t size = 0;
  std::uint32_t held = 0;
  unsigned bits = 0;
  for (std::size_t i = 0; i < length; ++i) {
    const int value = sip::base64_value(Base64::Usual, text.ptr[i]);
    is_good = is_good && value >= 0;
    held = held << 6U | static_cast<std::uint32_t>(value < 0 ? 0 : value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    if (size < kMostBytes) out[size] = static_cast<unsigned char>(held >> bits);
    ++size;
  }
  is_good = is_good && (held & ((1U << bits) - 1)) == 0;
  return size;
}

}  // namespace

std::size_t print_nonce(const Nonce& nonce, const sip::HashKey& key, const Binding* binding, char* out) {
  unsigned char bytes[kMostBytes];
  put32(bytes, nonce.expires);
  put32(bytes + 4, nonce.made);
  std::size_t size = kTimes;
  if (nonce.number) {
    put32(bytes + size, *nonce.number);
    bytes[size + 4] = 0;
    size += kNumber;
  }
  sign_fields(key, bytes, size, bytes + size);
  size += kSignature;
  if (binding) {
    sign_binding(key, *binding, bytes + size - kSignature, bytes + size);
    size += kSignature;
  }
  return static_cast<std::size_t>(sip::print_base64(Base64::Usual, true, bytes, size, out) - out);
}

NonceFault read_nonce(Text text, const sip::HashKey& key, const NonceRules& rules, Nonce& out) {
  const std::size_t fields = kTimes + (rules.is_counted ? kNumber : 0), least = fields + kSignature;
  if (text.is_null() || text.len < sip::base64_length(least, true) || text.len > kMostNonce) return NonceFault::Forged;
  unsigned char bytes[kMostBytes] = {};
  bool is_good = false;
  const std::size_t size = decode(text, bytes, is_good);
  out = {get32(bytes), get32(bytes + 4), std::nullopt};
  if (rules.is_counted) out.number = get32(bytes + kTimes);
  // Those that are too old are told so before anything is hashed, as Kamailio does.
  const Int age = Int{rules.now} - Int{out.made};
  if (age > rules.longest_life || (rules.max_drift >= 0 && -age > rules.max_drift)) return NonceFault::Stale;
  if (!is_good || (size != least && size != least + kSignature)) return NonceFault::Forged;
  unsigned char expected[kSignature];
  sign_fields(key, bytes, fields, expected);
  if (!sip::same_bytes(expected, bytes + fields, kSignature)) return NonceFault::Forged;
  if (out.expires < rules.now) return NonceFault::Stale;
  if (!rules.binding) return NonceFault::None;
  sign_binding(key, *rules.binding, bytes + fields, expected);
  return size == least + kSignature && sip::same_bytes(expected, bytes + least, kSignature) ? NonceFault::None : NonceFault::Stale;
}

}  // namespace strowger::auth
