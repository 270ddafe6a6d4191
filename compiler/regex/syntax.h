// POSIX extended patterns as glibc reads them, as a tree.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <bitset>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace strowger::regex {

using Bytes = std::bitset<256>;

/// What holds between two bytes, or at an edge of the text.
enum class Assertion : unsigned char { None, TextBegin, TextEnd, LineBegin, LineEnd, WordEdge, NoWordEdge, WordBegin, WordEnd };

struct Node {
  enum class Kind { Empty, Bytes, Sequence, Choice, Repeat, Group, Assert } kind = Kind::Empty;
  Bytes bytes;
  Assertion assertion = Assertion::None;
  int group = 0;                  ///< Group: 1 and up
  int low = 0, high = -1;         ///< Repeat; high -1: no limit
  std::vector<std::size_t> children;
};

struct Syntax {
  std::vector<Node> nodes;
  std::size_t root = 0;
  int groups = 0;
};

struct Flags {
  bool ignore_case = false;
  bool newline = false;           ///< REG_NEWLINE: `^` `$` hold at lines, `.` and `[^x]` do not match LF
};

/// Nothing and `why` for what regcomp() refuses, for back-references, and for nesting above 200.
std::optional<Syntax> parse(std::string_view pattern, Flags flags, std::string& why);

/// Letters, digits and the underscore.
bool is_word(unsigned char byte);

}  // namespace strowger::regex
