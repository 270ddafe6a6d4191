// Running a "/pattern/replacement/flags" over a text.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>

#include "runtime/script/call.h"
#include "runtime/script/regex.h"

namespace strowger::textops {

/// What an expression's replacement is for one match; failed when memory is short.
Text replacement_for(Call& call, const Subst& subst, const Text* groups);

inline constexpr int kGroups = 10;

/// The next match from `at`; false when there is none. A pattern that matches nothing at all ends the search.
bool next_match(Text subject, const Subst& subst, std::size_t at, Text* groups);

/// The text with its match, or all matches, replaced. Nothing where nothing matches.
std::optional<Text> substituted(Call& call, Text subject, const Subst& subst);

/// Replaces in a part of the message, as edits. How many; -1 when an edit overlaps an earlier one.
int substitute_part(Call& call, Text part, const Subst& subst);

}  // namespace strowger::textops
