// Message flags and marks: short enough to be inlined into routes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "core.interface.h"
#include "runtime/script/call.h"

namespace strowger {

Code Core::setflag(Call& call, Int flag) {
  call.live->flags |= std::uint32_t{1} << (flag & 31);
  return 1;
}

Code Core::resetflag(Call& call, Int flag) {
  call.live->flags &= ~(std::uint32_t{1} << (flag & 31));
  return 1;
}

Code Core::isflagset(Call& call, Int flag) { return (call.live->flags >> (flag & 31)) & 1 ? 1 : -1; }

Code Core::force_rport(Call& call) {
  call.live->force_rport = true;
  return 1;
}

Code Core::add_local_rport(Call& call) {
  call.live->local_rport = true;
  return 1;
}

Code Core::set_forward_no_connect(Call& call) {
  call.live->forward_no_connect = true;
  return 1;
}

Code Core::set_forward_close(Call& call) {
  call.live->forward_close = true;
  return 1;
}

Code Core::set_reply_no_connect(Call& call) {
  call.live->reply_no_connect = true;
  return 1;
}

Code Core::set_reply_close(Call& call) {
  call.live->reply_close = true;
  return 1;
}

Int Core::get_rc(Call& call) { return call.rc; }

}  // namespace strowger
