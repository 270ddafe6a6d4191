// append_branch(), extended flags, forward_reply() and small tests.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "corex.interface.h"
#include "runtime/script/branch_target.h"
#include "runtime/script/forward.h"
#include "runtime/script/log_line.h"
#include "runtime/script/q_value.h"

namespace strowger {
Code Corex::append_branch(Call& call) { return append_branch(call, Text::null(), Text::null()); }
Code Corex::append_branch(Call& call, Text uri) { return append_branch(call, uri, Text::null()); }

Code Corex::append_branch(Call& call, Text uri, Text q) {
  LiveMessage& live = *call.live;
  const std::optional<std::int16_t> priority = parse_q(q);
  if (!priority) {
    log_line(call, LogLevel::Err, "corex", {"append_branch(): \"", q, "\" is no q value"});
    return -1;
  }
  BranchTarget target;
  if (uri.empty()) {   // the request's own target
    target = main_target(live);
    target.uri = live.uri();
  } else {
    target.uri = call.arena->copy(uri);
    target.dst_uri = live.dst_uri;   // another URI, the same way to it
    target.path = live.path;
    target.send_socket = live.send_socket;
    target.flags = live.branch_flags;
    if (target.uri.is_null()) return -1;
  }
  target.q = *priority;
  // The request URI is a branch of its own, so one fewer fits here.
  if (live.add_branch(*call.arena, target, call.process().settings.max_branches - 1)) {
    if (uri.empty()) {   // the branch has taken these over; the request URI stays a branch of its own without them
      live.dst_uri = live.path = live.instance = live.ruid = live.location_ua = Text::null();
      live.send_socket = nullptr;
      live.branch_flags = 0;
    }
    return 1;
  }
  log_line(call, LogLevel::Err, "corex", {"append_branch(): max_branches destinations are there already"});
  return -1;
}

Code Corex::forward_reply(Call& call) {
  if (call.live->message.is_request()) return -1;
  return forward_reply_stateless(call) ? 1 : -1;
}

Code Corex::setxflag(Call& call, Int flag) {
  if (flag < 0 || flag > 63) return -1;
  call.live->extended_flags |= std::uint64_t{1} << flag;
  return 1;
}

Code Corex::resetxflag(Call& call, Int flag) {
  if (flag < 0 || flag > 63) return -1;
  call.live->extended_flags &= ~(std::uint64_t{1} << flag);
  return 1;
}

Code Corex::isxflagset(Call& call, Int flag) {
  return flag >= 0 && flag <= 63 && call.live->extended_flags >> flag & 1 ? 1 : -1;
}

Code Corex::via_add_srvid(Call& call, Int on) {
  const Int id = call.process().settings.server_id;
  call.live->via_srvid = on && id != 0 ? id : -1;
  return 1;
}

/// Only event_route[network:msg] has a direction.
Code Corex::is_incoming(Call&) { return -1; }
Code Corex::is_faked_msg(Call& call) { return call.live->made_here ? 1 : -1; }

}  // namespace strowger
