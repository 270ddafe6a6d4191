// $avp; also compiled to bitcode: with a constant name a read is a walk that compares a word or two.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pv.interface.h"
#include "runtime/script/append.h"
#include "stdlib/pv/avp_name.h"

namespace strowger {

Value Pv::get_avp(Call& call, Text key, Index index) {
  if (key.empty() || !call.avps) return Value::null();
  const pv::AvpName wanted = pv::avp_name(key);
  if (index == kAllIndex) return pv::joined_avps(call, wanted.name, wanted.numbered);
  if (index == kNoIndex) index = 0;
  if (index < 0) return Value::null();
  for (const Avp* avp = call.avps->first; avp; avp = avp->next)
    if (avp->name.len == wanted.name.len && avp->numbered == wanted.numbered &&
        sip::same_bytes(avp->name.ptr, wanted.name.ptr, wanted.name.len) && index-- == 0)
      return avp->value;
  return Value::null();
}

Code Pv::set_avp(Call& call, Text key, Index index, Value value) {
  if (key.empty() || !call.avps) return -1;
  Avps& store = *call.avps;
  const pv::AvpName wanted = pv::avp_name(key);
  if (index == kAllIndex) store.remove_all(wanted.name, wanted.numbered);
  if (value.is_null()) {
    if (index != kAllIndex) store.pop(wanted.name, wanted.numbered);
    return 1;
  }
  if (value.kind == Value::kIntText) {
    store.push(wanted.name, wanted.numbered, value);
    return 1;
  }
  // The value, its name and its text are one piece of memory.
  const Text text = value.kind == Value::kText ? value.text() : Text("");
  char* const room = static_cast<char*>(store.arena->allocate(sizeof(Avp) + wanted.name.len + text.len));
  if (!room) return 1;   // the arena's limit
  char* const name = room + sizeof(Avp);
  char* const copy = append_short(name, wanted.name);
  if (value.kind == Value::kText) {
    append_short(copy, text);
    value = Value::of(Text(copy, text.len));
  }
  store.first = new (room) Avp{store.first, Text(name, wanted.name.len), wanted.numbered, value};
  return 1;
}

}  // namespace strowger
