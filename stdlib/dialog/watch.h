// What other modules ask of dialogs: how they end (acc), and to keep something (uac).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/script/call.h"
#include "stdlib/dialog/dialog.h"

namespace strowger::dialog {

enum class Ending : std::uint8_t {
  Failed,     ///< the INVITE failed; over its reply, or over it where the reply was made here
  Answered,   ///< the BYE of an end has its final reply; over the BYE
  Expired,    ///< by us; over nothing: Call::message() is empty, variables of the dialog can be read
};

/// Called once for each dialog that ends. May not wait.
using WatchEnd = void (*)(Call& call, const Dialog& dialog, Ending how);

/// For a module's worker_start(), in worker 0. There is one watcher.
void watch_end(Process& process, WatchEnd watch);

/// The value of a variable of the dialog; in the arena, null where there is none.
Text variable_of(const Process& process, const Dialog& dialog, Text name, sip::Arena& arena);

/// The same of the dialog that the call is about; null also where there is no dialog.
Text variable_of(Call& call, Text name);
/// Sets it. False where there is no dialog, or it takes no more.
bool set_variable_of(Call& call, Text name, Text value);

}  // namespace strowger::dialog
