// Lines that the script itself logs.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/script_log.h"

#include "runtime/script/core_param.h"
#include "runtime/sip/print.h"

namespace strowger {
namespace {

/// The core parameter log_prefix, evaluated once for each message, or for each line; null where there is none.
Text prefix_of(Call& call) {
  LiveMessage& live = *call.live;
  const auto evaluate = call.process().image.log_prefix;
  if (!evaluate || live.made_here) return Text::null();
  if (live.log_prefix.is_null() || core_number(call.process().image, "log_prefix_mode", 0) == 1) {
    const CallHead head = call;      // what fails in it is no error of the script's statement
    const Text made = call.arena->copy(evaluate(&call));
    static_cast<CallHead&>(call) = head;
    live.log_prefix = made.is_null() ? Text("") : made;
  }
  return live.log_prefix;
}

}  // namespace

void write_script_line(Call& call, LogLevel level, Text prefix, Text text, Text place) {
  const Text first = prefix_of(call);
  std::size_t length = 0;
  for (Text part : {first, prefix, place, text}) length += part.is_null() ? 0 : part.len;
  constexpr std::size_t kShort = 1024;
  char room[kShort];
  char* const line = length <= kShort ? room : static_cast<char*>(call.arena->allocate(length));
  if (!line) return;
  sip::Writer out(line, length);
  for (Text part : {first, prefix, place, text}) out.put(part);
  call.process().log.write(level, out.text().view());
}

}  // namespace strowger
