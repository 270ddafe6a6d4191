// Addresses of record out of URIs.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/registrar/aor.h"

#include "registrar.interface.h"
#include "runtime/sip/chars.h"
#include "runtime/sip/hex.h"
#include "stdlib/usrloc/location.h"
#include "usrloc.interface.h"

namespace strowger::registrar {
namespace {

/// May the text stand as it is?
bool is_plain(Text text, bool fold) {
  for (std::size_t i = 0; i < text.len; ++i)
    if (text.ptr[i] == '%' || (fold && text.ptr[i] >= 'A' && text.ptr[i] <= 'Z')) return false;
  return true;
}

/// `user` with escapes resolved; null when an escape is broken or stands for a control byte.
char* unescape(Text user, bool fold, char* out) {
  for (std::size_t i = 0; i < user.len; ++i) {
    char c = user.ptr[i];
    if (c == '%') {
      const int high = i + 2 < user.len ? sip::hex_value(user.ptr[i + 1]) : -1;
      const int low = high >= 0 ? sip::hex_value(user.ptr[i + 2]) : -1;
      if (low < 0) return nullptr;
      c = static_cast<char>(high * 16 + low);
      if (static_cast<unsigned char>(c) < ' ' || c == 127) return nullptr;
      i += 2;
    }
    *out++ = fold ? sip::lower(c) : c;
  }
  return out;
}

/// "sip:user@host[:port]" without anything that needs thought, as nearly all are. False: parse it.
bool read_simple(Text text, Aor& aor) {
  const char* p = text.ptr;
  const char* const end = p + text.len;
  if (text.len < 7 || text.len > usrloc::kMaxAor || std::memcmp(p, "sip:", 4) != 0) return false;
  p += 4;
  const char* const user = p;
  while (p < end && (sip::is_digit(*p) || (*p >= 'a' && *p <= 'z') || *p == '.' || *p == '-' || *p == '_')) ++p;
  if (p == user || p == end || *p != '@') return false;
  const char* const host = p + 1;
  for (p = host; p < end && (sip::is_digit(*p) || (*p >= 'a' && *p <= 'z') || *p == '.' || *p == '-'); ++p) {
  }
  const char* const host_end = p;
  if (host == host_end) return false;
  if (p < end) {  // ":port"
    if (*p++ != ':' || p == end || end - p > 5) return false;
    int port = 0;
    for (; p < end; ++p) {
      if (!sip::is_digit(*p)) return false;
      port = port * 10 + (*p - '0');
    }
    if (port > 65535) return false;
  }
  aor.text = {user, static_cast<std::size_t>(host - 1 - user)};
  aor.host = {host, static_cast<std::size_t>(host_end - host)};
  return true;
}

}  // namespace

Aor aor_of(const sip::Uri& uri, sip::Arena& arena) {
  const bool fold = Registrar::Param::case_sensitive == 0;
  const bool with_domain = Usrloc::Param::use_domain != 0;
  const Text user = uri.user.is_null() ? Text("") : uri.user;
  Aor aor;
  aor.host = uri.host.is_null() ? Text("") : uri.host;
  if (user.len + aor.host.len + 1 >= usrloc::kMaxAor) {
    aor.fault = AorFault::TooLong;
    return aor;
  }
  if (!with_domain && is_plain(user, fold)) {
    aor.text = user;
    return aor;
  }
  char* const room = static_cast<char*>(arena.allocate(usrloc::kMaxAor + 1));
  if (!room) {
    aor.fault = AorFault::TooLong;
    return aor;
  }
  char* at = unescape(user, fold, room);
  if (!at) {
    aor.fault = AorFault::BadEscape;
    return aor;
  }
  if (with_domain) {
    Text host = aor.host;
    const Text prefix = Registrar::Param::realm_prefix;
    if (!prefix.empty() && host.len > prefix.len && sip::equal_ignore_case({host.ptr, prefix.len}, prefix))
      host = {host.ptr + prefix.len, host.len - prefix.len};
    if (at != room) *at++ = '@';
    for (std::size_t i = 0; i < host.len; ++i) *at++ = fold ? sip::lower(host.ptr[i]) : host.ptr[i];
  }
  aor.text = {room, static_cast<std::size_t>(at - room)};
  arena.shrink(room, aor.text.len);
  return aor;
}

Aor aor_of(Text text, sip::Arena& arena) {
  Aor simple;
  if (Usrloc::Param::use_domain == 0 && !text.is_null() && read_simple(text, simple)) return simple;
  const auto uri = text.is_null() ? std::nullopt : sip::parse_uri(text);
  if (uri) return aor_of(*uri, arena);
  Aor aor;
  aor.fault = AorFault::BadUri;
  return aor;
}

Text unescaped(Text text, sip::Arena& arena) {
  char* const room = static_cast<char*>(arena.allocate(text.len ? text.len : 1));
  const char* const end = room ? unescape(text, false, room) : nullptr;
  return end ? Text(room, static_cast<std::size_t>(end - room)) : Text::null();
}

}  // namespace strowger::registrar
