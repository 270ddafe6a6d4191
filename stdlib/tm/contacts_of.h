// Destinations by q in an xavp list: what t_load_contacts() stores and t_next_contacts() takes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <array>
#include <functional>

#include "runtime/script/avps.h"
#include "runtime/script/live_message.h"
#include "runtime/script/process.h"

namespace strowger::tm {

/// Replaces the list by these targets, best q first, equal ones in their order and in one group; or, with `random`, one
/// by one as drawn with q as weight. False when the store is full.
bool store_groups(Avps& avps, Text list, BranchTarget* targets, std::size_t count, const std::function<std::uint64_t()>& random);

/// Takes the first group; of each instance only the first flow, the others go to `flows` (null: nowhere). How many.
int take_next_group(Avps& avps, const Process& process, Text list, Text flows, std::array<BranchTarget, kMaxBranches + 1>& taken);

/// Takes the next flow of an instance; false when there is none.
bool take_flow(Avps& avps, const Process& process, Text flows, Text instance, BranchTarget& out);

}  // namespace strowger::tm
