// {s.*}: length, number, case, digests.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
extern "C" {
#include <sys/types.h>

#include <sha2.h>
}

#include <emmintrin.h>

#include "pv.interface.h"
#include "runtime/script/append.h"
#include "stdlib/pv/md5.h"
#include "stdlib/pv/text_output.h"

namespace strowger {

using pv::text_of;

namespace {

/// The bytes from `first` to `last` (letters) get another case, eight at a time.
std::uint64_t other_case(std::uint64_t word, char first, char last) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  const std::uint64_t low = word & (kOnes * 0x7f);
  const std::uint64_t from_first = low + kOnes * static_cast<std::uint64_t>(0x80 - first);
  const std::uint64_t above_last = low + kOnes * static_cast<std::uint64_t>(0x7f - last);
  return word ^ ((from_first & ~above_last & ~word & (kOnes * 0x80)) >> 2);
}

Text mapped(Call& call, Value in, char first, char last) {
  const Text text = text_of(call, in);
  char* const out = text.len <= pv::kMaxText ? static_cast<char*>(call.arena->allocate(text.len)) : nullptr;
  if (!out) return Text::failed();
  std::uint64_t word = 0;
  const auto put = [&](char* to, std::size_t n) {
    word = other_case(word, first, last);
    append_short(to, {reinterpret_cast<const char*>(&word), n});
  };
  std::size_t at = 0;
  for (; text.len - at >= 8; at += 8) {
    std::memcpy(&word, text.ptr + at, 8);
    put(out + at, 8);
  }
  append_short(reinterpret_cast<char*>(&word), {text.ptr + at, text.len - at});
  put(out + at, text.len - at);
  return {out, text.len};
}

/// Digests are whole pieces of 16 bytes.
Text hex(Call& call, const std::uint8_t* bytes, std::size_t count) {
  char* const out = static_cast<char*>(call.arena->allocate(count * 2));
  if (!out) return Text::failed();
  const __m128i low_bits = _mm_set1_epi8(15);
  const auto digits = [&](__m128i nibbles) {
    const __m128i letter = _mm_and_si128(_mm_cmpgt_epi8(nibbles, _mm_set1_epi8(9)), _mm_set1_epi8('a' - '0' - 10));
    return _mm_add_epi8(_mm_add_epi8(nibbles, _mm_set1_epi8('0')), letter);
  };
  for (std::size_t i = 0; i < count; i += 16) {
    const __m128i piece = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + i));
    const __m128i high = digits(_mm_and_si128(_mm_srli_epi16(piece, 4), low_bits)), low = digits(_mm_and_si128(piece, low_bits));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 2 * i), _mm_unpacklo_epi8(high, low));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 2 * i + 16), _mm_unpackhi_epi8(high, low));
  }
  return {out, count * 2};
}

const std::uint8_t* bytes_of(Text text) { return reinterpret_cast<const std::uint8_t*>(text.ptr); }

}  // namespace

// The text form stays as it was: "+42", "010", "".
Value Pv::s_int(Call& call, Value in) {
  if (in.is_int()) return Value::of(in.number());
  const Text text = in.text();
  std::size_t at = 0;
  const bool negative = text.len && text.ptr[0] == '-';
  if (text.len && (text.ptr[0] == '-' || text.ptr[0] == '+')) ++at;
  if (at == text.len && text.len) return Value::failed();
  const std::uint64_t limit = static_cast<std::uint64_t>(INT64_MAX) + negative;
  std::uint64_t number = 0;
  for (; at < text.len; ++at) {
    const unsigned digit = static_cast<unsigned char>(text.ptr[at]) - '0';
    if (digit > 9 || number > (limit - digit) / 10) return Value::failed();
    number = number * 10 + digit;
  }
  auto* both = call.arena->make<Value::IntText>(static_cast<Int>(negative ? ~number + 1 : number), text);
  return both ? Value::of(both) : Value::failed();
}

Text Pv::s_tolower(Call& call, Value in) { return mapped(call, in, 'A', 'Z'); }
Text Pv::s_toupper(Call& call, Value in) { return mapped(call, in, 'a', 'z'); }

Text Pv::s_md5(Call& call, Value in) {
  const std::array<std::uint8_t, 16> digest = pv::md5(text_of(call, in));
  return hex(call, digest.data(), digest.size());
}

Text Pv::s_sha256(Call& call, Value in) {
  const Text text = text_of(call, in);
  std::uint8_t digest[SHA256_DIGEST_LENGTH];
  SHA2_CTX context;
  SHA256Init(&context);
  SHA256Update(&context, bytes_of(text), text.len);
  SHA256Final(digest, &context);
  return hex(call, digest, sizeof digest);
}

Text Pv::s_sha384(Call& call, Value in) {
  const Text text = text_of(call, in);
  std::uint8_t digest[SHA384_DIGEST_LENGTH];
  SHA2_CTX context;
  SHA384Init(&context);
  SHA384Update(&context, bytes_of(text), text.len);
  SHA384Final(digest, &context);
  return hex(call, digest, sizeof digest);
}

Text Pv::s_sha512(Call& call, Value in) {
  const Text text = text_of(call, in);
  std::uint8_t digest[SHA512_DIGEST_LENGTH];
  SHA2_CTX context;
  SHA512Init(&context);
  SHA512Update(&context, bytes_of(text), text.len);
  SHA512Final(digest, &context);
  return hex(call, digest, sizeof digest);
}

}  // namespace strowger
