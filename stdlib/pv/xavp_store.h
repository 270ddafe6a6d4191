// Looking up and changing the lists that $xavp, $xavu and $xavi are made of. The newest comes first.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/script/call.h"

namespace strowger::pv {

bool same_name(Text a, Text b, bool ignore_case);
Int count_named(const Xavp* first, Text name, bool ignore_case);
/// The one at `index`; negative ones count from the oldest. Null when there is none.
Xavp* find_named(Xavp* first, Text name, Int index, bool ignore_case);
const Xavp* find_named(const Xavp* first, Text name, Int index, bool ignore_case);
/// False when there is none.
bool remove_named(Xavp*& first, Text name, Int index, bool ignore_case);
/// A new one in front of the list, texts copied into the store's arena; null when that is full.
Xavp* push_named(Avps& avps, Xavp*& first, Text name, Value value);
/// Replaces value and fields.
bool set_value(Avps& avps, Xavp& xavp, Value value);

}  // namespace strowger::pv
