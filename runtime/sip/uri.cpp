// SIP, SIPS, TEL and URN URIs: one pass over the bytes, then the parts (RFC 3261 §19.1, RFC 3966, RFC 5031).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/uri.h"

#include "runtime/sip/bodies.h"
#include "runtime/sip/chars.h"
#include "runtime/sip/message.h"
#include "runtime/sip/scan.h"

namespace strowger::sip {
namespace {

Text between(const char* from, const char* to) { return {from, static_cast<std::size_t>(to - from)}; }

// "sip:", "sips:" ... at the start; the length with the colon, 0 for none.
std::size_t parse_scheme(std::string_view text, Scheme& scheme) {
  if (text.size() >= 4 && load4(text.data()) == 0x3a706973) {  // "sip:", as nearly always
    scheme = Scheme::Sip;
    return 4;
  }
  struct Entry { std::string_view name; Scheme scheme; };
  static constexpr Entry kSchemes[] = {
      {"sip:", Scheme::Sip}, {"sips:", Scheme::Sips}, {"tel:", Scheme::Tel}, {"tels:", Scheme::Tels}, {"urn:", Scheme::Urn}};
  for (const Entry& entry : kSchemes) {
    if (text.size() < entry.name.size()) continue;
    std::size_t i = 0;
    while (i < entry.name.size() && lower(text[i]) == entry.name[i]) ++i;
    if (i == entry.name.size()) {
      scheme = entry.scheme;
      return i;
    }
  }
  return 0;
}

// userinfo: user [":" password]. The user may hold ';', '?' and more (RFC 4475 §3.1.1.9); the password may not.
bool parse_userinfo(const char* p, const char* at, Uri& uri) {
  if (p == at) return false;
  const auto* colon = static_cast<const char*>(std::memchr(p, ':', static_cast<std::size_t>(at - p)));
  uri.user = between(p, colon ? colon : at);
  if (!colon) return true;
  if (colon == p) return false;
  for (const char* q = colon + 1; q < at; ++q)
    if (*q == ':' || *q == ';' || *q == '?') return false;
  uri.password = between(colon + 1, at);
  return true;
}

// The first byte that is none of a host's, or the end; may read back to `begin`.
const char* find_host_end(const char* begin, const char* p, const char* end) {
#if defined(__SSE2__)
  const auto others = [](const char* from) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    // at most `last - first` above `first`: bytes below wrap around to great ones
    const auto within = [](__m128i b, char first, char last) {
      const __m128i above = _mm_sub_epi8(b, _mm_set1_epi8(first));
      return _mm_cmpeq_epi8(_mm_min_epu8(above, _mm_set1_epi8(static_cast<char>(last - first))), above);
    };
    const __m128i hits = _mm_or_si128(_mm_or_si128(within(bytes, '0', '9'), within(bytes, '-', '.')),
                                      within(_mm_or_si128(bytes, _mm_set1_epi8(' ')), 'a', 'z'));
    return static_cast<unsigned>(_mm_movemask_epi8(hits)) ^ 0xffff;
  };
  for (; end - p >= 16; p += 16)
    if (const unsigned mask = others(p)) return p + __builtin_ctz(mask);
  if (p == end) return end;
  if (end - begin >= 16) {
    const unsigned mask = others(end - 16) >> (16 - (end - p));
    return mask ? p + __builtin_ctz(mask) : end;
  }
#endif
  while (p < end && is_class(*p, kHostChar)) ++p;
  return p;
}

// Behind the host name or the closing bracket; null when there is no proper host. May read back to `begin`.
const char* skip_host(const char* begin, const char* p, const char* end) {
  if (p < end && *p == '[') {
    const char* q = p + 1;
    while (q < end && (is_class(*q, kHostChar) || *q == ':')) ++q;
    return q < end && *q == ']' && q > p + 1 ? q + 1 : nullptr;
  }
  if (p == end || *p == '.' || *p == '-') return nullptr;
  const char* const q = find_host_end(begin, p, end);
  return q > p ? q : nullptr;
}

// [":" port] [";" params] ["?" headers]
bool parse_behind_host(const char* p, const char* end, Uri& uri) {
  if (p < end && *p == ':') {
    const char* const digits = ++p;
    std::uint32_t port = 0;
    p = read_port(p, end, port);
    if (port > 65535) return false;
    uri.port_text = between(digits, p);
    uri.port = static_cast<std::uint16_t>(port);
  }
  if (p < end && *p == ';') {
    const char* const params = ++p;
    const auto* question = static_cast<const char*>(std::memchr(p, '?', static_cast<std::size_t>(end - p)));
    p = question ? question : end;
    uri.params = between(params, p);
  }
  if (p < end && *p == '?') {
    uri.headers = between(p + 1, end);
    p = end;
  }
  return p == end;
}

bool parse_tel(const char* p, const char* end, const char* at, Uri& uri) {
  if (at) return false;
  const char* q = p;
  while (q < end && *q != ';' && *q != '?') ++q;
  if (q == p) return false;
  uri.user = between(p, q);
  if (q < end && *q == ';') {
    const char* const params = ++q;
    while (q < end && *q != '?') ++q;
    uri.number_params = between(params, q);
  }
  if (q < end) uri.headers = between(q + 1, end);
  return true;
}

// urn:service:sos; urn:x has no "user".
bool parse_urn(const char* p, const char* end, const char* at, Uri& uri) {
  if (at || p == end) return false;
  const auto* colon = static_cast<const char*>(std::memchr(p, ':', static_cast<std::size_t>(end - p)));
  if (!colon || colon + 1 == end) {
    uri.host = between(p, colon ? colon : end);
    return uri.host.len > 0;
  }
  if (colon == p || std::memchr(colon + 1, ':', static_cast<std::size_t>(end - colon - 1))) return false;
  uri.user = between(p, colon);
  uri.host = between(colon + 1, end);
  return true;
}

// The first control byte (below blank, or DEL) or '@', or the end; may read back to `begin`.
const char* find_control_or_at(const char* begin, const char* p, const char* end) {
#if defined(__SSE2__)
  const auto places = [](const char* from) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    const __m128i last_control = _mm_set1_epi8(' ' - 1);
    const __m128i hits = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(_mm_max_epu8(bytes, last_control), last_control),
                                                   _mm_cmpeq_epi8(bytes, _mm_set1_epi8('@'))),
                                      _mm_cmpeq_epi8(bytes, _mm_set1_epi8(127)));
    return static_cast<unsigned>(_mm_movemask_epi8(hits));
  };
  for (; end - p >= 16; p += 16)
    if (const unsigned mask = places(p)) return p + __builtin_ctz(mask);
  if (p == end) return end;
  if (end - begin >= 16) {
    const unsigned mask = places(end - 16) >> (16 - (end - p));
    return mask ? p + __builtin_ctz(mask) : end;
  }
