// The file of groups of patterns.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>
#include <vector>

#include "runtime/script/pcre_pattern.h"

namespace strowger::pcre {

/// Null: a group without patterns, which nothing matches.
using Groups = std::vector<Pattern>;

struct GroupLimits {
  std::size_t groups = 20;
  std::size_t bytes = 8192;   ///< of the patterns of one group
};

/// Nothing and `why` for a pattern before the first `[n]`, for too many or too long groups, and for faulty patterns.
std::optional<Groups> parse_groups(std::string_view content, GroupLimits limits, std::uint32_t options, std::string& why);

}  // namespace strowger::pcre
