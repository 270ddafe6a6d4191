// Values and parameters in headers: append_hf_value(), assign_hf_value() and their like.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A place is written Name[index].param. Values are counted from 1 over all lines of the name; 0 and none are the first.
#include "runtime/script/header_edits.h"
#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "runtime/sip/chars.h"
#include "textopsx.interface.h"

namespace strowger {
namespace {

using sip::Header;
using sip::HeaderId;
using sip::Message;

struct Place {
  Text name, param;          ///< param null when none is written
  Int index = 0;
  bool has_index = false, all = false;
};

Code refuse(Call& call, std::string_view why) {
  log_line(call, LogLevel::Err, "textopsx", {why});
  return -1;
}

std::optional<Place> parse_place(Call& call, Text text) {
  Place place;
  std::string_view rest = text.view();
  const std::size_t name_end = rest.find_first_of("[.");
  place.name = sip::trim(Text(rest.substr(0, name_end)));
  rest.remove_prefix(name_end == std::string_view::npos ? rest.size() : name_end);
  bool good = place.name.len > 0;
  if (good && rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    good = close != std::string_view::npos;
    if (good) {
      const Text inside = sip::trim(Text(rest.substr(1, close - 1)));
      place.has_index = true;
      place.all = inside.view() == "*";
      std::size_t at = !inside.empty() && inside.ptr[0] == '-';
      good = place.all || (at < inside.len && inside.len < 9);
      for (; good && !place.all && at < inside.len; ++at) {
        good = sip::is_digit(inside.ptr[at]);
        place.index = place.index * 10 + (inside.ptr[at] - '0');
      }
      if (good && inside.ptr[0] == '-') place.index = -place.index;
      rest.remove_prefix(close + 1);
    }
  }
  if (good && rest.starts_with('.')) {
    place.param = Text(rest.substr(1));
    good = place.param.len > 0;
    rest = {};
  }
  if (good && rest.empty()) return place;
  log_line(call, LogLevel::Err, "textopsx", {"\"", text, "\" is not of the form Name[index].param"});
  return std::nullopt;
}

/// One value of a comma list: with the blanks around it up to the commas.
struct Element {
  const Header* line;
  Text raw;                  ///< between the commas
  Text value;                ///< trimmed
  bool is_first, is_last;    ///< of its line
};

/// Behind the next comma outside of quotes and brackets, or the end.
std::size_t element_end(Text list, std::size_t at) {
  bool bracket = false;
  const char* const end = list.ptr + list.len;
  const char* p = list.ptr + at;
  while (p < end && (bracket || *p != ',')) {
    const char* const behind = *p == '"' ? sip::skip_quoted(p, end) : nullptr;
    if (*p == '<') bracket = true;
    if (*p == '>') bracket = false;
    p = behind ? behind : p + 1;
  }
  return static_cast<std::size_t>(p - list.ptr);
}

/// Calls `take` for each value of the name until it returns true.
template <class Take>
bool walk(Call& call, Text name, Take take) {
  const Message& message = call.live->message;
  for (const Header* h = message.find(sip::header_id_of(name.view()), name); h; h = message.find_next(h, name)) {
    const Text list = message.value(*h);
    for (std::size_t at = 0;;) {
      const std::size_t end = element_end(list, at);
      const Text raw{list.ptr + at, end - at};
      if (take(Element{h, raw, sip::trim(raw), at == 0, end == list.len})) return true;
      if (end == list.len) break;
      at = end + 1;
    }
  }
  return false;
}

std::optional<Element> find_element(Call& call, const Place& place) {
  Int wanted = place.index == 0 ? 1 : place.index;
  if (wanted < 0) {
    Int count = 0;
    walk(call, place.name, [&](const Element&) {
      ++count;
      return false;
    });
    wanted += count + 1;
  }
  std::optional<Element> found;
  if (wanted > 0)
    walk(call, place.name, [&](const Element& element) {
      if (--wanted > 0) return false;
      found = element;
      return true;
    });
  return found;
}

Code done(Call& call, bool good) { return good ? 1 : refuse(call, "the header is edited already, or there are too many edits"); }

Code add_line(Call& call, std::uint32_t at, Text name, Text value) {
  const Text parts[] = {name, ": ", value, "\r\n"};
  const Text line = Operators::concat(&call, parts, 4, 0);
  return done(call, !line.is_null() && call.live->edits.insert(*call.arena, at, line));
}

std::uint32_t end_of(const Call& call, Text part) { return offset_of(call, part) + static_cast<std::uint32_t>(part.len); }

/// With its comma; the line with its only value.
Code remove_element(Call& call, const Element& element) {
  if (element.is_first && element.is_last) return done(call, remove_line(call, *element.line));
  const std::uint32_t at = offset_of(call, element.raw) - (element.is_last ? 1 : 0);
  return done(call, remove_bytes(call, at, static_cast<std::uint32_t>(element.raw.len) + 1));
}

/// A parameter's place in "value;a=1;b": with its separator in front, and its value.
struct ParamPlace { Text whole, value; bool has_value = false; };
std::optional<ParamPlace> find_param(Text list, Text name, char separator) {
  const char* const end = list.ptr + list.len;
  bool bracket = false;
  for (const char* p = list.ptr; p < end;) {
    const char* const behind = *p == '"' ? sip::skip_quoted(p, end) : nullptr;
    if (*p == '<') bracket = true;
    if (*p == '>') bracket = false;
    if (behind || bracket || *p != separator) {
      p = behind ? behind : p + 1;
      continue;
    }
    Text rest{p + 1, static_cast<std::size_t>(end - p - 1)};
    const char* const start = rest.ptr;
    sip::Param param;
    if (!sip::next_param(rest, param, separator)) break;
    const char* stop = rest.len ? rest.ptr - 1 : end;
    if (rest.len == 0 && stop > start && stop[-1] == separator) --stop;
    if (sip::equal_ignore_case(param.name, name)) {
      ParamPlace place;
      place.whole = {p, static_cast<std::size_t>(stop - p)};
      place.has_value = param.has_value;
      const auto* equals = static_cast<const char*>(std::memchr(p, '=', place.whole.len));
      if (equals) place.value = sip::trim({equals + 1, static_cast<std::size_t>(stop - equals - 1)});
      return place;
    }
    p = stop;
  }
  return std::nullopt;
}

Code assign_param(Call& call, Text list, Text name, Text value) {
  const std::optional<ParamPlace> found = find_param(list, name, ';');
  if (found && found->has_value && value.empty()) {
    const auto* equals = static_cast<const char*>(std::memchr(found->whole.ptr, '=', found->whole.len));
    const auto length = static_cast<std::uint32_t>(found->whole.ptr + found->whole.len - equals);
    return done(call, remove_bytes(call, offset_of(call, {equals, length}), length));
  }
  if (found && found->has_value)
    return done(call, replace_text(call, offset_of(call, found->value), static_cast<std::uint32_t>(found->value.len), value));
  const Text parts[] = {found ? Text("") : Text(";"), found ? Text("") : name, "=", value};
  return done(call, insert_text(call, end_of(call, found ? found->whole : list), Operators::concat(&call, parts, 4, 0)));
}

/// The line that is meant; null where there is none.
const Header* credentials(Call& call, const Place& place) {
  const Message& message = call.live->message;
  Int index = place.index <= 0 ? 1 : place.index;
  const Header* h = message.find(sip::header_id_of(place.name.view()), place.name);
  for (; h && --index > 0;) h = message.find_next(h, place.name);
  return h;
}

/// "scheme a=1, b=2": the first parameter has no comma in front of it. The scheme may be missing; what has no value is no parameter.
std::optional<ParamPlace> find_credential(Text value, Text name) {
  std::size_t scheme = 0;
  while (scheme < value.len && !sip::is_lws(value.ptr[scheme]) && value.ptr[scheme] != '=') ++scheme;
  if (scheme < value.len && value.ptr[scheme] == '=') scheme = 0;
  const Text list{value.ptr + scheme, value.len - scheme};
  Text rest = list;
  sip::Param param;
  if (sip::next_param(rest, param, ',') && sip::equal_ignore_case(param.name, name) && param.has_value) {
    const char* const start = sip::skip_lws(list.ptr, list.ptr + list.len);
    const char* const stop = rest.len ? rest.ptr : list.ptr + list.len;    // with its comma
    ParamPlace place{{start, static_cast<std::size_t>(stop - start)}, Text(), param.has_value};
    const char* const value_end = rest.len ? rest.ptr - 1 : stop;
    const auto* equals = static_cast<const char*>(std::memchr(start, '=', place.whole.len));
    if (equals) place.value = sip::trim({equals + 1, static_cast<std::size_t>(value_end - equals - 1)});
    return place;
  }
  const std::optional<ParamPlace> found = find_param(list, name, ',');
  return found && found->has_value ? found : std::nullopt;
}

}  // namespace

Code Textopsx::append_hf_value(Call& call, Text header, Text value) {
  const std::optional<Place> place = parse_place(call, header);
  if (!place) return -1;
  Place behind = *place;
  if (behind.index == 0) behind.index = -1;
  const std::optional<Element> element = place->has_index ? find_element(call, behind) : std::nullopt;
  if (!element) return add_line(call, call.live->message.headers_end(), place->name, value);
  const Text parts[] = {",", value};
  return done(call, insert_text(call, end_of(call, element->value), Operators::concat(&call, parts, 2, 0)));
}

Code Textopsx::insert_hf_value(Call& call, Text header, Text value) {
  const std::optional<Place> place = parse_place(call, header);
  if (!place) return -1;
  const Message& message = call.live->message;
  if (!place->has_index) {
    const Header* first = message.find(sip::header_id_of(place->name.view()), place->name);
    return add_line(call, first ? first->at : message.headers_end(), place->name, value);
  }
  const std::optional<Element> element = find_element(call, *place);
  if (!element) return -1;
  const Text parts[] = {value, ","};
  return done(call, insert_text(call, offset_of(call, element->is_first ? element->value : element->raw), Operators::concat(&call, parts, 2, 0)));
}

Code Textopsx::remove_hf_value(Call& call, Text header) {
  const std::optional<Place> place = parse_place(call, header);
  if (!place) return -1;
  if (place->all) {
    Code code = -1;
    walk(call, place->name, [&](const Element& element) {
      if (place->param.is_null()) {
        if (element.is_first) code = done(call, remove_line(call, *element.line));
      } else if (const std::optional<ParamPlace> param = find_param(element.value, place->param, ';')) {
        code = done(call, remove_bytes(call, offset_of(call, param->whole), static_cast<std::uint32_t>(param->whole.len)));
      }
      return false;
    });
    return code;
  }
  const std::optional<Element> element = find_element(call, *place);
  if (!element) return -1;
  if (place->param.is_null()) return remove_element(call, *element);
  const std::optional<ParamPlace> param = find_param(element->value, place->param, ';');
  if (!param) return -1;
  return done(call, remove_bytes(call, offset_of(call, param->whole), static_cast<std::uint32_t>(param->whole.len)));
}

Code Textopsx::assign_hf_value(Call& call, Text header, Text value) {
  const std::optional<Place> place = parse_place(call, header);
  if (!place) return -1;
  const std::optional<Element> element = find_element(call, *place);
  if (!element) return -1;
  if (!place->param.is_null()) return assign_param(call, element->value, place->param, value);
  return done(call, replace_text(call, offset_of(call, element->value), static_cast<std::uint32_t>(element->value.len), value));
}

Code Textopsx::remove_hf_value2(Call& call, Text header) {
  const std::optional<Place> place = parse_place(call, header);
  const Header* const line = place ? credentials(call, *place) : nullptr;
  if (!line) return -1;
  if (place->param.is_null()) return done(call, remove_line(call, *line));
  const std::optional<ParamPlace> param = find_credential(sip::trim(call.live->message.value(*line)), place->param);
  if (!param) return -1;
  return done(call, remove_bytes(call, offset_of(call, param->whole), static_cast<std::uint32_t>(param->whole.len)));
}

Code Textopsx::assign_hf_value2(Call& call, Text header, Text value) {
  const std::optional<Place> place = parse_place(call, header);
  const Header* const line = place ? credentials(call, *place) : nullptr;
  if (!line) return -1;
  const Text body = sip::trim(call.live->message.value(*line));
  const std::optional<ParamPlace> param = place->param.is_null() ? std::nullopt : find_credential(body, place->param);
  if (place->param.is_null() || param) {
    const Text old = param ? param->value : body;
    return done(call, replace_text(call, offset_of(call, old), static_cast<std::uint32_t>(old.len), value));
  }
  const Text parts[] = {",", place->param, "=", value};
  return done(call, insert_text(call, end_of(call, body), Operators::concat(&call, parts, 4, 0)));
}

Code Textopsx::hf_value_exists(Call& call, Text header, Text value) {
  const std::optional<Place> place = parse_place(call, header);
  if (!place || value.empty()) return -1;
  return walk(call, place->name, [&](const Element& e) { return sip::equal_ignore_case(e.value, value); }) ? 1 : -1;
}

// Behind the last value of the first line.
Code Textopsx::include_hf_value(Call& call, Text header, Text value) {
  const std::optional<Place> place = parse_place(call, header);
  if (!place || value.empty()) return -1;
  if (walk(call, place->name, [&](const Element& e) { return sip::equal_ignore_case(e.value, value); })) return 1;
  std::optional<Element> last;
  walk(call, place->name, [&](const Element& element) {
    last = element;
    return element.is_last;
  });
  if (!last) return add_line(call, call.live->message.headers_end(), place->name, value);
  const Text parts[] = {last->value.len ? Text(",") : Text(""), value};
  return done(call, insert_text(call, end_of(call, last->value), Operators::concat(&call, parts, 2, 0)));
}

Code Textopsx::exclude_hf_value(Call& call, Text header, Text value) {
  const std::optional<Place> place = parse_place(call, header);
  if (!place || value.empty()) return -1;
  Code code = 1;
  walk(call, place->name, [&](const Element& element) {
    if (sip::equal_ignore_case(element.value, value)) code = remove_element(call, element);
    return code < 0;
  });
  return code;
}

}  // namespace strowger