#endif
  while (p < end && !is_class(*p, kControlChar) && *p != '@') ++p;
  return p;
}

}  // namespace

std::optional<Uri> parse_uri(Text text) {
  std::optional<Uri> uri(std::in_place);
  if (!read_uri(text, *uri)) uri.reset();
  return uri;
}

bool read_uri(Text text, Uri& uri) {
  if (text.empty()) return false;
  const std::size_t scheme = parse_scheme(text.view(), uri.scheme);
  if (scheme == 0) return false;
  uri.whole = text;
  uri.scheme_text = {text.ptr, scheme - 1};

  const char* const end = text.ptr + text.len;
  const char* p = text.ptr + scheme;
  const char* at = nullptr;
  for (const char* q = p; (q = find_control_or_at(text.ptr, q, end)) != end; ++q) {
    if (*q != '@' || at) return false;
    at = q;
  }
  bool good;
  switch (uri.scheme) {
    case Scheme::Tel:
    case Scheme::Tels: good = parse_tel(p, end, at, uri); break;
    case Scheme::Urn: good = parse_urn(p, end, at, uri); break;
    default: {
      if (at) {
        if (!parse_userinfo(p, at, uri)) return false;
        p = at + 1;
      }
      const char* behind = skip_host(text.ptr, p, end);
      if (!behind) return false;
      uri.host = between(p, behind);
      good = parse_behind_host(behind, end, uri);
    }
  }
  return good;
}

Text Uri::param(std::string_view name) const { return last_param(params, name); }

std::optional<Protocol> Uri::protocol() const {
  const Text written = transport();
  if (written.empty()) return scheme == Scheme::Sips ? Protocol::Tls : Protocol::Udp;
  const std::optional<Protocol> protocol = parse_protocol(written.view());
  if (!protocol || scheme != Scheme::Sips) return protocol;
  switch (*protocol) {  // RFC 3261 §26.2.2: sips runs over TLS, whatever stream is below
    case Protocol::Tcp:
    case Protocol::Tls: return Protocol::Tls;
    case Protocol::Ws:
    case Protocol::Wss: return Protocol::Wss;
    case Protocol::Sctp: return Protocol::Sctp;
    default: return std::nullopt;
  }
}

}  // namespace strowger::sip
