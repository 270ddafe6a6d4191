// The arithmetic of digests.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/digest_response.h"

#include <md5.h>
#include <sha2.h>

#include <algorithm>

#include "runtime/sip/hex.h"
#include "runtime/sip/message.h"

namespace strowger::sip {
namespace {

template <class Add>
void add_parts(std::initializer_list<Text> parts, Add add) {
  bool first = true;
  for (const Text part : parts) {
    if (!first) add(":", 1);
    first = false;
    if (!part.empty()) add(part.ptr, part.len);
  }
}

HexDigest hex_of(const unsigned char* bytes, std::size_t size) {
  HexDigest out;
  for (std::size_t i = 0; i < size; ++i) std::ranges::copy(sip::hex_of(bytes[i]), out.digits + 2 * i);
  out.length = static_cast<std::uint8_t>(2 * size);
  return out;
}

}  // namespace

HexDigest digest_hash(DigestAlgorithm algorithm, std::initializer_list<Text> parts) {
  unsigned char hash[SHA256_DIGEST_LENGTH];
  const auto bytes = [](const char* text) { return reinterpret_cast<const unsigned char*>(text); };
  if (algorithm == DigestAlgorithm::Md5) {
    MD5_CTX context;
    MD5Init(&context);
    add_parts(parts, [&](const char* text, std::size_t size) { MD5Update(&context, bytes(text), size); });
    MD5Final(hash, &context);
    return hex_of(hash, MD5_DIGEST_LENGTH);
  }
  SHA2_CTX context;
  SHA256Init(&context);
  add_parts(parts, [&](const char* text, std::size_t size) { SHA256Update(&context, bytes(text), size); });
  SHA256Final(hash, &context);
  return hex_of(hash, sizeof hash);
}

HexDigest make_digest_response(DigestAlgorithm algorithm, const DigestCredentials& credentials, Text ha1, Text method, Text body) {
  const bool is_int = equal_ignore_case(credentials.qop, Text("auth-int"));
  const HexDigest ha2 = is_int ? digest_hash(algorithm, {method, credentials.uri, digest_hash(algorithm, {body}).text()})
                               : digest_hash(algorithm, {method, credentials.uri});
  if (credentials.qop.empty()) return digest_hash(algorithm, {ha1, credentials.nonce, ha2.text()});
  return digest_hash(algorithm, {ha1, credentials.nonce, credentials.nc, credentials.cnonce, credentials.qop, ha2.text()});
}

}  // namespace strowger::sip
