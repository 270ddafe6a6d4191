// W0204: a reply of a class that breaks the call: 1xx without a transaction, 2xx to INVITE by a proxy, 3xx without
// Contact.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0204) {
  for (std::size_t i : calls_with(model, kReplies)) {
    const ExpressionSite& site = model.index.expressions[i];
    const program::Expr& call = *site.e;
    const Int code = reply_code(call);
    const State* state = model.flow.before(call);
    if (code == 0 || !state) continue;
    const std::string shown_code = std::to_string(code);
    if (code > 100 && code < 200 && call.function->name == "sl_send_reply")
      findings.add("W0204", call.span, {shown_code + " without a transaction is sent once and lost with its packet; use t_reply()"});
    // Only where the script knows that it is an INVITE: a plain 200 to everything is an answering machine for tests.
    const std::uint32_t invites = state->methods();
    if (code >= 200 && code < 300 && invites == static_cast<std::uint32_t>(kInvite))
      findings.add("W0204", call.span, {shown_code + " to INVITE starts a dialog that no one answers"});
    if (code >= 300 && code < 400 && code != 380) {
      const bool sets_contact = !model.index.calls_of("append_to_reply").empty() || !model.index.calls_of("append_branch").empty() ||
                                !model.index.calls_of("ds_select_routes").empty() || state->may(kNewTarget | kBranched | kLookedUp);
      if (!sets_contact) findings.add("W0204", call.span, {shown_code + " without a Contact tells no one where to go"});
    }
  }
}

}  // namespace strowger::lint
