// HMAC-SHA-256 cut to 80 bits, protocol, addresses; base64 without padding.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/outbound/flow_token.h"

#include <cstring>

#include "runtime/sip/base64.h"

namespace strowger::outbound {
namespace {

constexpr std::size_t kSignature = 10, kV4 = kSignature + 1 + 2 * 6, kV6 = kSignature + 1 + 2 * 18;
constexpr unsigned char kIsV6 = 0x80;

void sign(const Key& key, const unsigned char* data, std::size_t size, unsigned char* out) {
  std::memcpy(out, sip::keyed_hash(key, data, size).data(), kSignature);
}

std::size_t text_length(std::size_t bytes) { return sip::base64_length(bytes, false); }

}  // namespace

std::size_t print_token(const Flow& flow, const Key& key, char* out) {
  unsigned char bytes[kV6];
  const bool v6 = flow.peer.family == 6;
  unsigned char* p = bytes + kSignature;
  *p++ = static_cast<unsigned char>(static_cast<unsigned>(flow.protocol) | (v6 ? kIsV6 : 0U));
  for (const sip::Address* address : {&flow.local, &flow.peer}) {
    std::memcpy(p, address->ip.data(), v6 ? 16 : 4);
    p += v6 ? 16 : 4;
    *p++ = static_cast<unsigned char>(address->port >> 8U);
    *p++ = static_cast<unsigned char>(address->port);
  }
  const std::size_t size = static_cast<std::size_t>(p - bytes);
  sign(key, bytes + kSignature, size - kSignature, bytes);
  return static_cast<std::size_t>(sip::print_base64(sip::Base64::Url, false, bytes, size, out) - out);
}

Verdict read_token(Text text, const Key& key, Flow& out) {
  const std::size_t size = text.len == text_length(kV4) ? kV4 : text.len == text_length(kV6) ? kV6 : 0;
  if (text.is_null() || size == 0) return Verdict::NoToken;
  unsigned char bytes[kV6 + 1];
  unsigned bits = 0, held = 0;
  std::size_t at = 0;
  for (const char c : text.view()) {
    const int value = sip::base64_value(sip::Base64::Url, c);
    if (value < 0) return Verdict::NoToken;
    held = held << 6U | static_cast<unsigned>(value);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = static_cast<unsigned char>(held >> bits);
  }
  if (at != size || (held & ((1U << bits) - 1)) != 0) return Verdict::Forged;
  unsigned char expected[kSignature];
  sign(key, bytes + kSignature, size - kSignature, expected);
  const bool v6 = size == kV6;
  const unsigned kind = bytes[kSignature];
  if (!sip::same_bytes(expected, bytes, kSignature) || ((kind & kIsV6) != 0) != v6) return Verdict::Forged;
  out.protocol = static_cast<sip::Protocol>(kind & 0x7fU);
  const unsigned char* p = bytes + kSignature + 1;
  for (sip::Address* address : {&out.local, &out.peer}) {
    *address = {};
    address->family = v6 ? 6 : 4;
    std::memcpy(address->ip.data(), p, v6 ? 16 : 4);
    p += v6 ? 16 : 4;
    address->port = static_cast<std::uint16_t>(p[0] << 8U | p[1]);
    p += 2;
  }
  return Verdict::Good;
}

}  // namespace strowger::outbound
