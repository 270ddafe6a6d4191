// W0611: a part of the message in an event that has none.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <string_view>

#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

/// These events run by a clock or by a state, on an empty request.
bool has_no_message(std::string_view name) {
  return name.starts_with("htable:") || name.starts_with("core:worker") || name.starts_with("dispatcher:") || name.starts_with("usrloc:contact-expired") ||
         name == "tcp:closed" || name == "tcp:timeout" || name == "tcp:reset" || name.starts_with("rtimer") || name.starts_with("timer");
}

}  // namespace

RULE(W0611) {
  for (const Occurrence& o : model.index.occurrences) {
    if (!o.reads || o.by_reference || o.statement == kNone) continue;
    const program::Route& route = model.program.routes[model.index.statements[o.statement].route];
    if (route.kind != kEventRoute || !has_no_message(route.name)) continue;
    const std::string& variable = o.use->variable->name;
    // Of dispatcher's events the request URI is the gateway.
    if (!is_message_text(*o.use->variable) || variable == "msg" || (route.name.starts_with("dispatcher:") && (variable == "ru" || variable == "rd"))) continue;
    if (variable != "T_req") findings.add("W0611", o.span, {"$" + variable, route.name});
  }
}

}  // namespace strowger::lint
