// S0504: the user that authenticated is not compared with the user in From.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <string_view>

#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

bool is_identity_check(std::string_view name) {
  return name == "check_from" || name == "check_to" || name == "db_check_from" || name == "db_check_to" || name == "check_uri" ||
         name == "is_user" || name == "is_identity";
}

}  // namespace

RULE(S0504) {
  for (const ExpressionSite& site : model.index.expressions)
    if (site.e->op == program::Op::Call && is_identity_check(site.e->function->name)) return;
  // $au, $Au ... used anywhere in a comparison, a query or a rewrite counts.
  for (const char* name : {"$au", "$aU", "$Au", "$AU", "$avp(auth_user)"})
    for (std::size_t i : model.index.uses_of(name)) {
      const Occurrence& o = model.index.occurrences[i];
      if (o.reads && o.statement != kNone) return;
    }
  for (std::size_t i : calls_with(model, kAuthenticates)) {
    const program::Expr& call = *model.index.expressions[i].e;
    const State* state = model.flow.before(call);
    if (!state || (state->methods() & kInvite) == 0) continue;
    // auth_check() compares by itself when its flags say so.
    const program::Operand* flags = call.function->name == "auth_check" && call.operands.size() > 2 ? &call.operands[2] : nullptr;
    if (flags && (flags->value || (flags->number & 1) != 0)) continue;
    findings.add("S0504", call.span, {call.function->name});
    return;
  }
}

}  // namespace strowger::lint
