// log() and error(): plain texts, without variables.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "core.interface.h"
#include "runtime/script/log_line.h"
#include "runtime/script/script_log.h"

namespace strowger {

Code Core::log(Call& call, Text text) { return log(call, 4, text); }

/// The level counts as the core's own: 1 is NOTICE; 4 is beyond DEBUG and shows only where debug is 4 or more.
Code Core::log(Call& call, Int level, Text text) {
  if (level > call.worker->debug_level()) return 1;
  const Int known = level < -5 ? -5 : level > 3 ? 3 : level;
  write_script_line(call, static_cast<LogLevel>(known), "<script>: ", text, Text::null());
  return 1;
}

Code Core::error(Call& call, Text code, Text text) {
  log_line(call, LogLevel::Notice, "<core>", {"error(\"", code, "\", \"", text, "\") only logs"});
  return 1;
}

}  // namespace strowger
