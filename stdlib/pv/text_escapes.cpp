// {s.escape.*}, {s.unescape.*}, {s.urlencode.param}, {s.urldecode.param}.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pv.interface.h"
#include "runtime/sip/hex.h"
#include "stdlib/pv/text_output.h"

namespace strowger {

using sip::hex_value;
using pv::Output;
using pv::text_of;

namespace {

bool is_alnum(char c) { return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z'); }
bool is_control(char c) { return static_cast<unsigned char>(c) < 32 || static_cast<unsigned char>(c) >= 127; }

/// Percent-encodes all but letters, digits and `kept`. Control bytes make it fail, unless they are to be encoded too.
Text encode(Call& call, Value in, std::string_view kept, bool with_controls) {
  const Text text = text_of(call, in);
  Output out(call, text.len * 3);
  for (std::size_t i = 0; i < text.len; ++i) {
    const char c = text.ptr[i];
    if (!with_controls && is_control(c)) return Text::failed();
    if (is_alnum(c) || kept.find(c) != std::string_view::npos) {
      out.put(c);
    } else {
      out.put('%');
      out.writer().put_hex(static_cast<unsigned char>(c), 2);
    }
  }
  return out.done();
}

/// A '%' without two hexadecimal digits, or one that stands for a control byte, makes it fail.
Text decode(Call& call, Value in) {
  const Text text = text_of(call, in);
  Output out(call, text.len);
  for (std::size_t i = 0; i < text.len; ++i) {
    if (text.ptr[i] != '%') {
      out.put(text.ptr[i]);
      continue;
    }
    if (i + 2 >= text.len) return Text::failed();
    const int high = hex_value(text.ptr[i + 1]), low = hex_value(text.ptr[i + 2]);
    if (high < 0 || low < 0 || is_control(static_cast<char>(high << 4 | low))) return Text::failed();
    out.put(static_cast<char>(high << 4 | low));
    i += 2;
  }
  return out.done();
}

/// What urldecode makes of any letter behind a '%'.
unsigned loose_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  return static_cast<unsigned>(static_cast<unsigned char>(c >= 'A' && c <= 'Z' ? c + 32 : c)) - 'a' + 10;
}

}  // namespace

Text Pv::s_escape_common(Call& call, Value in) {
  const Text text = text_of(call, in);
  Output out(call, text.len * 2);
  for (std::size_t i = 0; i < text.len; ++i) {
    const char c = text.ptr[i];
    if (c == '\'' || c == '"' || c == '\\' || c == '\0') out.put('\\');
    out.put(c == '\0' ? '0' : c);
  }
  return out.done();
}

Text Pv::s_unescape_common(Call& call, Value in) {
  const Text text = text_of(call, in);
  Output out(call, text.len);
  for (std::size_t i = 0; i < text.len; ++i) {
    char c = text.ptr[i];
    if (c == '\\' && i + 1 < text.len) {
      const char next = text.ptr[i + 1];
      if (next == '\'' || next == '"' || next == '\\' || next == '0') {
        c = next == '0' ? '\0' : next;
        ++i;
      }
    }
    out.put(c);
  }
  return out.done();
}

Text Pv::s_escape_user(Call& call, Value in) { return encode(call, in, "!&'()*+,-.;=?_~$", false); }
Text Pv::s_escape_param(Call& call, Value in) { return encode(call, in, "!&'()*+-./:[]_~$", false); }
Text Pv::s_unescape_user(Call& call, Value in) { return decode(call, in); }
Text Pv::s_unescape_param(Call& call, Value in) { return decode(call, in); }
Text Pv::s_urlencode_param(Call& call, Value in) { return encode(call, in, "-._~", true); }

// A '+' is a blank; a '%' without two characters behind it is dropped.
Text Pv::s_urldecode_param(Call& call, Value in) {
  const Text text = text_of(call, in);
  Output out(call, text.len);
  for (std::size_t i = 0; i < text.len; ++i) {
    const char c = text.ptr[i];
    if (c == '%') {
      if (i + 2 >= text.len) continue;
      out.put(static_cast<char>(loose_digit(text.ptr[i + 1]) << 4 | loose_digit(text.ptr[i + 2])));
      i += 2;
    } else {
      out.put(c == '+' ? ' ' : c);
    }
  }
  return out.done();
}

Text Pv::s_escape_csv(Call& call, Value in) {
  const Text text = text_of(call, in);
  Output out(call, text.len * 2 + 2);
  out.put('"');
  for (std::size_t i = 0; i < text.len; ++i) {
    if (text.ptr[i] == '"') out.put('"');
    out.put(text.ptr[i]);
  }
  out.put('"');
  return out.done();
}

}  // namespace strowger
