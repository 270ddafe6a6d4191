// "/pattern/replacement/flags" with any delimiter: how it is cut, for scripts that are compiled and for texts made at run time.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace strowger {

/// The parts of a substitution; views into its text.
struct SubstSyntax {
  std::string_view pattern, replacement, flags;
};

/// The next delimiter (the first character of `text`) that no backslash stands before; npos when there is none.
inline std::size_t next_subst_delimiter(std::string_view text, std::size_t from) {
  for (std::size_t i = from; i < text.size(); ++i) {
    if (text[i] == '\\')
      ++i;
    else if (text[i] == text[0])
      return i;
  }
  return std::string_view::npos;
}

/// Nothing when a delimiter is missing. `text` has three characters or more and does not begin with a backslash.
inline std::optional<SubstSyntax> split_subst(std::string_view text) {
  const std::size_t middle = next_subst_delimiter(text, 1);
  const std::size_t end = middle == text.npos ? middle : next_subst_delimiter(text, middle + 1);
  if (end == text.npos) return std::nullopt;
  return SubstSyntax{text.substr(1, middle - 1), text.substr(middle + 1, end - middle - 1), text.substr(end + 1)};
}

/// What a backslash and `text[at]`, which is no digit, stand for in a replacement: 5.6.3 takes unknown ones for the character itself.
inline std::string_view subst_escape(std::string_view text, std::size_t at) {
  switch (text[at]) {
    case 'n': return "\n";
    case 'r': return "\r";
    case 't': return "\t";
    default: return text.substr(at, 1);
  }
}

}  // namespace strowger
