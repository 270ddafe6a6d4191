// Finds Call-ID and the top Via branch line by line, with memchr doing the walking.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/owner.h"

namespace strowger::net {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_space(char c) { return is_blank(c) || c == '\r' || c == '\n'; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/// Behind "NAME *:" at `at`, or null; `name` in lower case.
const char* behind_name(const char* at, const char* end, std::string_view name) {
  if (static_cast<std::size_t>(end - at) <= name.size()) return nullptr;
  for (const char c : name)
    if (lower(*at++) != c) return nullptr;
  while (at < end && is_blank(*at)) ++at;
  return at < end && *at == ':' ? at + 1 : nullptr;
}

/// From `at` to the end of the header, folded lines included.
Text header_value(const char* at, const char* end) {
  const char* stop = at;
  while (stop < end) {
    const auto* newline = static_cast<const char*>(std::memchr(stop, '\n', static_cast<std::size_t>(end - stop)));
    if (newline == nullptr) return {at, static_cast<std::size_t>(end - at)};
    stop = newline + 1;
    if (stop == end || !is_blank(*stop)) return {at, static_cast<std::size_t>(newline - at)};
  }
  return {at, static_cast<std::size_t>(end - at)};
}

/// The value of the first header with one of the two names; null when there is none.
Text find_header(Text message, std::string_view long_name, char short_name) {
  const char* at = message.ptr;
  const char* end = at + message.len;
  for (;;) {
    const auto* newline = static_cast<const char*>(std::memchr(at, '\n', static_cast<std::size_t>(end - at)));
    if (newline == nullptr || ++newline == end) return Text::null();
    at = newline;
    if (*at == '\r' || *at == '\n') return Text::null();
    if (lower(*at) != lower(long_name[0]) && lower(*at) != short_name) continue;
    const char* value = behind_name(at, end, long_name);
    if (value == nullptr) value = behind_name(at, end, std::string_view(&short_name, 1));
    if (value != nullptr) return header_value(value, end);
  }
}

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
