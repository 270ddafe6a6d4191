// SIP, SIPS, TEL and URN URIs: one pass over the bytes, then the parts (RFC 3261 §19.1, RFC 3966, RFC 5031).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/uri.h"

#include <array>

#if defined(__SSSE3__)
#include <tmmintrin.h>
#endif

#include "runtime/sip/bodies.h"
#include "runtime/sip/byte_mask.h"
#include "runtime/sip/chars.h"
#include "runtime/sip/message.h"
#include "runtime/sip/scan.h"

namespace strowger::sip {
namespace {

constexpr std::ptrdiff_t kMostPortDigits = 5;

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

// userinfo: user [":" password]. The user may hold ';', '?' and more (RFC 4475 §3.1.1.9), and brackets behind these; the
// password may not.
bool parse_userinfo(const char* p, const char* at, Uri& uri) {
  if (p == at) return false;
  const auto* colon = static_cast<const char*>(std::memchr(p, ':', static_cast<std::size_t>(at - p)));
  uri.user = between(p, colon ? colon : at);
  const std::string_view name = uri.user.view();
  if (name.substr(0, name.find_first_of(";?")).find_first_of("[]") != name.npos) return false;
  if (!colon) return true;
  if (colon == p) return false;
  uri.password = between(colon + 1, at);
  return uri.password.view().find_first_of(":;?[]") == name.npos;
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

// Behind the host name or the closing bracket; null when there is no proper host. May read back to `begin`. Names of containers
// have underscores, which 5.6.3 takes where there is no user.
const char* skip_host(const char* begin, const char* p, const char* end, bool underscores) {
  if (p < end && *p == '[') {
    const char* q = p + 1;
    while (q < end && (is_class(*q, kHostChar) || *q == ':' || *q == '%' || *q == '_')) ++q;   // a zone, too (RFC 6874)
    return q < end && *q == ']' && q > p + 1 ? q + 1 : nullptr;
  }
  if (p == end || *p == '.' || *p == '-') return nullptr;
  const char* q = find_host_end(begin, p, end);
  while (underscores && q < end && *q == '_') q = find_host_end(begin, q + 1, end);
  return q > p ? q : nullptr;
}

// [":" port] [";" params] ["?" headers]
bool parse_behind_host(const char* begin, const char* p, const char* end, Uri& uri) {
  if (p < end && *p == ':') {
    const char* const digits = ++p;
    std::uint32_t port = 0;
    p = read_port(begin, p, end, port);
    if (port > 65535 || p - digits > kMostPortDigits) return false;
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

#if defined(__SSSE3__)
namespace {

// What a byte is, looked up by each half of it: the bits that both have.
enum Look : std::uint8_t { kAt = 128, kQuestion = 64, kLow = 32, kDel = 16, kHosts = 15 };   // hosts: -. digits, A to O, P to Z
alignas(16) constexpr std::array<std::uint8_t, 16> kByHighHalf = {kLow, kLow, 1, 2 | kQuestion, 4 | kAt, 8, 4, 8 | kDel};
alignas(16) constexpr std::array<std::uint8_t, 16> kByLowHalf = [] {
  std::array<std::uint8_t, 16> bits{};
  for (int i = 0; i < 16; ++i) bits[i] = static_cast<std::uint8_t>(kLow | (i <= 9 ? 2 : 0) | (i >= 1 ? 4 : 0) | (i <= 10 ? 8 : 0));
  bits[0] |= kAt;
  bits[13] |= 1;
  bits[14] |= 1;
  bits[15] |= kQuestion | kDel;
  return bits;
}();

}  // namespace

// A sip: URI of at most 64 bytes without password, headers and IPv6, by one look at its bytes. False where it is not so, or
// perhaps bad: `uri` is as before then.
static bool read_usual_uri(Text text, Uri& uri) {
  const std::size_t n = text.len;
  if (text.is_null() || n - 5 > kMaskBytes - 5 || load4(text.ptr) != 0x3a706973) return false;
  const char* const p = text.ptr;
  const auto load = [](const auto* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); };
  const __m128i by_low = load(kByLowHalf.data()), by_high = load(kByHighHalf.data());
  __m128i seen = _mm_setzero_si128();
  std::uint64_t ats = 0, others = 0;
  const auto look = [&](__m128i bytes, std::size_t place) __attribute__((always_inline)) {
    const __m128i high = _mm_and_si128(_mm_srli_epi16(bytes, 4), _mm_set1_epi8(15));
    const __m128i bits = _mm_and_si128(_mm_shuffle_epi8(by_low, bytes), _mm_shuffle_epi8(by_high, high));
    seen = _mm_or_si128(seen, bits);
    const __m128i no_host = _mm_cmpeq_epi8(_mm_and_si128(bits, _mm_set1_epi8(kHosts)), _mm_setzero_si128());
    ats |= std::uint64_t{static_cast<unsigned>(_mm_movemask_epi8(bits))} << place;
    others |= std::uint64_t{static_cast<unsigned>(_mm_movemask_epi8(no_host))} << place;
  };
  if (n < 16) {
    look(_mm_or_si128(load_few(p, n), load(&"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0~~~~~~~~~~~~~~~~"[16 - n])), 0);
  } else {
    std::size_t place = 0;
    for (; place + 16 <= n; place += 16) look(load(p + place), place);
    if (place < n) look(load(p + n - 16), n - 16);   // some bytes again
  }
  const __m128i odd = _mm_and_si128(seen, _mm_set1_epi8(kLow | kDel | kQuestion));
  if (_mm_movemask_epi8(_mm_cmpeq_epi8(odd, _mm_setzero_si128())) != 0xffff || (ats & (ats - 1)) != 0) return false;
  std::size_t host = 4;
  if (ats != 0) {
    const auto at = static_cast<std::size_t>(__builtin_ctzll(ats));
    if (at == 4) return false;
    for (std::uint64_t left = others & (ats - 1) & ~std::uint64_t{15}; left != 0; left &= left - 1)
      if (const char c = p[__builtin_ctzll(left)]; c == ':' || c == '[' || c == ']') return false;
    host = at + 1;
  }
  const std::size_t host_end = next_bit(others & (~std::uint64_t{0} >> (64 - n)), host, n);
  if (host_end == host || p[host] == '.' || p[host] == '-') return false;
  const char* const end = p + n;
  const char* q = p + host_end;
  std::uint32_t port = 0;
  if (q < end && *q == ':') {
    const char* const digits = ++q;
    q = read_port(p, q, end, port);
    if (port > 65535 || q - digits > kMostPortDigits) return false;
    uri.port_text = between(digits, q);
    uri.port = static_cast<std::uint16_t>(port);
  }
  if (q < end && *q != ';') {
    uri.port_text = Text::null();
    uri.port = 0;
    return false;
  }
  if (q < end) uri.params = between(q + 1, end);
  uri.scheme = Scheme::Sip;
  uri.whole = text;
  uri.scheme_text = {p, 3};
  if (host > 4) uri.user = between(p + 4, p + host - 1);
  uri.host = between(p + host, p + host_end);
  return true;
}
#endif

bool read_uri(Text text, Uri& uri) {
#if defined(__SSSE3__)
  if (read_usual_uri(text, uri)) return true;
#endif
  return read_any_uri(text, uri);
}

bool read_any_uri(Text text, Uri& uri) {
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
      const char* behind = skip_host(text.ptr, p, end, at == nullptr);
      if (!behind) return false;
      uri.host = between(p, behind);
      good = parse_behind_host(text.ptr, behind, end, uri);
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
