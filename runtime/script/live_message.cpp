// The request URI's parsed form, branches, and moving a message into a transaction.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/live_message.h"

#include "runtime/sip/bodies.h"

namespace strowger {

const sip::Uri* LiveMessage::parse_uri() {
  if (uri_state_ == 0) {
    uri_.value = {};
    uri_state_ = sip::read_uri(uri(), uri_.value) ? 1 : 2;
  }
  return uri_state_ == 1 ? &uri_.value : nullptr;
}

bool LiveMessage::add_branch(sip::Arena& arena, const BranchTarget& target, int limit) {
  if (branch_count >= limit || branch_count >= kMaxBranches) return false;
  if (!branches) {
    branches = arena.make_array<BranchTarget>(kMaxBranches);
    if (!branches) return false;
  }
  branches[branch_count++] = target;
  return true;
}

bool LiveMessage::move_buffer(sip::Arena& arena) {
  const Text copy = arena.copy(message.buffer());
  if (copy.is_null()) return false;
  message = message.rebase(copy.ptr, arena);
  if (new_uri.is_null()) uri_state_ = 0;   // it pointed into the old buffer
  edits = edits.copy(arena);
  return true;
}

}  // namespace strowger
