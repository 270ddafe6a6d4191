// Files of rules.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/permissions/rules.h"

#include <algorithm>

#include "runtime/sip/message.h"

namespace strowger::permissions {
namespace {

std::string_view trimmed(std::string_view text) { return sip::trim(Text(text)).view(); }

/// Where `mark` stands outside of quotes, else the end of the text; npos where a quote is open at the end.
std::size_t find_unquoted(std::string_view text, char mark) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == mark && !quoted) return i;
  }
  return quoted ? text.npos : text.size();
}

bool any_matches(const std::vector<std::unique_ptr<Pattern>>& patterns, Text text) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const auto& pattern) { return pattern->matches(text); });
}

}  // namespace

bool Rules::List::match(Text text) const { return (all || any_matches(patterns, text)) && !any_matches(except, text); }

bool Rules::match(Text left, Text right) const {
  return std::any_of(rules_.begin(), rules_.end(),
                     [&](const Rule& rule) { return rule.left.match(left) && rule.right.match(right); });
}

bool Rules::parse_patterns(std::string_view text, Patterns& out, std::string& why) {
  while (true) {
    const std::size_t end = find_unquoted(text, ',');
    if (end == text.npos) return why = "a quote is open", false;
    std::string_view pattern = trimmed(text.substr(0, end));
    if (pattern.size() > 1 && pattern.front() == '"' && pattern.back() == '"')
      pattern = pattern.substr(1, pattern.size() - 2);
    if (pattern.empty()) return why = "a pattern is empty", false;
    out.push_back(Pattern::compile(Text(pattern), {.ignore_case = true, .newline = false}, why));
    if (!out.back()) return why = "bad regular expression '" + std::string(pattern) + "': " + why, false;
    if (end == text.size()) return true;
    text.remove_prefix(end + 1);
  }
}

bool Rules::parse_list(std::string_view text, List& out, std::string& why) {
  constexpr std::string_view kAll = "ALL", kExcept = " EXCEPT ";
  const std::size_t at = text.find(kExcept);
  const std::string_view first = trimmed(text.substr(0, at));
  out.all = first == kAll;
  if (!out.all && !parse_patterns(first, out.patterns, why)) return false;
  if (at == text.npos) return true;
  const std::string_view except = trimmed(text.substr(at + kExcept.size()));
  return except == kAll || parse_patterns(except, out.except, why);  // EXCEPT ALL excepts nothing
}

bool Rules::parse_rule(std::string_view line, Rule& out, std::string& why) {
  const std::size_t colon = find_unquoted(line, ':');
  if (colon >= line.size() || trimmed(line.substr(0, colon)).empty() || trimmed(line.substr(colon + 1)).empty())
    return why = "it must be \"LIST : LIST\"", false;
  return parse_list(line.substr(0, colon), out.left, why) && parse_list(line.substr(colon + 1), out.right, why);
}

Rules Rules::parse(std::string_view content, const std::function<void(const std::string& why)>& complain) {
  Rules rules;
  for (std::size_t number = 1; !content.empty(); ++number) {
    const std::size_t end = std::min(content.find('\n'), content.size());
    std::string_view line = content.substr(0, end);
    content.remove_prefix(std::min(end + 1, content.size()));
    line = line.substr(0, std::min(find_unquoted(line, '#'), line.size()));
    if (trimmed(line).empty()) continue;
    Rule rule;
    std::string why;
    if (parse_rule(line, rule, why))
      rules.rules_.push_back(std::move(rule));
    else
      complain("line " + std::to_string(number) + ": " + why);
  }
  return rules;
}

}  // namespace strowger::permissions
