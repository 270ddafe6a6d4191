// name-addr and addr-spec with header parameters: From, To, Contact, Route and the like (RFC 3261 §20.10, §25.1).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   "Bob" <sip:bob@example.org;a=1>;tag=x      display, uri in brackets, params
//   sip:bob@example.org;tag=x                  parameters behind a bare URI are the header's
#include "runtime/sip/bodies.h"
#include "runtime/sip/chars.h"
#include "runtime/sip/message.h"
#include "runtime/sip/scan.h"

namespace strowger::sip {
namespace {

enum class Form { Single, List };

Text between(const char* from, const char* to) { return {from, static_cast<std::size_t>(to - from)}; }

// The parameters of a From or To, each ";name[=value]" without stray text; their end, or null.
const char* skip_params(const char* begin, const char* p, const char* end) {
  if (starts_with(p, end, ";tag=")) {  // only that, as nearly always
    const char* const behind = find_low_or_in(begin, p + 5, end, ';', '"');
    if (behind == end) return end;
  }
  while (p < end) {  // *p is ';'
    p = skip_lws(p + 1, end);
    const char* const name = p;
    while (p < end && *p != '=' && *p != ';' && *p != '"' && !is_lws(*p)) ++p;
    if (p == name) return nullptr;
    p = skip_lws(p, end);
    if (p < end && *p == '=') {
      p = skip_lws(p + 1, end);
      if (p < end && *p == '"') {
        p = skip_quoted(p, end);
        if (!p) return nullptr;
      } else {
        while (p < end && *p != ';' && !is_lws(*p)) ++p;
      }
      p = skip_lws(p, end);
    }
    if (p < end && *p != ';') return nullptr;
  }
  return p;
}

// In a list parameters end at a comma outside of quotes; odd ones are kept as they are.
const char* skip_list_params(const char* p, const char* end) {
  while (p < end && *p != ',') {
    if (*p == '"') {
      p = skip_quoted(p, end);
      if (!p) return nullptr;
    } else {
      ++p;
    }
  }
  return p;
}

// Behind the address (at its comma, or the end), or null.
const char* parse_address(const char* const begin, const char* const end, Form form, NameAddr& out) {
  const char* p = skip_lws(begin, end);
  const char* const start = p;
  if (p < end && *p == '"') {
    const char* behind = skip_quoted(p, end);
    if (!behind) return nullptr;
    out.display = between(p, behind);
    p = skip_lws(behind, end);
    if (p == end || *p != '<') return nullptr;
  } else {
    while (p < end) {
      if (is_class(*p, kAddressStop)) {
        if (*p == '<' || *p == ';') break;
        if (*p != ',') return nullptr;
        if (form == Form::List) break;
      }
      ++p;
    }
    const Text text = between(start, trim_end(start, p));
    if (p < end && *p == '<') {
      if (text.len > 0) out.display = text;
    } else {
      if (text.len == 0) return nullptr;
      for (std::size_t i = 0; i < text.len; ++i)
        if (is_lws(text.ptr[i])) return nullptr;
      out.uri = text;
    }
  }
  if (p < end && *p == '<') {
    out.bracketed = true;
    const char* const uri = skip_lws(++p, end);
    p = find_any_in(begin, p, end, '>', '<');
    if (p == end || *p == '<') return nullptr;
    const char* const uri_end = p > uri ? trim_end(uri, p) : uri;
    if (uri_end == uri) return nullptr;
    out.uri = between(uri, uri_end);
    p = skip_lws(p + 1, end);
  }
  const char* last = trim_end(start, p);
  if (p < end && *p == ';') {
    const char* const params = p + 1;
    p = form == Form::Single ? skip_params(begin, p, end) : skip_list_params(p, end);
    if (!p) return nullptr;
    last = trim_end(params, p);
    out.params = trim(between(params, last));
  }
  if (p < end && !(*p == ',' && form == Form::List)) return nullptr;
  out.whole = between(start, last);
  return p;
}

}  // namespace

// A quoted display name or none, the URI in brackets, a tag or nothing behind it.
bool read_usual_address(Text value, NameAddr& out, Text& tag) {
  const char* const begin = value.ptr;
  const char* const end = begin + value.len;
  const char* p = begin;
  out.display = out.params = tag = Text::null();
  if (*p == '"') {
    p = find_any_there(p + 1, '"', '\\', '\r', '\n');
    if (*p++ != '"') return false;
    out.display = between(begin, p);
    if (*p == ' ') ++p;
  }
  if (*p != '<') return false;
  const char* const uri = p + 1;
  p = find_low_or_there(uri, '<', '>');
  if (*p != '>' || p == uri) return false;
  out.uri = between(uri, p++);
  out.bracketed = true;
  out.whole = value;
  if (p == end) return true;
  if (!starts_with(p, end, ";tag=")) return false;
  const char* const written = p + 5;
  if (written == end || find_low_or_there(written, ';', '"') != end) return false;
  out.params = between(p + 1, end);
  tag = between(written, end);
  return true;
}

Text NameAddr::address() const {
  const char* end = uri.ptr + uri.len;
  if (bracketed)
    while (*end++ != '>') {}
  return {whole.ptr, static_cast<std::size_t>(end - whole.ptr)};
}

Text NameAddr::param(std::string_view name) const { return last_param(params, name); }

bool read_name_addr(Text value, NameAddr& out) {
  out = {};
  return !value.empty() && parse_address(value.ptr, value.ptr + value.len, Form::Single, out);
}

bool read_tagged_address(Text value, NameAddr& out, Text& tag, const char* readable) {
  if (value.empty()) return false;
  if (ends_line(value.ptr + value.len, readable) && read_usual_address(value, out, tag)) return true;
  if (!read_name_addr(value, out)) return false;
  for (std::size_t i = 0; i < out.uri.len; ++i)
    if (is_lws(out.uri.ptr[i])) return false;   // RFC 3261 §25.1; blanks around it are passed over (RFC 4475 §3.1.2.14)
  tag = tag_of(out);
  return true;
}

std::optional<NameAddr> parse_name_addr(Text value) {
  std::optional<NameAddr> address(std::in_place);
  if (!read_name_addr(value, *address)) address.reset();
  return address;
}

std::optional<NameAddr> next_name_addr(Text& rest) {
  if (rest.empty()) return std::nullopt;
  const char* const end = rest.ptr + rest.len;
  const char* p = rest.ptr;
  while (p < end && (is_lws(*p) || *p == ',')) ++p;
  if (p == end) {
    rest = {end, 0};
    return std::nullopt;
  }
  NameAddr address;
  p = parse_address(p, end, Form::List, address);
  if (!p) return std::nullopt;
  if (p < end) ++p;
  rest = {p, static_cast<std::size_t>(end - p)};
  return address;
}

Text tag_of(const NameAddr& address) {
  const Text params = address.params;
  if (params.is_null()) return params;
  if (const char* const end = params.ptr + params.len; starts_with(params.ptr, end, "tag=")) {  // only that, as nearly always
    const char* const at = params.ptr + 4;
    if (at < end && find_low_or_in(params.ptr, at, end, ';', '"') == end) return between(at, end);
  }
  const Text tag = address.param("tag");
  return tag.empty() ? Text::null() : tag;
}

}  // namespace strowger::sip
