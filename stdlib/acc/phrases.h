// The reason phrases that are accounted where no reply came with one.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/abi/values.h"

namespace strowger::acc {

/// RFC 3261 §21, as Kamailio words it; of other codes the name of their class.
Text phrase_of(int code);

}  // namespace strowger::acc
