// {s.*}: parts of a text, and texts without some of their bytes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include "pv.interface.h"
#include "runtime/sip/chars.h"
#include "stdlib/pv/text_output.h"

namespace strowger {

using pv::find_byte;
using pv::from;
using pv::Output;
using pv::part;
using pv::text_of;

namespace {

Text trimmed(Text text, bool left, bool right) {
  while (left && text.len && sip::is_lws(text.ptr[0])) text = from(text, 1);
  while (right && text.len && sip::is_lws(text.ptr[text.len - 1])) --text.len;
  return text;
}

template <class Keep>
Text filtered(Call& call, Text text, Keep keep) {
  Output out(call, text.len);
  for (std::size_t i = 0; i < text.len; ++i)
    if (keep(text.ptr[i])) out.put(text.ptr[i]);
  return out.done();
}

/// The last place of the byte; the text's length when it is not there.
std::size_t find_last(Text text, char c) {
  for (std::size_t i = text.len; i > 0; --i)
    if (text.ptr[i - 1] == c) return i - 1;
  return text.len;
}

/// Every `what` becomes `by`.
Text replaced(Call& call, Text text, Text what, Text by) {
  if (what.len == 0) return text;
  const char* const end = text.ptr + text.len;
  const auto next = [&](const char* p) -> const char* {  // null when there is none
    for (; static_cast<std::size_t>(end - p) >= what.len; ++p) {
      p = sip::find_any_in(text.ptr, p, end, what.ptr[0]);
      if (static_cast<std::size_t>(end - p) < what.len) break;
      if (sip::same_bytes(p, what.ptr, what.len)) return p;
    }
    return nullptr;
  };
  const char* at = next(text.ptr);
  if (!at) return text;
  std::size_t count = 1;
  if (by.len > what.len)
    for (const char* p = at; (p = next(p + what.len)) != nullptr;) ++count;
  Output out(call, text.len - count * what.len + count * std::max(by.len, what.len));
  const char* done = text.ptr;
  for (; at; at = next(done)) {
    out.put(Text(done, static_cast<std::size_t>(at - done)));
    out.put(by);
    done = at + what.len;
  }
  out.put(Text(done, static_cast<std::size_t>(end - done)));
  return out.done();
}

Text prefixes(Call& call, Value in, Int max, bool quoted) {
  const Text text = text_of(call, in);
  const std::size_t count =
      max <= 0 || static_cast<std::uint64_t>(max) > text.len ? text.len : static_cast<std::size_t>(max);
  if (count > pv::kMaxText) return Text::failed();
  Output out(call, count * (count + 1) / 2 + count * 3);
  for (std::size_t n = 1; n <= count; ++n) {
    if (n > 1) out.put(',');
    if (quoted) out.put('\'');
    out.put(part(text, 0, n));
    if (quoted) out.put('\'');
  }
  return out.done();
}

/// Lines of `length` bytes; the ones behind the first start with `indent` times `filler`.
Text lines(Call& call, Value in, Int length, Int indent, char filler) {
  const Text text = text_of(call, in);
  if (length <= 0 || text.len == 0) return text;
  const auto each = static_cast<std::uint64_t>(length);
  const std::uint64_t breaks = (text.len - 1) / each;
  const std::uint64_t fill = indent > 0 ? static_cast<std::uint64_t>(indent) : 0;
  if (breaks && fill > pv::kMaxText) return Text::failed();
  Output out(call, text.len + breaks * (2 + fill));
  for (std::size_t i = 0; i < text.len; ++i) {
    if (i > 0 && i % each == 0) {
      out.put("\r\n");
      for (std::uint64_t k = 0; k < fill; ++k) out.put(filler);
    }
    out.put(text.ptr[i]);
  }
  return out.done();
}

bool is_pair(char open, char close) {
  return (open == '(' && close == ')') || (open == '[' && close == ']') || (open == '{' && close == '}') ||
         (open == '<' && close == '>');
}

}  // namespace

Text Pv::s_numeric(Call& call, Value in) {
  return filtered(call, text_of(call, in), [](char c) { return c >= '0' && c <= '9'; });
}
Text Pv::s_rmws(Call& call, Value in) {
  return filtered(call, text_of(call, in), [](char c) { return !sip::is_lws(c); });
}
Text Pv::s_trim(Call& call, Value in) { return trimmed(text_of(call, in), true, true); }
Text Pv::s_ltrim(Call& call, Value in) { return trimmed(text_of(call, in), true, false); }
Text Pv::s_rtrim(Call& call, Value in) { return trimmed(text_of(call, in), false, true); }

// What has less than two bytes stays as it is, an int too.
Value Pv::s_unquote(Call& call, Value in) {
  const Text text = text_of(call, in);
  if (text.len < 2) return in;
  const bool quoted = (text.ptr[0] == '"' || text.ptr[0] == '\'') && text.ptr[text.len - 1] == text.ptr[0];
  return Value::of(quoted ? part(text, 1, text.len - 2) : text);
}

Value Pv::s_unbracket(Call& call, Value in) {
  const Text text = text_of(call, in);
  if (text.len < 2) return in;
  return Value::of(is_pair(text.ptr[0], text.ptr[text.len - 1]) ? part(text, 1, text.len - 2) : text);
}

Text Pv::s_select(Call& call, Value in, Int index, Text separator) {
  const Text text = text_of(call, in);
  if (separator.empty()) return Text::failed();
  char by = separator.ptr[0];
  if (by == '\\' && separator.len > 1) {
    const char c = separator.ptr[1];
    by = c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
  }
  if (index >= 0) {
    std::size_t at = 0;
    for (; index > 0; --index) {
      at = find_byte(text, by, at);
      if (at == text.len) return "";
      ++at;
    }
    return part(text, at, find_byte(text, by, at) - at);
  }
  Text rest = text;
  for (;; ++index) {
    const std::size_t last = find_last(rest, by);
    const bool is_first = last == rest.len;
    if (index == -1) return is_first ? rest : from(rest, last + 1);
    if (is_first) return "";
    rest.len = last;
  }
}

Text Pv::s_stripto(Call& call, Value in, Text what) {
  if (what.is_null()) return Text::failed();
  const Text text = text_of(call, in);
  return what.len == 0 ? Text("") : from(text, find_byte(text, what.ptr[0]));
}

Text Pv::s_prefixes(Call& call, Value in, Int max) { return prefixes(call, in, max, false); }
Text Pv::s_prefixes_quoted(Call& call, Value in, Int max) { return prefixes(call, in, max, true); }

Text Pv::s_replace(Call& call, Value in, Text what, Text by) {
  if (what.is_null() || by.is_null()) return Text::failed();
  return replaced(call, text_of(call, in), what, by);
}

// In its argument \n, \r, \t are bytes; another character behind a backslash is itself.
Text Pv::s_rm(Call& call, Value in, Text what) {
  if (what.is_null()) return Text::failed();
  Output plain(call, what.len);
  for (std::size_t i = 0; i < what.len; ++i) {
    char c = what.ptr[i];
    if (c == '\\' && i + 1 < what.len) {
      c = what.ptr[++i];
      c = c == 'n' ? '\n' : c == 'r' ? '\r' : c == 't' ? '\t' : c;
    }
    plain.put(c);
  }
  const Text bytes = plain.done();
  return bytes.is_null() ? bytes : replaced(call, text_of(call, in), bytes, "");
}

Value Pv::s_count(Call& call, Value in, Text what) {
  if (what.is_null()) return Value::failed();
  const Text text = text_of(call, in);
  Int count = 0;
  for (std::size_t i = 0; what.len && i < text.len; ++i) count += text.ptr[i] == what.ptr[0];
  return Value::of(count);
}

Text Pv::s_before(Call& call, Value in, Text what) {
  if (what.is_null()) return Text::failed();
  const Text text = text_of(call, in);
  return what.len ? part(text, 0, find_byte(text, what.ptr[0])) : text;
}

Text Pv::s_after(Call& call, Value in, Text what) {
  if (what.is_null()) return Text::failed();
  const Text text = text_of(call, in);
  const std::size_t at = what.len ? find_byte(text, what.ptr[0]) : text.len;
  return at < text.len ? from(text, at + 1) : Text("");
}

Text Pv::s_rbefore(Call& call, Value in, Text what) {
  if (what.is_null()) return Text::failed();
  const Text text = text_of(call, in);
  return what.len ? part(text, 0, find_last(text, what.ptr[0])) : text;
}

Text Pv::s_rafter(Call& call, Value in, Text what) {
  if (what.is_null()) return Text::failed();
  const Text text = text_of(call, in);
  const std::size_t at = what.len ? find_last(text, what.ptr[0]) : text.len;
  return at < text.len ? from(text, at + 1) : Text("");
}

Text Pv::s_fmtlines(Call& call, Value in, Int length, Int spaces) { return lines(call, in, length, spaces, ' '); }
Text Pv::s_fmtlinet(Call& call, Value in, Int length, Int tabs) { return lines(call, in, length, tabs, '\t'); }

}  // namespace strowger
