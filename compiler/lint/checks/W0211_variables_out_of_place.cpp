// W0211: a variable that has no value in the blocks that lead here.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <string_view>

#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

struct Place { std::string_view name; std::uint32_t kinds; const char* where; };
constexpr std::uint32_t kReplies2 = kCoreReplyRoute | kReplyRoute;
constexpr Place kPlaces[] = {
    {"rs", kReplies2 | kOnsendRoute | kEventRoute, "replies"},
    {"rr", kReplies2 | kOnsendRoute | kEventRoute, "replies"},
    {"T_rpl", kFailureRoute | kBranchFailureRoute | kReplies2 | kEventRoute, "failure_route"},
    {"T_reply_code", kFailureRoute | kBranchFailureRoute | kReplies2 | kEventRoute, "failure_route and replies"},
    {"T_reply_last", kFailureRoute | kBranchFailureRoute | kReplies2 | kEventRoute, "failure_route and replies"},
    {"T_reply_reason", kFailureRoute | kBranchFailureRoute | kReplies2 | kEventRoute, "failure_route and replies"},
    {"shtrecord", kEventRoute, "event_route[htable:expired:TABLE]"},
    {"snd", kOnsendRoute | kEventRoute, "onsend_route"},
    {"sndto", kOnsendRoute | kEventRoute, "onsend_route"},
};

}  // namespace

RULE(W0211) {
  for (const Occurrence& o : model.index.occurrences) {
    if (o.statement == kNone || !o.reads || o.by_reference) continue;
    const std::uint32_t kinds = model.flow.kinds[o.statement];
    if (kinds == 0) continue;
    for (const Place& place : kPlaces)
      if (o.use->variable->name == place.name && (kinds & place.kinds) == 0)
        findings.add("W0211", o.span, {"$" + o.use->variable->name, place.where});
  }
}

}  // namespace strowger::lint
