// The lists of $xavp, $xavu and $xavi.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/pv/xavp_store.h"

#include "runtime/sip/message.h"

namespace strowger::pv {

bool same_name(Text a, Text b, bool ignore_case) {
  return ignore_case ? sip::equal_ignore_case(a, b) : a.view() == b.view();
}

Int count_named(const Xavp* first, Text name, bool ignore_case) {
  Int count = 0;
  for (; first; first = first->next) count += same_name(first->name, name, ignore_case);
  return count;
}

const Xavp* find_named(const Xavp* first, Text name, Int index, bool ignore_case) {
  if (index < 0) index += count_named(first, name, ignore_case);
  if (index < 0) return nullptr;
  for (; first; first = first->next)
    if (same_name(first->name, name, ignore_case) && index-- == 0) return first;
  return nullptr;
}

Xavp* find_named(Xavp* first, Text name, Int index, bool ignore_case) {
  return const_cast<Xavp*>(find_named(static_cast<const Xavp*>(first), name, index, ignore_case));
}

bool remove_named(Xavp*& first, Text name, Int index, bool ignore_case) {
  const Xavp* gone = find_named(first, name, index, ignore_case);
  for (Xavp** link = &first; gone && *link; link = &(*link)->next) {
    if (*link != gone) continue;
    *link = gone->next;
    return true;
  }
  return false;
}

bool set_value(Avps& avps, Xavp& xavp, Value value) {
  Value kept = value.is_int() ? Value::of(value.number()) : value;
  if (value.is_text()) {
    kept = Value::of(avps.arena->copy(value.text()));
    if (kept.is_null()) return false;
  }
  xavp.value = kept;
  xavp.fields = nullptr;
  xavp.is_record = false;
  return true;
}

Xavp* push_named(Avps& avps, Xavp*& first, Text name, Value value) {
  Xavp* xavp = avps.arena->make<Xavp>();
  if (!xavp) return nullptr;
  xavp->name = avps.arena->copy(name);
  if (xavp->name.is_null() || !set_value(avps, *xavp, value)) return nullptr;
  xavp->next = first;
  first = xavp;
  return xavp;
}

}  // namespace strowger::pv
