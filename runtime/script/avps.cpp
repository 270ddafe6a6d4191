// $avp stores: one list, the newest value first.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/avps.h"

#include "runtime/script/joining.h"
#include "runtime/sip/scan.h"

namespace strowger {
namespace {

bool same(const Avp& avp, Text name, bool numbered) {
  return avp.name.len == name.len && avp.numbered == numbered && name.ptr &&
         sip::same_bytes(avp.name.ptr, name.ptr, name.len);
}

/// The value with its text in `arena`; null when that is full.
Value keep(sip::Arena& arena, Value value) {
  if (value.kind == Value::kText) {
    char* const at = static_cast<char*>(arena.allocate(value.len));
    if (!at) return Value::failed();
    Joining::append(at, value.text());
    return Value::of(Text(at, value.len));
  }
  if (value.kind == Value::kIntText) {
    auto* both = arena.make<Value::IntText>(value.number(), arena.copy(value.text()));
    return both && !both->text.is_null() ? Value::of(both) : Value::failed();
  }
  return value;
}

}  // namespace

void Avps::push(Text name, bool numbered, Value value) {
  Text kept;
  for (const Avp* avp = first; avp && kept.is_null(); avp = avp->next)
    if (same(*avp, name, numbered)) kept = avp->name;
  if (kept.is_null()) kept = arena->copy(name);
  const Value copy = keep(*arena, value);
  if (kept.is_null() || (copy.is_null() && !value.is_null())) return;   // the arena's limit
  if (Avp* avp = arena->make<Avp>(first, kept, numbered, copy)) first = avp;
}

const Avp* Avps::find(Text name, bool numbered, int index) const {
  if (index < 0) return nullptr;
  for (const Avp* avp = first; avp; avp = avp->next)
    if (same(*avp, name, numbered) && index-- == 0) return avp;
  return nullptr;
}

bool Avps::pop(Text name, bool numbered) {
  for (Avp** link = &first; *link; link = &(*link)->next) {
    if (!same(**link, name, numbered)) continue;
    *link = (*link)->next;
    return true;
  }
  return false;
}

int Avps::remove_all(Text name, bool numbered) {
  int removed = 0;
  for (Avp** link = &first; *link;) {
    if (same(**link, name, numbered)) {
      *link = (*link)->next;
      ++removed;
    } else {
      link = &(*link)->next;
    }
  }
  return removed;
}

int Avps::count(Text name, bool numbered) const {
  int found = 0;
  for (const Avp* avp = first; avp; avp = avp->next) found += same(*avp, name, numbered);
  return found;
}

}  // namespace strowger
