// Finds Call-ID and the top Via branch.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/owner.h"

#include "runtime/net/header_scan.h"

namespace strowger::net {
namespace {

int hex_digit(char c) { return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1; }

}  // namespace

Text find_call_id(Text message) {
  if (message.empty()) return Text::null();
  Text value = find_header(message, "call-id", 'i');
  if (value.is_null()) return value;
  while (value.len > 0 && is_space(*value.ptr)) ++value.ptr, --value.len;
  std::size_t length = 0;
  while (length < value.len && !is_space(value.ptr[length])) ++length;
  return length > 0 ? Text{value.ptr, length} : Text::null();
}

Text find_top_branch(Text message) {
  if (message.empty()) return Text::null();
  const Text via = find_header(message, "via", 'v');
  if (via.is_null()) return via;
  // Only the first value: up to a comma outside quotes.
  const char* at = via.ptr;
  const char* end = at + via.len;
  bool quoted = false;
  for (; at < end; ++at) {
    if (*at == '"') quoted = !quoted;
    if (quoted) {
      if (*at == '\\' && at + 1 < end) ++at;
      continue;
    }
    if (*at == ',') return Text::null();
    if (*at != ';') continue;
    const char* name = at + 1;
    while (name < end && is_space(*name)) ++name;
    constexpr std::string_view kBranch = "branch";
    if (static_cast<std::size_t>(end - name) <= kBranch.size()) return Text::null();
    std::size_t i = 0;
    while (i < kBranch.size() && lower(name[i]) == kBranch[i]) ++i;
    if (i < kBranch.size()) continue;
    name += i;
    while (name < end && is_space(*name)) ++name;
    if (name == end || *name != '=') continue;
    ++name;
    while (name < end && is_space(*name)) ++name;
    const char* stop = name;
    while (stop < end && *stop != ';' && *stop != ',' && !is_space(*stop)) ++stop;
    return {name, static_cast<std::size_t>(stop - name)};
  }
  return Text::null();
}

std::optional<std::uint32_t> owner_of_branch(Text branch) {
  if (branch.is_null() || branch.len < kOwnedBranch.size() + 2 || !branch.view().starts_with(kOwnedBranch)) return {};
  const int high = hex_digit(branch.ptr[kOwnedBranch.size()]), low = hex_digit(branch.ptr[kOwnedBranch.size() + 1]);
  if (high < 0 || low < 0) return {};
  return static_cast<std::uint32_t>(high * 16 + low);
}

std::uint64_t hash_call_id(Text call_id, std::uint64_t seed) {
  // Eight bytes a step, multiplied to 128 bits and folded.
  const auto mix = [](std::uint64_t a, std::uint64_t b) {
    const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
  };
  std::uint64_t hash = seed ^ 0x9e3779b97f4a7c15ULL ^ call_id.len;
  const char* at = call_id.ptr;
  std::size_t left = call_id.len;
  for (; left >= 8; at += 8, left -= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    hash = mix(hash ^ word, 0xa0761d6478bd642fULL);
  }
  std::uint64_t tail = 0;
  if (left > 0) std::memcpy(&tail, at, left);
  return mix(hash ^ tail ^ 0xe7037ed1a0b428dbULL, 0x8ebc6af09c88c6e3ULL);
}

std::optional<std::uint32_t> owner_of(Text message, std::uint32_t workers, std::uint64_t seed) {
  if (workers <= 1) return 0;
  if (message.view().starts_with("SIP/2.0 "))
    if (const auto owner = owner_of_branch(find_top_branch(message)); owner && *owner < workers) return owner;
  const Text call_id = find_call_id(message);
  if (call_id.is_null()) return std::nullopt;
  return static_cast<std::uint32_t>(hash_call_id(call_id, seed) % workers);
}

}  // namespace strowger::net
