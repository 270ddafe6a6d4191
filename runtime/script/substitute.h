// Running a "/pattern/replacement/flags" over a text.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>
#include <vector>

#include "runtime/script/call.h"
#include "runtime/script/regex.h"

namespace strowger {

/// One match and what stands in its place.
struct Replacement {
  Text match;
  Text text;
};

/// The match, or all of them, from left to right. Nothing, and a log line, where one is empty: nothing is replaced then.
std::optional<std::vector<Replacement>> replacements(Call& call, Text subject, const Subst& subst);

/// The text with its match, or all matches, replaced: itself where nothing matches, failed where a match is empty.
/// `count`: how many.
Text substituted(Call& call, Text subject, const Subst& subst, std::size_t& count);

}  // namespace strowger
