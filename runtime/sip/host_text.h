// Hosts as texts.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/abi/values.h"

namespace strowger::sip {

/// Without the brackets of an IPv6 reference.
inline Text without_brackets(Text host) {
  return host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']' ? Text(host.ptr + 1, host.len - 2) : host;
}

}  // namespace strowger::sip
