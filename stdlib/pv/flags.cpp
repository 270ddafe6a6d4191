// Flags of the message, the script and the branch, whole and one by one.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pv.interface.h"
#include "runtime/script/log_line.h"
#include "stdlib/pv/text_output.h"

namespace strowger {
namespace {

Text hex(Call& call, std::uint32_t flags) {
  pv::Output out(call, 8);
  out.writer().put_hex(flags, 8);
  return out.done();
}

/// An int only: no text is read as digits, hexadecimal or not.
Code set_all(Call& call, std::uint32_t& flags, Value value) {
  if (value.is_text()) {
    log_line(call, LogLevel::Err, "pv", {"flags are set to an integer only"});
    return -1;
  }
  flags = static_cast<std::uint32_t>(Operators::value_to_int(&call, value));
  return 1;
}

Code set_one(Call& call, std::uint32_t& flags, Int flag, Value value) {
  if (flag < 0 || flag > 31) return -1;
  const std::uint32_t bit = 1u << flag;
  flags = Operators::value_to_int(&call, value) != 0 ? flags | bit : flags & ~bit;
  return 1;
}

}  // namespace

Text Pv::get_mF(Call& call) { return hex(call, call.live->flags); }
Text Pv::get_sF(Call& call) { return hex(call, call.live->script_flags); }
Text Pv::get_bF(Call& call) { return hex(call, call.live->branch_flags); }
Code Pv::set_mf(Call& call, Value value) { return set_all(call, call.live->flags, value); }
Code Pv::set_sf(Call& call, Value value) { return set_all(call, call.live->script_flags, value); }
Code Pv::set_bf(Call& call, Value value) { return set_all(call, call.live->branch_flags, value); }
Code Pv::set_mF(Call& call, Value value) { return set_all(call, call.live->flags, value); }
Code Pv::set_sF(Call& call, Value value) { return set_all(call, call.live->script_flags, value); }
Code Pv::set_bF(Call& call, Value value) { return set_all(call, call.live->branch_flags, value); }
Code Pv::set_Mf(Call& call, Int flag, Value value) { return set_one(call, call.live->flags, flag, value); }
Code Pv::set_Sf(Call& call, Int flag, Value value) { return set_one(call, call.live->script_flags, flag, value); }
Code Pv::set_Bf(Call& call, Int flag, Value value) { return set_one(call, call.live->branch_flags, flag, value); }

}  // namespace strowger
