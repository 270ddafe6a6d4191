// Expanding a text with variables that is made while the proxy runs.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/evaluate.h"

#include <algorithm>
#include <string>

#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"

namespace strowger {
namespace {

constexpr std::size_t kMaxVariables = 64;

bool is_name(char c) { return ((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.'; }

/// Behind the parenthesis that closes the one at `at`; npos where none does.
std::size_t closing(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '(') ++depth;
    if (text[at] == ')' && --depth == 0) return at + 1;
  }
  return text.npos;
}

/// Length of the reference at the start of `text`, which is a '$'; npos where it is not closed.
std::size_t reference_length(std::string_view text) {
  if (text.size() > 1 && text[1] == '(') return closing(text, 1);
  std::size_t at = 1;
  while (at < text.size() && is_name(text[at])) ++at;
  return at < text.size() && at > 1 && text[at] == '(' ? closing(text, at) : at;
}

const VariableRef* look_up(const Path& known, std::string_view name) {
  const PathStep* const end = known.steps + known.count;
  const PathStep* const found =
      std::lower_bound(known.steps, end, name, [](const PathStep& step, std::string_view wanted) { return step.name.view() < wanted; });
  return found != end && found->name.view() == name ? found->index_variable : nullptr;
}

/// As it is written, or with or without parentheses around it: $(rU) is $rU.
const VariableRef* variable(const Path& known, std::string_view written) {
  if (const VariableRef* const exact = look_up(known, written)) return exact;
  if (!written.starts_with("$(")) return look_up(known, "$(" + std::string(written.substr(1)) + ")");
  return look_up(known, "$" + std::string(written.substr(2, written.size() - 3)));
}

}  // namespace

std::optional<Text> evaluated(Call& call, Text format, const Path& known) {
  std::string_view rest = format.view();
  Text* const parts = call.arena->make_array<Text>(2 * kMaxVariables + 1);
  if (!parts) return std::nullopt;
  std::size_t count = 0;
  while (!rest.empty()) {
    const std::size_t plain = std::min(rest.find('$'), rest.size());
    parts[count++] = Text(rest.substr(0, plain));
    rest.remove_prefix(plain);
    if (rest.empty()) break;
    if (count >= 2 * kMaxVariables) {
      log_line(call, LogLevel::Err, "<core>", {"a text names more than 64 variables: it is not expanded"});
      return std::nullopt;
    }
    if (rest.starts_with("$$")) {
      parts[count++] = Text(rest.substr(0, 1));
      rest.remove_prefix(2);
      continue;
    }
    const std::size_t length = reference_length(rest);
    const VariableRef* const found = length == rest.npos ? nullptr : variable(known, rest.substr(0, length));
    if (!found) {
      log_line(call, LogLevel::Err, "<core>", {"\"", Text(rest.substr(0, length)), "\" cannot be read at run time: it is not expanded"});
      return std::nullopt;
    }
    parts[count++] = Operators::format_value(&call, found->get(&call));
    rest.remove_prefix(length);
  }
  const Text out = Operators::concat(&call, parts, count, sip::Limits::kMessage);
  return out.is_failed() ? std::nullopt : std::optional(out);
}

}  // namespace strowger
