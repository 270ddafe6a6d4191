// Names of ours that a module keeps.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/abi/values.h"

namespace strowger {

struct Process;

/// Is the host one of a module's names? Asked by Process::is_myself() and is_my_host() about what is not ours
/// otherwise, by any worker. The module domain defines it; null where the script does not load it.
[[gnu::weak]] bool is_own_domain(const Process& process, Text host) asm("stw.rt.is_own_domain");

}  // namespace strowger
