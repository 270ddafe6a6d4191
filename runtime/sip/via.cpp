// Via (RFC 3261 §20.42, RFC 3581): protocol, sent-by and parameters of one value.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Blanks and folds may stand between all parts ("SIP  /   2.0 / UDP  host : 5060 ; branch = x", RFC 4475 §3.1.1.1).
#include "runtime/sip/bodies.h"
#include "runtime/sip/chars.h"
#include "runtime/sip/message.h"
#include "runtime/sip/scan.h"

namespace strowger::sip {
namespace {

Text between(const char* from, const char* to) { return {from, static_cast<std::size_t>(to - from)}; }

// To the first byte of the class, or the end. `begin` is how far back may be read.
const char* skip_to(const char* begin, const char* p, const char* end, CharClass stop) {
  for (;; ++p) {
    // What a stop can be: everything up to the blank, and : ; , (
    p = find_low_or_in(begin, p, end, ':', ';', ',', '(');
    if (p == end || is_class(*p, stop)) return p;
  }
}

const char* skip_token(const char* p, const char* end) {
  while (p < end && is_token(*p)) ++p;
  return p;
}

// "SIP" "/" "2.0" "/" transport, and the blank behind it; null when it is something else.
const char* parse_protocol_part(const char* p, const char* end, Via& via) {
  const char* const start = p;
  if (starts_with(p, end, "SIP/2.0/UDP ")) {  // nearly always
    via.version = {p, 7};
    via.transport = {p + 8, 3};
    via.protocol = Protocol::Udp;
    return skip_lws(p + 12, end);
  }
  if (end - p < 3 || lower(p[0]) != 's' || lower(p[1]) != 'i' || lower(p[2]) != 'p') return nullptr;
  p = skip_lws(p + 3, end);
  if (p == end || *p != '/') return nullptr;
  p = skip_lws(p + 1, end);
  if (end - p < 3 || p[0] != '2' || p[1] != '.' || p[2] != '0') return nullptr;
  via.version = between(start, p + 3);
  p = skip_lws(p + 3, end);
  if (p == end || *p != '/') return nullptr;
  p = skip_lws(p + 1, end);
  const char* const transport = p;
  p = skip_token(p, end);
  if (p == transport || p == end || !is_lws(*p)) return nullptr;
  via.transport = between(transport, p);
  const std::string_view name = via.transport.view();
  via.protocol = parse_protocol(name).value_or(Protocol::Any);
  return skip_lws(p, end);
}

// host [":" port]
const char* parse_sent_by(const char* begin, const char* p, const char* end, Via& via) {
  const char* const host = p;
  if (p < end && *p == '[') {
    while (p < end && *p != ']' && !is_lws(*p) && *p != ';' && *p != ',') ++p;
    if (p == end || *p != ']') return nullptr;
    ++p;
  } else {
    p = skip_to(begin, p, end, kHostStop);
  }
  if (p == host) return nullptr;
  via.host = between(host, p);
  p = skip_lws(p, end);
  if (p == end || *p != ':') return p;
  p = skip_lws(p + 1, end);
  const char* const digits = p;
  std::uint32_t port = 0;
  p = read_port(begin, p, end, port);
  if (p == digits || port > 65535) return nullptr;
  via.port = static_cast<std::uint16_t>(port);
  return skip_lws(p, end);
}

// RFC 2543 comments: "(...)", possibly nested.
const char* skip_comment(const char* p, const char* end) {
  int depth = 0;
  while (p < end) {
    if (*p == '\\') {
      ++p;
    } else if (*p == '(') {
      ++depth;
    } else if (*p == ')' && --depth == 0) {
      return skip_lws(p + 1, end);
    }
    if (p < end) ++p;
  }
  return nullptr;
}

bool is_word(Text name, std::string_view word) {
  return same_bytes(name.ptr, word.data(), word.size()) || equal_ignore_case(name, Text(word));
}

// One parameter at `p` (behind the ';').
const char* parse_param(const char* begin, const char* p, const char* end, Via& via) {
  if (starts_with(p, end, "branch=")) {  // as nearly all write it
    const char* const value_at = p + 7;
    p = value_at < end && *value_at == '"' ? nullptr : skip_to(begin, value_at, end, kValueStop);
    if (p && p > value_at) {
      via.branch = between(value_at, p);
      return p < end && *p != ';' ? skip_lws(p, end) : p;
    }
    p = value_at - 7;
  } else if (starts_with(p, end, "rport") && (end - p == 5 || p[5] == ';')) {
    via.rport = Text(via.has_rport ? "" : p + 5, 0);
    via.has_rport = true;
    return p + 5;
  }
  p = skip_lws(p, end);
  const char* const name_at = p;
  p = skip_token(p, end);
  if (p == name_at) return nullptr;
  const Text name = between(name_at, p);
  Text value("");
  p = skip_lws(p, end);
  if (p < end && *p == '=') {
    p = skip_lws(p + 1, end);
    const char* const value_at = p;
    if (p < end && *p == '"') {
      p = skip_quoted(p, end);
      if (!p) return nullptr;
      value = between(value_at + 1, p - 1);
    } else {
      p = skip_to(begin, p, end, kValueStop);
      value = between(value_at, p);
    }
    p = skip_lws(p, end);
  }
  switch (name.len) {
    case 5:
      if (is_word(name, "rport")) {
        via.rport = value;
        via.has_rport = true;
      } else if (is_word(name, "maddr") && value.len == 0) {
        return nullptr;
      }
      break;
    case 6:
      if (is_word(name, "branch")) {
        if (value.len == 0) return nullptr;
        via.branch = value;
      }
      break;
    case 8:
      if (is_word(name, "received")) via.received = value;
      break;
    default: break;
  }
  return p;
}

constexpr std::uint64_t word_of(std::string_view text) {
  std::uint64_t word = 0;
  for (std::size_t i = 0; i < text.size(); ++i) word |= std::uint64_t{static_cast<unsigned char>(text[i])} << (8 * i);
  return word;
}
bool begins_with(std::uint64_t bytes, std::string_view word) {   // of at most eight letters
  return bytes << (64 - 8 * word.size()) == word_of(word) << (64 - 8 * word.size());
}

}  // namespace

// Alone on a line: "SIP/2.0/UDP host:port;rport;branch=x", without blanks and quotes.
bool read_usual_via(Text value, Via& via) {
  const char* const begin = value.ptr;
  const char* const end = begin + value.len;
  if (!starts_with(begin, end, "SIP/2.0/UDP ")) return false;
  const char* const host = begin + 12;
  const char* p = find_low_or_there(host, ':', ';', ',', '(', '[');
  if (p == host) return false;
  via.version = {begin, 7};
  via.transport = {begin + 8, 3};
  via.protocol = Protocol::Udp;
  via.host = between(host, p);
  via.port = 0;
  via.has_rport = false;
  via.params = via.branch = via.received = via.rport = Text::null();
  if (*p == ':') {
    const Digits port = digits_of(load8(p + 1));
    if (port.count - 1 > 4 || port.number > 65535) return false;
    via.port = static_cast<std::uint16_t>(port.number);
    p += 1 + port.count;
  }
  if (*p == ';') via.params = between(p + 1, end);
  const auto written = [&p](std::size_t name) __attribute__((always_inline)) {
    const char* const at = p + 1 + name;
    p = find_low_or_there(at, ';', ',', '(', '"');
    return between(at, p);
  };
  while (*p == ';') {
    const std::uint64_t name = load8(p + 1);
    if (begins_with(name, "branch=")) {
      via.branch = written(7);
      if (via.branch.len == 0) return false;
    } else if (begins_with(name, "rport;") || (begins_with(name, "rport") && p + 6 == end)) {
      p += 6;
      via.rport = Text(via.has_rport ? "" : p, 0);
      via.has_rport = true;
    } else if (begins_with(name, "rport=")) {
      via.rport = written(6);
      via.has_rport = true;
    } else if (begins_with(name, "received") && p[9] == '=') {
      via.received = written(9);
    } else {
      return false;
    }
  }
  via.whole = value;
  return p == end;
}

Text Via::param(std::string_view name) const { return last_param(params, name); }

bool read_via(Text& rest, Via& via, const char* readable) {
  if (rest.empty()) return false;
  const char* const end = rest.ptr + rest.len;
  if (ends_line(end, readable) && read_usual_via(rest, via)) {
    rest = {end, 0};
    return true;
  }
  via = {};
  const char* p = skip_lws(rest.ptr, end);
  const char* const start = p;
  p = parse_protocol_part(p, end, via);
  if (!p) return false;
  p = parse_sent_by(start, p, end, via);
  if (!p) return false;
  if (p < end && *p == '(' && !(p = skip_comment(p, end))) return false;
  const char* params = nullptr;
  while (p < end && *p == ';') {
    if (!params) params = p + 1;
    p = parse_param(start, p + 1, end, via);
    if (!p) return false;
    if (p < end && *p == '(' && !(p = skip_comment(p, end))) return false;
  }
  if (p < end && *p != ',') return false;
  const char* const last = trim_end(start, p);
  via.whole = between(start, last);
  if (params) {
    params = skip_lws(params, last);
    via.params = between(params, last);
  }
  while (p < end && (*p == ',' || is_lws(*p))) ++p;
  rest = {p, static_cast<std::size_t>(end - p)};
  return true;
}

std::optional<Via> next_via(Text& rest) {
  std::optional<Via> via(std::in_place);
  if (!read_via(rest, *via)) via.reset();
  return via;
}

}  // namespace strowger::sip
