// One layout for routing scripts.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace strowger::format {

/// A script that cannot be laid out: the line and why ("a string is not closed").
struct Fault {
  std::size_t line = 0;
  std::string words;
};

/// The script in canonical layout: four blanks a level, one statement a line, braces on the line of what opens them, blanks
/// around operators and after commas, at most one blank line, none at the ends of a block. Line breaks inside statements,
/// comments, strings and preprocessor lines stay as written. Works on words, not on the tree, so that both branches of an
/// `#!ifdef` and included fragments are formatted too. The words of the result are those of `script`, which is checked.
/// Formatting twice changes nothing. Nothing, with `fault` set, where a string or comment is not closed.
std::optional<std::string> format(std::string_view script, Fault& fault);

}  // namespace strowger::format
