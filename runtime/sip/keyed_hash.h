// HMAC-SHA-256 (RFC 2104) for tokens that only this proxy can make. Modules that use it say `links md`.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <sha2.h>

#include <array>
#include <cstddef>
#include <string_view>

namespace strowger::sip {

using HashKey = std::array<unsigned char, SHA256_DIGEST_LENGTH>;
using KeyedHash = std::array<unsigned char, SHA256_DIGEST_LENGTH>;

/// SHA-256 over whatever the secret is.
inline HashKey make_hash_key(std::string_view secret) {
  HashKey key;
  SHA2_CTX context;
  SHA256Init(&context);
  SHA256Update(&context, reinterpret_cast<const unsigned char*>(secret.data()), secret.size());
  SHA256Final(key.data(), &context);
  return key;
}

inline KeyedHash keyed_hash(const HashKey& key, const unsigned char* data, std::size_t size) {
  constexpr std::size_t kBlock = 64;
  unsigned char pad[kBlock];
  KeyedHash hash;
  SHA2_CTX context;
  const auto begin = [&](unsigned char mask) {
    for (std::size_t i = 0; i < kBlock; ++i) pad[i] = static_cast<unsigned char>((i < key.size() ? key[i] : 0) ^ mask);
    SHA256Init(&context);
    SHA256Update(&context, pad, kBlock);
  };
  begin(0x36);
  SHA256Update(&context, data, size);
  SHA256Final(hash.data(), &context);
  begin(0x5c);
  SHA256Update(&context, hash.data(), hash.size());
  SHA256Final(hash.data(), &context);
  return hash;
}

/// In a time that does not depend on where they differ.
inline bool same_bytes(const void* a, const void* b, std::size_t size) {
  const auto* const x = static_cast<const unsigned char*>(a);
  const auto* const y = static_cast<const unsigned char*>(b);
  unsigned char differ = 0;
  for (std::size_t i = 0; i < size; ++i) differ |= static_cast<unsigned char>(x[i] ^ y[i]);
  return differ == 0;
}

}  // namespace strowger::sip
