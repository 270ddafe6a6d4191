// Answers over a FIFO that the client made.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>
#include <string_view>

#include "runtime/script/worker.h"

namespace strowger::jsonrpcs {

/// Writes to fifo_reply_dir/`name`, at once or, where nobody reads yet, within a second. Errors are logged.
void send_to_fifo(Worker& worker, const std::string& name, std::string_view answer);

}  // namespace strowger::jsonrpcs
