// Running a "/pattern/replacement/flags" over a text.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>
#include <vector>

#include "runtime/script/call.h"
#include "runtime/script/regex.h"

namespace strowger::textops {

/// What an expression's replacement is for one match; failed when memory is short.
Text replacement_for(Call& call, const Subst& subst, const Text* groups);

inline constexpr int kGroups = 10;

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

/// Replaces in a part of the message, as edits. How many; -1 when a match is empty or an edit overlaps an earlier one.
int substitute_part(Call& call, Text part, const Subst& subst);

}  // namespace strowger::textops
