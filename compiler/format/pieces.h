// A script cut into words, comments and preprocessor lines, with the space that stood before each.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/format/format.h"

namespace strowger::format {

struct Piece {
  enum class Kind { Word, LineComment, BlockComment, Directive } kind = Kind::Word;
  std::size_t type = 0;         ///< of a Word: CfgLexer's token type
  std::string text;             ///< without blanks at its end; a Directive is its whole line
  std::string name;             ///< of a Directive: "ifdef", "define", "include_file"
  std::size_t newlines = 0;     ///< line ends before it
  std::size_t blanks = 0;       ///< columns of blanks before it, on its line
  std::size_t line = 0;         ///< where it stood

  bool is(std::size_t word) const { return kind == Kind::Word && type == word; }
  bool same(const Piece& other) const { return kind == other.kind && text == other.text; }
};

/// False, with `fault` set, where a string, variable or comment is not closed. In a branch of `#!ifdef` that is no fault: such a
/// branch becomes one Directive piece.
bool cut(std::string_view script, std::vector<Piece>& out, Fault& fault);

}  // namespace strowger::format
