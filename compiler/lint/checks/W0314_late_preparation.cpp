// W0314: what prepares branches comes after the relay that makes them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <string_view>

#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

constexpr std::string_view kPreparing[] = {"append_branch", "t_on_failure", "t_on_branch", "t_on_reply", "t_set_fr",
                                           "record_route", "t_on_branch_failure", "setbflag"};

}  // namespace

RULE(W0314) {
  for (std::string_view name : kPreparing)
    for (std::size_t i : model.index.calls_of(std::string(name))) {
      const program::Expr& call = *model.index.expressions[i].e;
      const State* state = model.flow.before(call);
      if (!state || (state->kinds & ~static_cast<std::uint32_t>(kRequestRoute)) != 0) continue;
      if (!state->lacks(kRelayed)) findings.add("W0314", call.span, {std::string(name)});
    }
  // The same with a relay whose result is ignored: both of its ways come here.
  for (std::string_view name : kPreparing)
    for (std::size_t i : model.index.calls_of(std::string(name))) {
      const program::Expr& call = *model.index.expressions[i].e;
      const State* state = model.flow.before(call);
      if (!state || (state->kinds & ~static_cast<std::uint32_t>(kRequestRoute)) != 0) continue;
      if (state->may(kRelayed) && !state->lacks(kRelayTried)) findings.add("W0314", call.span, {std::string(name)});
    }
}

}  // namespace strowger::lint
