// Running a "/pattern/replacement/flags" over a text.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/script/substitute.h"

namespace strowger::textops {

/// Replaces in a part of the message, as edits. How many; -1 when a match is empty or an edit overlaps an earlier one.
int substitute_part(Call& call, Text part, const Subst& subst);

}  // namespace strowger::textops
