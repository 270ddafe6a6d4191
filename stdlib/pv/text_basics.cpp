// {s.*}: length, number, case, digests.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
extern "C" {
#include <sys/types.h>

#include <md5.h>
#include <sha2.h>
}

#include "pv.interface.h"
#include "stdlib/pv/text_output.h"

namespace strowger {

using pv::Output;
using pv::text_of;

namespace {

template <class Change>
Text mapped(Call& call, Value in, Change change) {
  const Text text = text_of(call, in);
  Output out(call, text.len);
  for (std::size_t i = 0; i < text.len; ++i) out.put(change(text.ptr[i]));
  return out.done();
}

Text hex(Call& call, const std::uint8_t* bytes, std::size_t count) {
  Output out(call, count * 2);
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    std::uint64_t word;
    std::memcpy(&word, bytes + i, sizeof word);
    out.writer().put_hex(__builtin_bswap64(word), 16);
  }
  for (; i < count; ++i) out.writer().put_hex(bytes[i], 2);
  return out.done();
}

const std::uint8_t* bytes_of(Text text) { return reinterpret_cast<const std::uint8_t*>(text.ptr); }

}  // namespace

Value Pv::s_len(Call& call, Value in) { return Value::of(static_cast<Int>(text_of(call, in).len)); }

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

Text Pv::s_tolower(Call& call, Value in) {
  return mapped(call, in, [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
}

Text Pv::s_toupper(Call& call, Value in) {
  return mapped(call, in, [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
}

Text Pv::s_md5(Call& call, Value in) {
  const Text text = text_of(call, in);
  std::uint8_t digest[MD5_DIGEST_LENGTH];
  MD5_CTX context;
  MD5Init(&context);
  MD5Update(&context, bytes_of(text), text.len);
  MD5Final(digest, &context);
  return hex(call, digest, sizeof digest);
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
