// What functions get that is made at run time.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/abi/image.h"
#include "runtime/abi/values.h"

namespace strowger {

struct Call;

/// For compiled scripts (docs/internals/codegen.md).
struct Arguments {
  /// The number of an int or of a numeric text; INT64_MIN and an error line for what is none.
  static Int number(Call*, Value) asm("stw.rt.int_argument");
  /// A pattern, as functions get them (no case, `^` and `$` at lines), for the next call only. Null and an error line for a faulty one.
  static const Regex* regex(Call*, Text) asm("stw.rt.made_regex");
};

}  // namespace strowger
