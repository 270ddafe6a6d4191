// Parts of multipart bodies (RFC 2046 §5.1), and the line reader that body parsers share. Views only.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/abi/values.h"
#include "runtime/sip/message.h"

namespace strowger::sip {

/// "type/subtype" of a Content-Type value, without parameters.
Text bare_type(Text value);

/// The parameter `boundary` of a multipart Content-Type; null when the body is not multipart.
Text boundary_of(const Message& message);

/// One part of a multipart body: all views into the message.
struct Part {
  Text delimiter;      ///< "--boundary" and its line end
  Text whole;          ///< headers and content, with the line end in front of the next delimiter
  Text type_line;      ///< its Content-Type line; null when it has none
  Text type;
  Text content;        ///< behind the empty line, without the last line end
};

/// The next line with its end; false at the end of the text.
bool next_line(Text& rest, Text& line);

bool is_delimiter(Text line, Text boundary);

/// The first part of the type in `body`.
bool find_part(Text body, Text boundary, Text type, Part& out);

}  // namespace strowger::sip
