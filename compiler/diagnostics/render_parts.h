// What the renderers share.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <ostream>
#include <string_view>
#include <vector>

#include "compiler/diagnostics/findings.h"

namespace strowger::diagnostics {

/// "error", "warning", "hint", "security", "note".
std::string_view name_of(Level level);
/// By file in the order the files were met, then by place; equal places keep the order of discovery.
std::vector<const Finding*> in_order(const Findings& findings);
/// Length of the UTF-8 character at the start of `s`, 0 where there is none.
std::size_t utf8_length(std::string_view s);
/// A JSON string with its quotes. Text is passed on as UTF-8; a byte that is none becomes U+00XX, so that the result
/// always is valid JSON.
void print_json_string(std::string_view s, std::ostream& out);

}  // namespace strowger::diagnostics
