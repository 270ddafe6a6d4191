// {param.*}, {nameaddr.*}, {tobody.*}, {line.*}.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pv.interface.h"
#include "runtime/sip/byte_mask.h"
#include "runtime/sip/chars.h"
#include "runtime/sip/message.h"
#include "runtime/sip/scan.h"
#include "stdlib/pv/param_list.h"
#include "stdlib/pv/text_output.h"

namespace strowger {

using pv::find_byte;
using pv::from;
using pv::or_empty;
using pv::ParamList;
using pv::part;
using pv::text_of;

namespace {

// ---- names and addresses -----------------------------------------------------------------------------------------

struct Brackets { std::size_t open, close; };

/// Where '<' and '>' are; both are the text's length where there is no '<', and nothing where it is not closed.
std::optional<Brackets> brackets_in(Text text) {
  const char* const end = text.ptr + text.len;
  const char* p = text.ptr;
  while ((p = sip::find_any_in(text.ptr, p, end, '<', '"')) < end && *p != '<') {
    const char* const behind = sip::skip_quoted(p, end);
    p = behind ? behind : p + 1;
  }
  const auto open = static_cast<std::size_t>(p - text.ptr);
  if (open == text.len) return Brackets{text.len, text.len};
  const std::size_t close = find_byte(text, '>', open);
  if (close == text.len) return std::nullopt;
  return Brackets{open, close};
}

/// `;a=x=y`: no parameter.
bool has_second_equals(Text params) {
  const char* const end = params.ptr + params.len;
  bool seen = false;
  for (const char* p = params.ptr; p < end; ++p) {
    if (*p == '"') {
      const char* const behind = sip::skip_quoted(p, end);
      if (behind) p = behind - 1;
    } else if (*p == ';') {
      seen = false;
    } else if (*p == '=') {
      if (seen) return true;
      seen = true;
    }
  }
  return false;
}

std::optional<sip::NameAddr> body_in(Call& call, Value in) {
  std::optional<sip::NameAddr> address = sip::parse_name_addr(text_of(call, in));
  if (!address || !sip::parse_uri(address->uri) || has_second_equals(address->params)) return std::nullopt;
  return address;
}

template <class Part>
Text body_part(Call& call, Value in, Part part) {
  const std::optional<sip::NameAddr> address = body_in(call, in);
  return address ? or_empty(part(*address)) : Text::failed();
}

// ---- lines -------------------------------------------------------------------------------------------------------

/// The next line without its end; `rest` moves behind it.
bool next_line(Text& rest, Text& line) {
  if (rest.len == 0) return false;
  const std::size_t end = find_byte(rest, '\n');
  line = part(rest, 0, end);
  if (line.len && line.ptr[line.len - 1] == '\r') --line.len;
  rest = end < rest.len ? from(rest, end + 1) : from(rest, rest.len);
  return true;
}

/// The line at `index` (-1 is the last one), searched from the end: an empty line belongs to the one before it, and the
/// line end between the two stays.
Text line_from_end(Text text, Int index) {
  if (text.ptr[text.len - 1] == '\n') --text.len;
  for (;; ++index) {
    std::size_t begin = text.len ? text.len - 1 : 0;
    while (begin > 0 && text.ptr[begin - 1] != '\n') --begin;
    if (index == -1) {
      Text line = from(text, begin);
      if (line.len && line.ptr[line.len - 1] == '\r') --line.len;
      return line;
    }
    if (begin == 0) return "";
    text.len = begin - 1;
  }
}

Int count_lines(Text text) {
  Int count = 0;
  Text line;
  while (next_line(text, line)) ++count;
  return count;
}

}  // namespace

Text Pv::param_value(Call& call, Value in, Text name, Text separator) {
  if (name.empty()) return Text::failed();
  sip::Param param;
  const ParamList::Found found = ParamList(call, in, separator).find(name, param);
  if (found == ParamList::Found::Malformed) return Text::failed();
  return found == ParamList::Found::Yes ? param.value : Text("");
}

Value Pv::param_in(Call& call, Value in, Text name, Text separator) {
  if (name.empty()) return Value::failed();
  sip::Param param;
  const ParamList::Found found = ParamList(call, in, separator).find(name, param);
  return found == ParamList::Found::Malformed ? Value::failed() : Value::of(static_cast<Int>(found == ParamList::Found::Yes));
}

Text Pv::param_valueat(Call& call, Value in, Int index, Text separator) {
  const ParamList list(call, in, separator);
  if (!list.good()) return Text::failed();
  sip::Param param;
  return list.at(index, param) ? param.value : Text("");
}

Text Pv::param_name(Call& call, Value in, Int index, Text separator) {
  const ParamList list(call, in, separator);
  if (!list.good()) return Text::failed();
  sip::Param param;
  return list.at(index, param) ? param.name : Text("");
}

Value Pv::param_count(Call& call, Value in, Text separator) {
  const std::optional<Int> count = ParamList(call, in, separator).count();
  return count ? Value::of(*count) : Value::failed();
}

// The blank in front of '<' belongs to the name.
Text Pv::nameaddr_name(Call& call, Value in) {
  const Text text = text_of(call, in);
  const std::optional<Brackets> at = text.len ? brackets_in(text) : std::nullopt;
  if (!at) return Text::failed();
  return at->open < text.len ? part(text, 0, at->open) : Text("");
}

Text Pv::nameaddr_uri(Call& call, Value in) {
  const Text text = text_of(call, in);
  const std::optional<Brackets> at = text.len ? brackets_in(text) : std::nullopt;
  if (!at) return Text::failed();
  return at->open < text.len ? part(text, at->open + 1, at->close - at->open - 1) : text;
}

Value Pv::nameaddr_len(Call& call, Value in) {
  const Text text = text_of(call, in);
  const std::optional<Brackets> at = text.len ? brackets_in(text) : std::nullopt;
  if (!at) return Value::failed();
  return Value::of(static_cast<Int>(at->open < text.len ? at->close + 1 : text.len));
}

Text Pv::tobody_uri(Call& call, Value in) {
  return body_part(call, in, [](const sip::NameAddr& address) { return address.uri; });
}
Text Pv::tobody_user(Call& call, Value in) {
  return body_part(call, in, [](const sip::NameAddr& address) { return sip::parse_uri(address.uri)->user; });
}
Text Pv::tobody_host(Call& call, Value in) {
  return body_part(call, in, [](const sip::NameAddr& address) { return sip::parse_uri(address.uri)->host; });
}
Text Pv::tobody_display(Call& call, Value in) {
  return body_part(call, in, [](const sip::NameAddr& address) { return address.display; });
}
Text Pv::tobody_tag(Call& call, Value in) { return body_part(call, in, sip::tag_of); }
Text Pv::tobody_params(Call& call, Value in) {
  return body_part(call, in, [](const sip::NameAddr& address) { return address.params; });
}

Value Pv::line_count(Call& call, Value in) {
  const Text text = text_of(call, in);
  return text.len ? Value::of(count_lines(text)) : Value::failed();
}

Text Pv::line_at(Call& call, Value in, Int index) {
  Text rest = text_of(call, in);
  if (rest.len == 0) return Text::failed();
  if (index < 0) return line_from_end(rest, index);
  Text line;
  while (next_line(rest, line))
    if (index-- == 0) return line;
  return "";
}

Text Pv::line_sw(Call& call, Value in, Text start) {
  Text rest = text_of(call, in);
  if (rest.len == 0 || start.is_null()) return Text::failed();
  Text line;
  while (next_line(rest, line))
    if (line.view().starts_with(start.view())) return line;
  return "";
}

}  // namespace strowger
