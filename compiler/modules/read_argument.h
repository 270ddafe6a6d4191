// Reads arguments of functions, keys of variables and arguments of transformations in a .module file.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>
#include <utility>

#include "compiler/modules/cursor.h"
#include "compiler/modules/interface.h"

namespace strowger::modules {

// Each returns false after a finding.

/// Of a function: "NAME: KIND CLAUSE..."
bool read_argument(Cursor& c, Argument& out);

/// Of a variable: "NAME: KIND[?] CLAUSE..."; `may_miss` is the question mark.
bool read_key(Cursor& c, Argument& out, bool& may_miss);

/// Of a transformation: "NAME: KIND[?] [form ...]"
bool read_transformation_argument(Cursor& c, Argument& out, bool& may_miss);

/// "LOW..HIGH"
bool read_range(Cursor& c, std::optional<std::pair<Int, Int>>& into);

/// "'a regular expression' 'what people write'"
bool read_form(Cursor& c, Form& into);

}  // namespace strowger::modules
