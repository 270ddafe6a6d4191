// Parts of multipart bodies (RFC 2046 §5.1).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/multipart.h"

#include <cstring>

#include "runtime/sip/uri.h"

namespace strowger::sip {

Text bare_type(Text value) {
  std::size_t end = 0;
  while (end < value.len && value.ptr[end] != ';') ++end;
  return trim({value.ptr, end});
}

Text boundary_of(const Message& message) {
  const Text value = message.value_of(HeaderId::ContentType);
  const Text type = bare_type(value);
  if (value.is_null() || type.len < 10 || !equal_ignore_case({type.ptr, 10}, Text("multipart/"))) return Text::null();
  const char* const params = type.ptr + type.len;
  Text rest{params, static_cast<std::size_t>(value.ptr + value.len - params)};
  Param param;
  while (next_param(rest, param))
    if (equal_ignore_case(param.name, Text("boundary"))) return param.value;
  return Text::null();
}

bool next_line(Text& rest, Text& line) {
  if (rest.len == 0) return false;
  const void* end = std::memchr(rest.ptr, '\n', rest.len);
  const std::size_t length = end ? static_cast<const char*>(end) - rest.ptr + 1 : rest.len;
  line = {rest.ptr, length};
  rest = {rest.ptr + length, rest.len - length};
  return true;
}

bool is_delimiter(Text line, Text boundary) {
  return line.len >= boundary.len + 2 && line.ptr[0] == '-' && line.ptr[1] == '-' &&
         std::memcmp(line.ptr + 2, boundary.ptr, boundary.len) == 0;
}

namespace {

void split_part(Part& part) {
  Text rest = part.whole, line;
  while (next_line(rest, line)) {
    const Text text = trim(line);
    if (text.len == 0) break;
    const void* colon = std::memchr(line.ptr, ':', line.len);
    if (!colon) continue;
    const Text name = trim({line.ptr, static_cast<std::size_t>(static_cast<const char*>(colon) - line.ptr)});
    if (header_id_of(name.view()) != HeaderId::ContentType) continue;
    const char* const value = static_cast<const char*>(colon) + 1;
    part.type_line = line;
    part.type = bare_type({value, static_cast<std::size_t>(line.ptr + line.len - value)});
  }
  part.content = rest;
  for (const char c : {'\n', '\r'})
    if (part.content.len && part.content.ptr[part.content.len - 1] == c) --part.content.len;
}

}  // namespace

bool find_part(Text body, Text boundary, Text type, Part& out) {
  Text rest = body, line;
  bool open = false;
  while (next_line(rest, line)) {
    if (!is_delimiter(line, boundary)) continue;
    if (open) {
      out.whole = {out.delimiter.ptr + out.delimiter.len,
                   static_cast<std::size_t>(line.ptr - out.delimiter.ptr) - out.delimiter.len};
      out.type_line = out.type = Text::null();
      split_part(out);
      if (equal_ignore_case(out.type, type)) return true;
    }
    open = line.len < boundary.len + 4 || line.ptr[boundary.len + 2] != '-' || line.ptr[boundary.len + 3] != '-';
    out.delimiter = line;
  }
  return false;
}

}  // namespace strowger::sip
