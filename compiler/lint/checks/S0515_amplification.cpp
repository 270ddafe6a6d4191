// S0515: one small request of anybody makes many, or a large answer.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

/// An answer that long goes to whoever the source address names: many times what was sent.
constexpr std::size_t kLargeBody = 1200;

constexpr std::uint32_t kGates = kAuthenticated | kTrusted | kChallenged | kRateLimited;

/// Before the call: do requests come here that nobody asked who sent them?
bool is_open(const Model& model, const program::Expr& call) {
  const State* state = model.flow.before(call);
  return state && state->kinds == kRequestRoute && state->methods(kInitial) != 0 && !state->may(kGates, kAllMethods, kInitial);
}

}  // namespace

RULE(S0515) {
  for (std::size_t i : model.index.calls_of("append_branch")) {
    const ExpressionSite& site = model.index.expressions[i];
    if (model.index.statements[site.statement].loops > 0 && is_open(model, *site.e))
      findings.add("S0515", site.e->span, {"many branches"});
  }
  for (const char* name : {"set_reply_body", "set_body"})
    for (std::size_t i : model.index.calls_of(name)) {
      const program::Expr& call = *model.index.expressions[i].e;
      const std::string* text = call.operands.empty() ? nullptr : constant_text(call.operands[0]);
      if (text && text->size() > kLargeBody && is_open(model, call)) findings.add("S0515", call.span, {"a large answer"});
    }
}

}  // namespace strowger::lint
