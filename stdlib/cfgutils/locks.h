// cfgutils' locks: how many there are.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/script/process.h"

namespace strowger::cfgutils {

/// 2^power locks; before workers run.
void make_locks(Process& process, unsigned power);

}  // namespace strowger::cfgutils
