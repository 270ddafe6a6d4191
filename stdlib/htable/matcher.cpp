// Comparing names and values of items.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/htable/matcher.h"

#include <charconv>

#include "runtime/script/log_line.h"

namespace strowger::htable {

std::optional<Matcher> Matcher::of_pattern(Call& call, Text pattern) {
  Matcher out;
  out.kind_ = Kind::Pattern;
  out.pattern_ = dynamic_pattern(call, pattern.is_null() ? Text("") : pattern, {.ignore_case = true});
  if (!out.pattern_) return std::nullopt;
  return out;
}

std::optional<Matcher> Matcher::of_operator(Call& call, Text op, Text operand, bool to_remove) {
  Matcher out;
  out.text_ = operand.view();
  if (op.view() == "re") return of_pattern(call, operand);
  if (op.view() == "sw") {
    out.kind_ = Kind::Starts;
  } else if (!to_remove && op.view() == "eq") {
    out.kind_ = Kind::Equal;
  } else if (!to_remove && op.view() == "ne") {
    out.kind_ = Kind::NotEqual;
  } else {
    log_line(call, LogLevel::Warn, "htable", {"there is no operator \"", op, "\" here"});
    return std::nullopt;
  }
  return out;
}

std::optional<Matcher> Matcher::of_count(Call& call, Text pattern) {
  const std::string_view all = pattern.view(), op = all.substr(0, 2);
  Matcher out;
  out.text_ = all.size() > 2 ? all.substr(2) : std::string_view();
  if (op == "**") return out;
  if (op == "eq") {
    out.kind_ = Kind::Number;
    const auto [end, error] = std::from_chars(out.text_.data(), out.text_.data() + out.text_.size(), out.number_);
    if (error == std::errc() && end == out.text_.data() + out.text_.size()) return out;
    log_line(call, LogLevel::Err, "htable", {"\"", pattern, "\": no number behind eq"});
    return std::nullopt;
  }
  const bool has_operator = op == "~~" || op == "~%" || op == "%~" || op == "==";
  if (has_operator && out.text_.empty()) return std::nullopt;  // matches nothing
  if (op == "~~") return of_pattern(call, out.text_);
  if (!has_operator) return of_pattern(call, pattern);
  out.kind_ = op == "~%" ? Kind::Starts : op == "%~" ? Kind::Ends : Kind::Equal;
  return out;
}

bool Matcher::matches(Text text) const {
  switch (kind_) {
    case Kind::Equal:
      return text.view() == text_;
    case Kind::NotEqual:
      return text.view() != text_;
    case Kind::Starts:
      return text.view().starts_with(text_);
    case Kind::Ends:
      return text.view().ends_with(text_);
    case Kind::Pattern:
      return pattern_->matches(text);
    case Kind::Number:
      return false;
    case Kind::All:
      return true;
  }
  return false;
}

}  // namespace strowger::htable
