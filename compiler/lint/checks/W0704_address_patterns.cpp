// W0704: an address compared by a pattern whose dots match any character, or that is not anchored.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cctype>

#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

/// Does it hold two numbers with an unescaped dot between them?
bool has_loose_dot(const std::string& p) {
  for (std::size_t i = 1; i + 1 < p.size(); ++i)
    if (p[i] == '.' && p[i - 1] != '\\' && std::isdigit(static_cast<unsigned char>(p[i - 1])) && (std::isdigit(static_cast<unsigned char>(p[i + 1])) || p[i + 1] == '[')) return true;
  return false;
}
bool is_plain_address(const std::string& p) {
  int dots = 0;
  for (char c : p) {
    if (c == '.') ++dots;
    else if (!std::isdigit(static_cast<unsigned char>(c))) return false;
  }
  return dots == 3;
}

}  // namespace

LOCAL_RULE(W0704) {
  for (const ExpressionSite& site : model.index.expressions) {
    const program::Expr& e = *site.e;
    if (e.op != program::Op::Match) continue;
    const std::string& pattern = model.program.regexes[e.constant].pattern;
    const program::VariableUse* use = variable_in(*e.args[0]);
    if (!use || (use->variable->name != "si" && use->variable->name != "Ri" && use->variable->name != "siz" && use->variable->name != "rd" && use->variable->name != "fd")) continue;
    const bool digits = pattern.find_first_of("0123456789") != std::string::npos;
    const bool unanchored = use->variable->name == "si" && digits && !pattern.starts_with('^') && !pattern.starts_with("(^");
    if (!has_loose_dot(pattern) && !unanchored) continue;
    diagnostics::Finding& finding = findings.add("W0704", e.span, {pattern, "$" + use->variable->name});
    // "10.0.0.1" meant an address: that is equality.
    const std::string_view text = written(e.span);
    const std::size_t op = text.find("=~");
    if (is_plain_address(pattern) && op != std::string_view::npos && text.find("=~", op + 2) == std::string_view::npos)
      finding.fix({e.span.file, e.span.offset + static_cast<std::uint32_t>(op), 2, nullptr}, "==");
  }
}

}  // namespace strowger::lint
