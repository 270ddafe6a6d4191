// Lines that the script itself logs: log(), xlog().
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/script/call.h"

namespace strowger {

/// Writes log_prefix (of the message), `prefix`, `place` ("7:" or null) and `text` as one line. The caller has asked logs().
void write_script_line(Call& call, LogLevel level, Text prefix, Text text, Text place);

}  // namespace strowger
