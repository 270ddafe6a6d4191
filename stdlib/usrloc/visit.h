// Going through the registered contacts, for who pings them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <functional>

#include "stdlib/usrloc/location.h"

namespace strowger::usrloc {

/// Calls `work` for a copy of each contact in shard `shard` (of Table::kShards) of all tables. No lock is held meanwhile.
void visit_contacts(Worker& worker, unsigned shard, const std::function<void(const Contact&)>& work);
/// The branch flag of contacts behind a NAT (nat_bflag), as a mask; 0 where there is none.
std::uint32_t nat_mask();

}  // namespace strowger::usrloc
