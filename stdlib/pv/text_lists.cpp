// {param.*}, {nameaddr.*}, {tobody.*}, {line.*}.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pv.interface.h"
#include "runtime/sip/byte_mask.h"
#include "runtime/sip/chars.h"
#include "runtime/sip/message.h"
#include "runtime/sip/scan.h"
#include "stdlib/pv/text_output.h"

namespace strowger {

using pv::find_byte;
using pv::from;
using pv::or_empty;
using pv::part;
using pv::text_of;

namespace {

// ---- lists of name=value -----------------------------------------------------------------------------------------

/// The list: it ends at a comma outside of quotes.
Text list_in(Text text) {
  const char* const end = text.ptr + text.len;
  const char* p = text.ptr;
  while ((p = sip::find_any_in(text.ptr, p, end, ',', '"')) < end && *p != ',') {
    const char* const behind = sip::skip_quoted(p, end);
    p = behind ? behind : p + 1;
  }
  return {text.ptr, static_cast<std::size_t>(p - text.ptr)};
}

char separator_in(Text text) { return text.empty() || text.ptr[0] == ',' ? ';' : text.ptr[0]; }

/// Of two texts of one length: might they be equal but for case?
bool same_first(Text a, Text b) { return a.len == 0 || ((a.ptr[0] ^ b.ptr[0]) & ~0x20) == 0; }

bool is_blank(char c) { return sip::is_class(c, sip::kLwsChar); }

const char* skip_blanks(const char* p, const char* end) {
  while (p < end && is_blank(*p)) ++p;
  return p;
}

/// The byte behind the text that opens with the quote at `p`; null where it is not closed.
const char* skip_quotes(const char* p, const char* end) {
  const char quote = *p++;
  while (p < end && *p != quote) ++p;  // a backslash protects nothing here
  return p < end ? p + 1 : nullptr;
}

enum class Next { Param, End, Malformed };

/// Where a name or a bare value ends: at a blank, the separator or `equals` (for values the separator once more).
const char* word_end(const char* begin, const char* p, const char* end, char separator, char equals) {
  for (;; ++p) {
    p = sip::find_low_or_in(begin, p, end, separator, equals);
    if (p == end || *p == separator || *p == equals || is_blank(*p)) return p;
  }
}

/// Reads one name=value of the list from `begin` to `end`; `p` moves behind its separator. Blanks are skipped in front of
/// all but the first.
Next next_in(const char* begin, const char*& p, const char* const end, char separator, sip::Param& out) {
  if (p == end) return Next::End;
  if (p != begin) p = skip_blanks(p, end);
  if (p == end) return Next::Malformed;
  const char* const name = p;
  p = word_end(begin, p, end, separator, '=');
  out.name = {name, static_cast<std::size_t>(p - name)};
  out.value = Text("");
  const bool nothing = p == name && !is_blank(*p);
  p = skip_blanks(p, end);
  if (p < end && *p == '=') {
    p = skip_blanks(p + 1, end);
    if (p < end && *p == separator) return Next::Malformed;
    const char* value = p;
    std::size_t length = 0;
    if (p < end && (*p == '"' || *p == '\'')) {
      p = skip_quotes(p, end);
      if (!p) return Next::Malformed;
      length = static_cast<std::size_t>(p - ++value - 1);
    } else {
      p = word_end(begin, p, end, separator, separator);
      length = static_cast<std::size_t>(p - value);
    }
    out.value = {value, length};
    p = skip_blanks(p, end);
  }
  if (p == end) return Next::Param;
  if (*p++ != separator) return Next::Malformed;
  return nothing && p == end ? Next::Malformed : Next::Param;
}

/// A short list without blanks, quotes and commas, by masks: as next_in().
class PlainList {
 public:
  PlainList(Text list, char separator) : list_(list) {
    if (list.len > sip::kMaskBytes || separator == '=' || separator <= ' ') return;
    std::uint64_t masks[3];
    sip::make_masks(list.ptr, list.len, masks, sip::IsByte{separator}, sip::IsByte{'='}, sip::IsLowOr<'"', '\'', ','>{});
    separators_ = masks[0];
    equals_ = masks[1];
    is_plain_ = masks[2] == 0;
  }
  bool is_plain() const { return is_plain_; }

  Next next(std::size_t& at, sip::Param& out) const {
    if (at == list_.len) return Next::End;
    const std::size_t end = sip::next_bit(separators_, at, list_.len);
    const std::size_t equals = sip::next_bit(equals_, at, end);
    const bool named = equals < end;
    const std::size_t name_end = named ? equals : end;
    out.name = pv::part(list_, at, name_end - at);
    out.value = named ? pv::part(list_, equals + 1, end - equals - 1) : Text("");
    const bool nothing = name_end == at;
    at = end;
    if (end == list_.len) return Next::Param;
    if (named && equals + 1 == end) return Next::Malformed;
    ++at;
    return nothing && at == list_.len ? Next::Malformed : Next::Param;
  }

 private:
  Text list_;
  std::uint64_t separators_ = 0, equals_ = 0;
  bool is_plain_ = false;
};

/// A list of name=value, read as a whole: one malformed part spoils all of it.
class ParamList {
 public:
  ParamList(Call& call, Value in, Text separator)
      : list_(text_of(call, in)), separator_(separator_in(separator)), plain_(list_, separator_) {
    if (!plain_.is_plain()) list_ = list_in(list_);
  }
  bool good() const {
    return list_.len != 0 && each([](const sip::Param&) { return true; });
  }
  /// Nothing when the list is malformed.
  std::optional<Int> count() const {
    Int count = 0;
    const bool good = list_.len != 0 && each([&](const sip::Param&) { return ++count, true; });
    return good ? std::optional(count) : std::nullopt;
  }
  enum class Found { No, Yes, Malformed };
  /// The last parameter of the name.
  Found find(Text name, sip::Param& out) const {
    Found found = Found::No;
    const bool good = list_.len != 0 && each([&](const sip::Param& param) {
      if (param.name.len != name.len || !same_first(param.name, name) || !sip::equal_ignore_case(param.name, name)) return true;
      out = param;
      found = Found::Yes;
      return true;
    });
    return good ? found : Found::Malformed;
  }
  /// The one at an index; negative ones count from the end.
  bool at(Int index, sip::Param& out) const {
    if (index < 0) index += count().value_or(0);
    if (index < 0) return false;
    bool found = false;
    each([&](const sip::Param& param) {
      if (index-- != 0) return true;
      out = param;
      found = true;
      return false;
    });
    return found;
  }

 private:
  /// False when the list is malformed.
  template <class Visit>
  bool each(Visit visit) const {
    sip::Param param;
    if (plain_.is_plain()) {
      for (std::size_t at = 0;;) {
        const Next next = plain_.next(at, param);
        if (next != Next::Param) return next == Next::End;
        if (!visit(param)) return true;
      }
    }
    const char* p = list_.ptr;
    for (;;) {
      const Next next = next_in(list_.ptr, p, list_.ptr + list_.len, separator_, param);
      if (next != Next::Param) return next == Next::End;
      if (!visit(param)) return true;
    }
  }

  Text list_;
  char separator_;
  PlainList plain_;
};

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
