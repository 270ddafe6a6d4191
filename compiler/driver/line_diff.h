// Unified diffs of texts.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <ostream>
#include <string>
#include <string_view>

namespace strowger::driver {

/// What changed between two texts, as `diff -u` shows it, three lines around each change.
void print_diff(const std::string& name, std::string_view before, std::string_view after, std::ostream& out);

}  // namespace strowger::driver
