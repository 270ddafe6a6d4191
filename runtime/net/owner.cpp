// Finds Call-ID and the top Via branch.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/owner.h"

#include <charconv>

#include "runtime/net/header_scan.h"
#include "runtime/sip/scan.h"

namespace strowger::net {
namespace {

/// The topmost Via's branch where that Via stands first, alone before its first parameter, and the branch is that one: so do the
/// replies to what we sent. Null for all others, and at worst what find_top_branch() would give.
Text usual_top_branch(Text reply) {
  constexpr std::string_view kVia = "Via: SIP/2.0/", kBranch = "branch=";
  const char* const end = reply.ptr + reply.len;
  const char* at = sip::find_any(reply.ptr, end, '\n');
  if (static_cast<std::size_t>(end - at) < kVia.size() + 1 || std::memcmp(++at, kVia.data(), kVia.size()) != 0) return Text::null();
  at = sip::find_any(at + kVia.size(), end, ';', ',', '"', '\r', '\n');
  if (static_cast<std::size_t>(end - at) < kBranch.size() + 1 || *at != ';' || std::memcmp(++at, kBranch.data(), kBranch.size()) != 0)
    return Text::null();
  at += kBranch.size();
  const char* const stop = sip::find_any(at, end, ';', ',', ' ', '\t', '\r', '\n');
  return {at, static_cast<std::size_t>(stop - at)};
}

/// The first value of the topmost Via header: up to a comma outside quotes. Null when there is none.
Text top_via(Text message) {
  if (message.empty()) return Text::null();
  Text via = find_header(message, "via", 'v');
  bool quoted = false;
  for (std::size_t i = 0; i < via.len; ++i) {
    if (via.ptr[i] == '"') quoted = !quoted;
    if (quoted && via.ptr[i] == '\\') ++i;
    else if (!quoted && via.ptr[i] == ',') return {via.ptr, i};
  }
  return via;
}

/// The value of a Via's parameter, "" when it has none; null when it is absent. `name` in lower case.
Text via_param(Text via, std::string_view name) {
  const char* at = via.ptr;
  const char* end = at + via.len;
  bool quoted = false;
  for (; at < end; ++at) {
    if (*at == '"') quoted = !quoted;
    if (quoted) {
      if (*at == '\\' && at + 1 < end) ++at;
      continue;
    }
    if (*at != ';') continue;
    const char* from = at + 1;
    while (from < end && is_space(*from)) ++from;
    std::size_t i = 0;
    while (i < name.size() && from + i < end && lower(from[i]) == name[i]) ++i;
    if (i < name.size()) continue;
    from += i;
    while (from < end && is_space(*from)) ++from;
    if (from == end || *from == ';') return {from, 0};
    if (*from != '=') continue;
    ++from;
    while (from < end && is_space(*from)) ++from;
    const char* stop = from;
    while (stop < end && *stop != ';' && !is_space(*stop)) ++stop;
    return {from, static_cast<std::size_t>(stop - from)};
  }
  return Text::null();
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
  const Text via = top_via(message);
  return via.is_null() ? via : via_param(via, "branch");
}

std::optional<std::uint16_t> find_alias_port(Text message) {
  const Text via = top_via(message);
  if (via.is_null() || via_param(via, "alias").is_null()) return std::nullopt;
  // sent-protocol LWS host [: port] up to the parameters; IPv6 hosts are in brackets.
  std::string_view head = via.view().substr(0, via.view().find(';'));
  while (!head.empty() && is_space(head.back())) head.remove_suffix(1);
  const std::size_t colon = head.rfind(':'), bracket = head.rfind(']');
  if (colon == std::string_view::npos || (bracket != std::string_view::npos && colon < bracket)) return 5060;
  std::uint16_t port = 0;
  std::string_view digits = head.substr(colon + 1);
  while (!digits.empty() && is_space(digits.front())) digits.remove_prefix(1);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size() || port == 0) return std::nullopt;
  return port;
}

std::optional<std::uint32_t> owner_of_branch(Text branch) {
  if (branch.is_null() || branch.len < kOwnedBranch.size() + 2 || !branch.view().starts_with(kOwnedBranch)) return {};
  const int high = hex_digit(branch.ptr[kOwnedBranch.size()]), low = hex_digit(branch.ptr[kOwnedBranch.size() + 1]);
  if (high < 0 || low < 0) return {};
  return static_cast<std::uint32_t>(high * 16 + low);
}

std::uint64_t hash_call_id(Text call_id, std::uint64_t seed) {
  // Eight bytes a step, multiplied to 128 bits and folded; the last eight may overlap those before them.
  const auto mix = [](std::uint64_t a, std::uint64_t b) {
    const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
  };
  std::uint64_t hash = seed ^ 0x9e3779b97f4a7c15ULL ^ call_id.len;
  const char* at = call_id.ptr;
  const char* const end = at + call_id.len;
  std::uint64_t tail = 0;
  if (call_id.len >= 8) {
    for (; end - at > 8; at += 8) hash = mix(hash ^ sip::load8(at), 0xa0761d6478bd642fULL);
    tail = sip::load8(end - 8);
  } else {
    for (; at < end; ++at) tail = tail << 8U | static_cast<unsigned char>(*at);
  }
  return mix(hash ^ tail ^ 0xe7037ed1a0b428dbULL, 0x8ebc6af09c88c6e3ULL);
}

std::optional<std::uint32_t> owner_of(Text message, std::uint32_t workers, std::uint64_t seed) {
  if (workers <= 1) return 0;
  if (message.view().starts_with("SIP/2.0 ")) {
    Text branch = usual_top_branch(message);
    if (branch.is_null()) branch = find_top_branch(message);
    if (const auto owner = owner_of_branch(branch); owner && *owner < workers) return owner;
  }
  const Text call_id = find_call_id(message);
  if (call_id.is_null()) return std::nullopt;
  return static_cast<std::uint32_t>((hash_call_id(call_id, seed) >> 32U) * workers >> 32U);
}

}  // namespace strowger::net
