// Transactions: defaults of what the script may set, and their branches.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/transaction.h"

#include <algorithm>
#include <new>

#include "tm.interface.h"

namespace strowger::tm {
namespace {

std::int32_t millis(Int value) { return static_cast<std::int32_t>(std::clamp<Int>(value, 0, INT32_MAX)); }

}  // namespace

Preferences::Preferences() : auto_100(Tm::Param::auto_inv_100 != 0), disable_6xx(Tm::Param::disable_6xx_block != 0) {
  reset_fr();
  reset_retr();
  reset_lifetime();
}

void Preferences::reset_fr() {
  fr = millis(Tm::Param::fr_timer);
  fr_inv = millis(Tm::Param::fr_inv_timer);
}

void Preferences::reset_retr() {
  retr1 = millis(Tm::Param::retr_timer1);
  retr2 = millis(Tm::Param::retr_timer2);
}

void Preferences::reset_lifetime() {
  max_invite = millis(Tm::Param::max_inv_lifetime);
  max_other = millis(Tm::Param::max_noninv_lifetime);
}

Branch::Branch(Transaction& owner, std::uint8_t place, sip::ChunkPool& pool)
    : transaction(&owner), index(place), on_reply(owner.wishes.on_reply), on_failure(owner.wishes.on_failure),
      on_branch_failure(owner.wishes.on_branch_failure), reply_arena(pool) {
  retransmit.owner = final.owner = this;
}

bool Transaction::pending() const {
  return std::any_of(branches, branches + branch_count, [](const Branch* branch) { return branch->pending(); });
}

Branch* Transaction::add_branch() {
  const int limit = std::min(worker->process.settings.max_branches, kMaxBranches);
  if (branch_count >= limit) return nullptr;
  if (branch_count == branch_room) {
    const int room = branch_room ? kMaxBranches : 4;
    auto** const more = arena.make_array<Branch*>(static_cast<std::size_t>(room));
    if (!more) return nullptr;
    std::copy(branches, branches + branch_count, more);
    branches = more;
    branch_room = static_cast<std::uint8_t>(room);
  }
  void* place = arena.allocate(sizeof(Branch));
  if (!place) return nullptr;
  Branch* branch = new (place) Branch(*this, branch_count, arena.pool());
  branches[branch_count++] = branch;
  return branch;
}

void Transaction::remove_last_branch() {
  Branch*& last = branches[--branch_count];
  last->~Branch();
  last = nullptr;
}

}  // namespace strowger::tm
