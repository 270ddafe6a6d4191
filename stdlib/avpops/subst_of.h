// "/pattern/replacement/flags" that is made at run time.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>

#include "runtime/script/call.h"
#include "runtime/script/regex.h"

namespace strowger::avpops {

/// The substitution that a text describes: any first byte divides, flags are g (all) and i (in any case), s is taken without effect.
/// It lives as long as the message. Nothing where the text is none, or the pattern is faulty (logged).
std::optional<Subst> subst_of(Call& call, Text expression);

}  // namespace strowger::avpops
