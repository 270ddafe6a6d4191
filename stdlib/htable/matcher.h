// How names and values of items are compared: operators of sht_match_*, sht_rm_* and of $shtcn, $shtcv.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>

#include "runtime/script/call.h"
#include "runtime/script/regex.h"
#include "stdlib/htable/table.h"

namespace strowger::htable {

class Matcher {
 public:
  /// eq, ne, re, sw; `to_remove`: only re and sw. Nothing and a log line for others and for faulty patterns.
  static std::optional<Matcher> of_operator(Call& call, Text op, Text operand, bool to_remove);
  /// The key of $shtcn: "~~re", "~%starts", "%~ends", "==text", "eqint", "**", or a pattern.
  static std::optional<Matcher> of_count(Call& call, Text pattern);
  /// A pattern that ignores case.
  static std::optional<Matcher> of_pattern(Call& call, Text pattern);

  bool matches_name(const Item& item) const { return matches(item.key()); }
  /// Ints are only matched by `eqint` and `**`.
  bool matches_value(const Item& item) const {
    if (kind_ == Kind::Number) return !item.is_text && item.number == number_;
    if (kind_ == Kind::All) return true;
    return item.is_text && matches(item.text());
  }

 private:
  enum class Kind : std::uint8_t { Equal, NotEqual, Starts, Ends, Pattern, Number, All };
  bool matches(Text text) const;
  Kind kind_ = Kind::All;
  std::string_view text_;
  Int number_ = 0;
  const Pattern* pattern_ = nullptr;
};

}  // namespace strowger::htable
