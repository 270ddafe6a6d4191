// Script and branch flags.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "kex.interface.h"
#include "runtime/script/call.h"

namespace strowger {
namespace {

inline bool is_flag(Int flag) { return flag >= 0 && flag < 32; }
inline std::uint32_t bit(Int flag) { return std::uint32_t{1} << flag; }

/// The flags of a branch: 0 is the request itself, 1 the first additional one. Null when there is none.
inline std::uint32_t* branch_flags(Call& call, Int branch) {
  LiveMessage& live = *call.live;
  if (branch == 0) return &live.branch_flags;
  return branch > 0 && branch <= live.branch_count ? &live.branches[branch - 1].flags : nullptr;
}

}  // namespace

Code Kex::setsflag(Call& call, Int flag) {
  if (!is_flag(flag)) return -1;
  call.live->script_flags |= bit(flag);
  return 1;
}

Code Kex::resetsflag(Call& call, Int flag) {
  if (!is_flag(flag)) return -1;
  call.live->script_flags &= ~bit(flag);
  return 1;
}

Code Kex::issflagset(Call& call, Int flag) { return is_flag(flag) && call.live->script_flags & bit(flag) ? 1 : -1; }

Code Kex::setbflag(Call& call, Int flag) { return setbflag(call, flag, 0); }
Code Kex::resetbflag(Call& call, Int flag) { return resetbflag(call, flag, 0); }
Code Kex::isbflagset(Call& call, Int flag) { return isbflagset(call, flag, 0); }

Code Kex::setbflag(Call& call, Int flag, Int branch) {
  std::uint32_t* flags = branch_flags(call, branch);
  if (!flags || !is_flag(flag)) return -1;
  *flags |= bit(flag);
  return 1;
}

Code Kex::resetbflag(Call& call, Int flag, Int branch) {
  std::uint32_t* flags = branch_flags(call, branch);
  if (!flags || !is_flag(flag)) return -1;
  *flags &= ~bit(flag);
  return 1;
}

Code Kex::isbflagset(Call& call, Int flag, Int branch) {
  const std::uint32_t* flags = branch_flags(call, branch);
  return flags && is_flag(flag) && *flags & bit(flag) ? 1 : -1;
}

Code Kex::resetdsturi(Call& call) {
  call.live->dst_uri = Text::null();
  return 1;
}

Code Kex::isdsturiset(Call& call) { return call.live->dst_uri.is_null() ? -1 : 1; }

}  // namespace strowger
