// Finds one header in raw bytes, without an index of the message: for what must be known before it is parsed.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/abi/values.h"

namespace strowger::net {

inline bool is_blank(char c) { return c == ' ' || c == '\t'; }
inline bool is_space(char c) { return is_blank(c) || c == '\r' || c == '\n'; }
inline char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

/// For find_header(): the header has no compact form. No line of a header block begins so.
inline constexpr char kNoShortName = '\n';

/// The value of the first header with one of the two names (given in lower case), folded lines included and not trimmed;
/// null when there is none before the empty line. The first line is not looked at.
Text find_header(Text message, std::string_view long_name, char short_name);

/// Does the first line end with HTTP/1.0 or HTTP/1.1, as sip::Message::is_http() has it?
bool is_http(Text message);

}  // namespace strowger::net
