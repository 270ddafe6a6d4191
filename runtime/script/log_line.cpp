// Log lines of the runtime and of modules.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/log_line.h"

#include "runtime/sip/print.h"

namespace strowger {

void log_line(Call& call, LogLevel level, std::string_view who, std::initializer_list<LogPart> parts) {
  if (!call.worker->logs(level)) return;
  constexpr std::size_t kLine = 1000, kPiece = 300;
  char buffer[kLine];
  sip::Writer out(buffer, kLine);
  out.put(who);
  out.put(": ");
  if (call.line) {
    out.put("line ");
    out.put_number(call.line);
    out.put(": ");
  }
  for (const LogPart& part : parts) {
    if (part.is_number) {
      out.put_number(part.number);
    } else if (part.text.is_null()) {
      out.put("<null>");
    } else {
      out.put({part.text.ptr, part.text.len < kPiece ? part.text.len : kPiece});
    }
  }
  call.log(level, out.text().view());
}

}  // namespace strowger
