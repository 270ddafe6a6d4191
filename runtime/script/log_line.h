// One log line out of pieces, without allocation; for the messages of the runtime and of modules.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <initializer_list>

#include "runtime/script/call.h"

namespace strowger {

struct LogPart {
  Text text;
  Int number = 0;
  bool is_number = false;
  LogPart(Text t) : text(t) {}                       // NOLINT: implicit on purpose
  LogPart(std::string_view t) : text(t) {}           // NOLINT
  template <std::size_t N>
  LogPart(const char (&t)[N]) : text(t) {}           // NOLINT
  LogPart(Int n) : number(n), is_number(true) {}     // NOLINT
  LogPart(int n) : number(n), is_number(true) {}     // NOLINT
};

/// "who: line 7: parts...": `who` is "<core>" or a module's name. Texts are cut at 300 bytes, the line at 1000.
void log_line(Call& call, LogLevel level, std::string_view who, std::initializer_list<LogPart> parts);

}  // namespace strowger
