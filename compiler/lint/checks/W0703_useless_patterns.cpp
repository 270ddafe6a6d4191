// W0703: a pattern that matches everything, or that cannot match what it is applied to.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <string_view>

#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

bool never_has_scheme(std::string_view name) {
  return name == "rU" || name == "fU" || name == "tU" || name == "oU" || name == "rd" || name == "fd" || name == "td" || name == "si" || name == "rm" ||
         name == "au" || name == "ua";
}

}  // namespace

LOCAL_RULE(W0703) {
  for (const ExpressionSite& site : model.index.expressions) {
    const program::Expr& e = *site.e;
    if (e.op != program::Op::Match) continue;
    const std::string& pattern = model.program.regexes[e.constant].pattern;
    const bool all = pattern == ".*" || pattern == "^.*$" || pattern == "^.*" || pattern == ".*$" || pattern == "^" || pattern == "$" || pattern == "(.*)";
    const program::VariableUse* use = variable_in(*e.args[0]);
    const bool scheme = use && never_has_scheme(use->variable->name) &&
                        (pattern.starts_with("^sip:") || pattern.starts_with("^sips:") || pattern.starts_with("^sip:") || pattern.starts_with("^tel:") || pattern.starts_with("^<sip"));
    if (all) findings.add("W0703", e.span, {pattern, "matches everything"});
    else if (scheme) findings.add("W0703", e.span, {pattern, "never matches $" + use->variable->name + ", which has no scheme"});
  }
}

}  // namespace strowger::lint
