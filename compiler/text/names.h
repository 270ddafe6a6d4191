// Spelling help: the nearest of the names that exist.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace strowger::text {

/// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`, case ignored; at most `limit`
/// + 1.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

/// The nearest of `names` within two edits (one for names of up to three letters), or "".
std::string nearest(std::string_view name, const std::vector<std::string_view>& names);

}  // namespace strowger::text
