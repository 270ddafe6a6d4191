// An ended transaction lets go of its memory: the request, its branches and replies go, what stragglers need stays.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "stdlib/tm/transaction.h"

namespace strowger::tm {

/// The transaction has got its final reply: as soon as nobody works with it, it is made small.
void let_go_soon(Transaction& transaction);

}  // namespace strowger::tm
