// Expanding a text with variables that is made while the proxy runs.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>

#include "runtime/script/call.h"

namespace strowger {

/// The text with its `$name`, `$name(key)` and `$(...)` replaced by their values and `$$` by `$`, as a format of the script
/// prints them. `known`: steps sorted by name, which is the variable as written ("$rU", "$var(x)", "$(rU{s.len})"); others
/// cannot be named. Nothing, and a log line, where a variable is unknown, is not closed, or there are more than 64.
std::optional<Text> evaluated(Call& call, Text format, const Path& known);

}  // namespace strowger
