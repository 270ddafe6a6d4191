// Flags of attributes: setavpflag(), resetavpflag(), isavpflagset().
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "core.interface.h"
#include "runtime/script/call.h"

namespace strowger {
namespace {

/// The newest value of "name", "s:name" or "i:5"; null where there is none.
Avp* newest(Call& call, Text written) {
  std::string_view name = written.view();
  const bool numbered = name.starts_with("i:");
  if (numbered || name.starts_with("s:")) name.remove_prefix(2);
  return const_cast<Avp*>(call.avps->find(Text(name), numbered));
}

std::uint32_t bit(Int flag) { return std::uint32_t{1} << (flag & 31); }

}  // namespace

Code Core::setavpflag(Call& call, Text name, Int flag) {
  if (Avp* const avp = newest(call, name)) avp->flags |= bit(flag);
  return 1;
}

Code Core::resetavpflag(Call& call, Text name, Int flag) {
  if (Avp* const avp = newest(call, name)) avp->flags &= ~bit(flag);
  return 1;
}

Code Core::isavpflagset(Call& call, Text name, Int flag) {
  const Avp* const avp = newest(call, name);
  return avp && (avp->flags & bit(flag)) ? 1 : -1;
}

}  // namespace strowger
