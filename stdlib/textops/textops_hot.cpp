// is_method(): one bit test where it is inlined.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/call.h"
#include "textops.interface.h"

namespace strowger {

Code Textops::is_method(Call& call, Int methods) { return methods & call.live->message.method_bit() ? 1 : -1; }

}  // namespace strowger
