// The expressions of `#!ifexp` and `#!defexp` (language.md 2.4).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace strowger::syntax {

/// A number or a text.
struct ConditionValue {
  bool is_text = false;
  double number = 0;
  std::string text;
  bool truth() const { return is_text ? !text.empty() : number != 0; }
};

/// The value of a define: nothing where it is not defined.
using DefineLookup = std::function<std::optional<std::string>(std::string_view)>;

/// Nothing, with the reason in `error`, where the expression is malformed.
std::optional<ConditionValue> evaluate_condition(std::string_view expression, const DefineLookup& lookup,
                                                 std::string& error);

}  // namespace strowger::syntax
