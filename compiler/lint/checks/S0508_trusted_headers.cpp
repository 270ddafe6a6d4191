// S0508: a header that anybody can write opens the way to a relay.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"
#include "compiler/lint/walk.h"

namespace strowger::lint {
namespace {

using program::Op;
/// $hdr(X-Auth), $ua, $ai: written by the sender.
const program::VariableUse* header_in(const program::Expr& e) {
  const program::VariableUse* use = variable_in(e);
  if (!use) return nullptr;
  const std::string& name = use->variable->name;
  return name == "hdr" || name == "ua" || name == "ai" || name == "pu" ? use : nullptr;
}

}  // namespace

RULE(S0508) {
  for (const StatementSite& site : model.index.statements) {
    if (site.s->kind != program::Statement::Kind::If) continue;
    const program::VariableUse* header = nullptr;
    const program::Expr* place = nullptr;
    bool gated = false;
    Visitor visitor;
    visitor.expression = [&](const program::Expr& e) {
      if ((e.op == Op::EqText || e.op == Op::Match || e.op == Op::EqAny || e.op == Op::EqTextNoCase) && !header) {
        header = header_in(*e.args[0]);
        const program::Expr& right = e.args.size() > 1 ? bare(*e.args[1]) : e;
        if (header && (e.op == Op::Match || right.op == Op::Text || right.op == Op::Int)) place = &e;
      }
      gated = gated || e.op == Op::InNetwork || e.op == Op::IsHost || e.op == Op::Call;
    };
    walk(*site.s->value, visitor);
    if (!place || gated || !has_trait(model, site.s->then, kRelays)) continue;
    const auto at = model.flow.at_test.find(site.s);
    if (at == model.flow.at_test.end() || at->second.yes.may(kAuthenticated | kTrusted)) continue;
    findings.add("S0508", place->span, {model.index.name_of(*header)});
  }
}

}  // namespace strowger::lint
