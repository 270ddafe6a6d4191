// A session description (RFC 4566) as views into the message.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/sdpops/sdp.h"

namespace strowger::sdpops {
namespace {

/// "IN IP4 host": 4, "IN IP6 host": 6, else 0.
int family_of(Text rest) {
  if (next_word(rest).view() != "IN") return 0;
  const std::string_view type = next_word(rest).view();
  if (next_word(rest).empty()) return 0;
  return type == "IP4" ? 4 : type == "IP6" ? 6 : 0;
}

Text behind(Text line, std::size_t n) { return {line.ptr + n, line.len - n}; }

/// "o=user session version IN IP4 host"
bool read_origin(Text line, Text& version) {
  Text rest = behind(line, 2);
  if (next_word(rest).is_null() || next_word(rest).is_null()) return false;
  version = next_word(rest);
  // An empty version makes "IN" the third word.
  if (version.view() == "IN") return family_of({version.ptr, line.len - static_cast<std::size_t>(version.ptr - line.ptr)}) != 0;
  return !version.is_null() && family_of(rest) != 0;
}

bool check(Text text, Description& out) {
  Text rest = text, line;
  bool has_origin = false, has_stream = false, in_stream = false, addressed = true;
  out = {text, Text::null(), 0};
  while (sip::next_line(rest, line)) {
    line = without_end(line);
    if (starts_with(line, "m=")) {
      if (!addressed) return false;
      Text words = behind(line, 2);
      if (next_word(words).is_null() || next_word(words).is_null() || next_word(words).is_null()) return false;
      addressed = out.family != 0;
      has_stream = in_stream = true;
    } else if (starts_with(line, "v=")) {
      in_stream = false;
    } else if (starts_with(line, "o=") && !has_origin) {
      if (!read_origin(line, out.version)) return false;
      has_origin = true;
    } else if (starts_with(line, "c=")) {
      const int family = family_of(behind(line, 2));
      if (family == 0) return false;
      if (!in_stream && out.family == 0) out.family = family;
      addressed = true;
    }
  }
  return has_origin && has_stream && addressed;
}

}  // namespace

Found find_description(const sip::Message& message, Description& out) {
  const Text body = message.body(), type = message.value_of(sip::HeaderId::ContentType);
  if (body.len == 0) return Found::Missing;
  const Text boundary = sip::boundary_of(message);
  if (boundary.is_null()) {
    if (!sip::equal_ignore_case(sip::bare_type(type), "application/sdp")) return Found::Bad;
    return check(body, out) ? Found::Good : Found::Bad;
  }
  sip::Part part;
  if (boundary.empty() || !sip::find_part(body, boundary, "application/sdp", part)) return Found::Bad;
  // The line end in front of the delimiter belongs to the text that the script reads.
  const char* const end = part.whole.ptr + part.whole.len;
  return check({part.content.ptr, static_cast<std::size_t>(end - part.content.ptr)}, out) ? Found::Good : Found::Bad;
}

bool next_stream(Text& rest, Stream& out) {
  Text line;
  do {
    if (!sip::next_line(rest, line)) return false;
  } while (!starts_with(line, "m="));
  out = Stream();
  Text words = behind(without_end(line), 2);
  out.media = next_word(words);
  out.port = next_word(words);
  out.transport = next_word(words);
  out.payloads = words;
  const char* const attributes = rest.ptr;
  for (Text ahead = rest; sip::next_line(ahead, line); rest = ahead) {
    if (starts_with(line, "m=") || starts_with(line, "v=")) break;
    if (without_end(line).empty()) break;   // the end of a part
    if (without_end(line).view() == "a=inactive") out.inactive = true;
  }
  out.attributes = {attributes, static_cast<std::size_t>(rest.ptr - attributes)};
  const char* const start = out.media.is_null() ? attributes : out.media.ptr - 2;
  out.whole = {start, static_cast<std::size_t>(rest.ptr - start)};
  return true;
}

bool next_item(Text& rest, Text& item) {
  while (rest.len) {
    std::size_t end = 0;
    while (end < rest.len && rest.ptr[end] != ',') ++end;
    item = sip::trim({rest.ptr, end});
    rest = behind(rest, end < rest.len ? end + 1 : end);
    if (item.len) return true;
  }
  return false;
}

}  // namespace strowger::sdpops
