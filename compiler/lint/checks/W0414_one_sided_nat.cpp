// W0414: addresses or media are repaired in one direction only.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0414) {
  const std::uint32_t replies = kCoreReplyRoute | kReplyRoute;
  bool requests_fixed = false, replies_fixed = false;
  const program::Expr* first = nullptr;
  for (std::size_t i : calls_with(model, kNatFix)) {
    const State* state = model.flow.before(*model.index.expressions[i].e);
    if (!state) continue;
    if ((state->kinds & ~replies) != 0 && !first) first = model.index.expressions[i].e;
    requests_fixed = requests_fixed || (state->kinds & ~replies) != 0;
    replies_fixed = replies_fixed || (state->kinds & replies) != 0;
  }
  if (requests_fixed && !replies_fixed && is_proxy(model)) findings.add("W0414", first->span, {"Contact is repaired in requests, but not in replies"});
  const auto has = [&](std::initializer_list<const char*> names) {
    for (const char* name : names)
      if (!model.index.calls_of(name).empty()) return true;
    return false;
  };
  const auto check_media = [&](const char* offer, const char* answer, const char* manage, std::initializer_list<const char*> ends) {
    for (std::size_t i : model.index.calls_of(offer)) {
      const program::Expr& call = *model.index.expressions[i].e;
      if (!model.flow.before(call)) continue;
      if (!has({answer, manage})) findings.add("W0414", call.span, {"media is offered, but never answered: there is no " + std::string(answer) + "()"});
      else if (!has(ends) && !has({manage})) findings.add("W0414", call.span, {"the media session is never deleted: there is no " + std::string(*ends.begin()) + "()"});
      return;
    }
  };
  check_media("rtpengine_offer", "rtpengine_answer", "rtpengine_manage", {"rtpengine_delete"});
  check_media("rtpproxy_offer", "rtpproxy_answer", "rtpproxy_manage", {"rtpproxy_destroy", "unforce_rtp_proxy"});
}

}  // namespace strowger::lint
