// W0213: `if ($x = 1)` assigns; its value is 1 whatever is assigned.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

LOCAL_RULE(W0213) {
  using Kind = program::Statement::Kind;
  for (const StatementSite& site : model.index.statements) {
    const bool tests = site.s->kind == Kind::If || site.s->kind == Kind::While;
    if (!tests || site.s->value->op != program::Op::Assign) continue;
    const text::Span span = site.s->value->span;
    diagnostics::Finding& finding = findings.add("W0213", span);
    // The only '=' outside of strings and parentheses' keys; where there are more, a person must look.
    const std::string_view text = written(span);
    const std::size_t at = text.find('=');
    if (at != std::string_view::npos && text.find('=', at + 1) == std::string_view::npos)
      finding.fix({span.file, span.offset + static_cast<std::uint32_t>(at), 1, nullptr}, "==");
  }
}

}  // namespace strowger::lint
