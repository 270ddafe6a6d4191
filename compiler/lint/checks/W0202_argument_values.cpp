// W0202: a constant argument that Kamailio accepts and does not understand: log levels, variables in a text that is
// taken as it is.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <set>
#include <string_view>

#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

static const std::set<std::string_view> kLevels = {"L_ALERT", "L_BUG", "L_CRIT2", "L_CRIT", "L_ERR", "L_WARN", "L_NOTICE", "L_INFO", "L_DBG", "L_DBG2", "L_DBG3"};

}  // namespace

LOCAL_RULE(W0202) {
  for (const ExpressionSite& site : model.index.expressions) {
    const program::Expr& e = *site.e;
    if (e.op != program::Op::Call) continue;
    for (const program::Operand& operand : e.operands) {
      if (operand.kind != modules::ArgKind::LogLevel || operand.value) continue;
      const text::Span inside = inside_quotes(operand.span);
      const std::string name(written(inside));
      if (name.starts_with("L_") && !kLevels.count(name)) {
        diagnostics::Finding& finding = findings.add("W0202", operand.span, {"'" + name + "' is no log level: its third letter is taken for one"});
        if (name == "L_WRN" || name == "L_WARNING") finding.fix(inside, "L_WARN");
        if (name == "L_DEBUG") finding.fix(inside, "L_DBG");
        if (name == "L_ERROR") finding.fix(inside, "L_ERR");
      }
    }
  }
  for (std::size_t i : model.index.calls_of("log")) {
    const program::Expr& call = *model.index.expressions[i].e;
    const std::string* text = call.operands.empty() ? nullptr : constant_text(call.operands.back());
    if (!text) continue;
    for (std::size_t at = text->find('$'); at != std::string::npos && at + 1 < text->size(); at = text->find('$', at + 1)) {
      const char next = (*text)[at + 1];
      if (next != '(' && !(next >= 'a' && next <= 'z') && !(next >= 'A' && next <= 'Z')) continue;
      findings.add("W0202", span_of(call.operands.back(), call), {"log() writes '$' as it is and reads no variables; xlog() does"});
      break;
    }
  }
}

}  // namespace strowger::lint
