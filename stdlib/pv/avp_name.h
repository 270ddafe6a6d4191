// What a key of $avp means.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/script/call.h"
#include "stdlib/pv/text_output.h"

namespace strowger::pv {

struct AvpName {
  Text name;
  bool numbered;
};

/// "i:5" is a number; "s:x" is "x".
inline AvpName avp_name(Text key) {
  if (key.len > 2 && key.ptr[1] == ':') {
    if (key.ptr[0] == 'i') return {from(key, 2), true};
    if (key.ptr[0] == 's') return {from(key, 2), false};
  }
  return {key, false};
}

/// $(avp(x)[*]): all values, the newest first, with ", " between.
Value joined_avps(Call& call, Text name, bool numbered);

}  // namespace strowger::pv
