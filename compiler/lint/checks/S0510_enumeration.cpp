// S0510: 404 tells who exists before anybody proved who asks.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <string_view>

#include "compiler/lint/rule.h"
#include "compiler/lint/walk.h"

namespace strowger::lint {
namespace {

bool asks_for_user(std::string_view name) {
  return name == "lookup" || name == "registered" || name == "does_uri_exist" || name == "does_uri_user_exist" || name == "is_subscriber";
}

}  // namespace

RULE(S0510) {
  if (calls_with(model, kAuthenticates).empty()) return;
  for (std::size_t i : calls_with(model, kReplies)) {
    const ExpressionSite& site = model.index.expressions[i];
    const State* state = model.flow.before(*site.e);
    if (!state || state->kinds != kRequestRoute || reply_code(*site.e) != 404) continue;
    if ((state->methods(kInitial) & (kInvite | kRegister)) == 0 || state->may(kChallenged | kAuthenticated | kTrusted | kLocalSource)) continue;
    bool asked = false;
    Visitor visitor;
    visitor.expression = [&](const program::Expr& e) { asked = asked || (e.op == program::Op::Call && asks_for_user(e.function->name)); };
    for (std::size_t at = model.index.statements[site.statement].parent; at != kNone; at = model.index.statements[at].parent)
      if (const program::Statement& s = *model.index.statements[at].s; s.kind == program::Statement::Kind::If) walk(*s.value, visitor);
    if (asked) findings.add("S0510", site.e->span);
  }
}

}  // namespace strowger::lint
