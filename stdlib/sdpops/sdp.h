// A session description (RFC 4566) as views into the message: the session's own lines and its streams.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>

#include "runtime/sip/multipart.h"

namespace strowger::sdpops {

/// From an "m=" line to the next one.
struct Stream {
  Text whole;
  Text media, port, transport;
  Text payloads;       ///< behind the transport, without the line end
  Text attributes;     ///< the lines behind the "m=" line
  bool inactive = false;
};

struct Description {
  Text text;           ///< all of it
  Text version;        ///< of the "o=" line
  int family = 0;      ///< 4 or 6, of the session's "c=" line; 0 without one
};

enum class Found { Missing, Bad, Good };

/// The description in the message: its body, or the first such part of a multipart body. Bad: it has no proper "o=" line,
/// no stream, or a stream without an address of its own or of the session.
Found find_description(const sip::Message& message, Description& out);

/// Text without the line end behind it.
inline Text without_end(Text line) {
  while (line.len && (line.ptr[line.len - 1] == '\n' || line.ptr[line.len - 1] == '\r')) --line.len;
  return line;
}

/// The next word of a line; null at its end.
inline Text next_word(Text& rest) {
  while (rest.len && rest.ptr[0] == ' ') rest = {rest.ptr + 1, rest.len - 1};
  if (rest.len == 0) return Text::null();
  Text word{rest.ptr, 0};
  while (word.len < rest.len && rest.ptr[word.len] != ' ') ++word.len;
  rest = {rest.ptr + word.len, rest.len - word.len};
  return word;
}

inline bool starts_with(Text line, Text prefix) { return line.view().starts_with(prefix.view()); }

/// The next stream at or behind the start of `rest`, which moves behind it; false when there is none. A stream whose "m="
/// line is bad has a null transport.
bool next_stream(Text& rest, Stream& out);

/// The next item of a comma list, trimmed; false at its end. Empty items are left out.
bool next_item(Text& rest, Text& item);

}  // namespace strowger::sdpops
