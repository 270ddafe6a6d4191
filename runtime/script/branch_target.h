// The request's own destination as one of its branches, and a branch as the request's own destination.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/script/live_message.h"

namespace strowger {

/// `uri` is null where the request URI is as received.
inline BranchTarget main_target(const LiveMessage& live) {
  BranchTarget target;
  target.uri = live.new_uri;
  target.dst_uri = live.dst_uri;
  target.path = live.path;
  target.instance = live.instance;
  target.ruid = live.ruid;
  target.location_ua = live.location_ua;
  target.send_socket = live.send_socket;
  target.flags = live.branch_flags;
  target.q = live.q;
  return target;
}

/// The other way round; a null `uri` brings back the received one.
inline void aim(LiveMessage& live, const BranchTarget& target) {
  target.uri.is_null() ? live.revert_uri() : live.set_uri(target.uri);
  live.dst_uri = target.dst_uri;
  live.path = target.path;
  live.instance = target.instance;
  live.ruid = target.ruid;
  live.location_ua = target.location_ua;
  live.send_socket = target.send_socket;
  live.branch_flags = target.flags;
  live.q = target.q;
}

}  // namespace strowger
