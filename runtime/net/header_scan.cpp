// Walks line by line, memchr doing the walking.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/header_scan.h"

namespace strowger::net {
namespace {

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

}  // namespace

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

bool is_http(Text message) {
  const char* const end = message.ptr + message.len;
  const auto* at = static_cast<const char*>(std::memchr(message.ptr, ' ', message.len));
  if (at == nullptr || at == message.ptr) return false;
  for (++at; at < end && !is_blank(*at); ++at)
    if (*at == '\n') return false;
  constexpr std::string_view kVersion = "http/1.";
  if (static_cast<std::size_t>(end - at) < kVersion.size() + 2) return false;
  for (const char c : kVersion)
    if (lower(*++at) != c) return false;
  return at[1] == '0' || at[1] == '1';
}

}  // namespace strowger::net
