// $avp: values of the transaction, the newest on top. $cnt.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pv.interface.h"
#include "stdlib/pv/text_output.h"
#include "stdlib/pv/xavp_store.h"

namespace strowger {
namespace {

struct AvpName {
  Text name;
  bool numbered;
};

/// "i:5" is a number; "s:x" is "x".
AvpName avp_name(Text key) {
  if (key.len > 2 && key.ptr[1] == ':') {
    if (key.ptr[0] == 'i') return {pv::from(key, 2), true};
    if (key.ptr[0] == 's') return {pv::from(key, 2), false};
  }
  return {key, false};
}

/// All values, the newest first, with ", " between.
Value joined(Call& call, const AvpName& wanted) {
  const int count = call.avps->count(wanted.name, wanted.numbered);
  if (count == 0) return Value::null();
  Text* parts = call.arena->make_array<Text>(static_cast<std::size_t>(count) * 2);
  if (!parts) return Value::failed();
  std::size_t used = 0;
  for (const Avp* avp = call.avps->first; avp; avp = avp->next) {
    if (avp->numbered != wanted.numbered || avp->name.view() != wanted.name.view()) continue;
    if (used) parts[used++] = ", ";
    parts[used++] = Operators::value_to_text(&call, avp->value);
  }
  return Value::of(Operators::concat(&call, parts, used, 0));
}

}  // namespace

Value Pv::get_avp(Call& call, Text key, Index index) {
  if (key.empty() || !call.avps) return Value::null();
  const AvpName wanted = avp_name(key);
  if (index == kAllIndex) return joined(call, wanted);
  if (index == kNoIndex) index = 0;
  if (index < 0 || index > INT32_MAX) return Value::null();
  const Avp* avp = call.avps->find(wanted.name, wanted.numbered, static_cast<int>(index));
  return avp ? avp->value : Value::null();
}

Code Pv::set_avp(Call& call, Text key, Index index, Value value) {
  if (key.empty() || !call.avps) return -1;
  const AvpName wanted = avp_name(key);
  if (index == kAllIndex) call.avps->remove_all(wanted.name, wanted.numbered);
  if (value.is_null()) {
    if (index != kAllIndex) call.avps->pop(wanted.name, wanted.numbered);
    return 1;
  }
  call.avps->push(wanted.name, wanted.numbered, value);
  return 1;
}

// The key is written as the variable: "$avp(x)", "$xavp(x)", "$xavp(x=>y)".
Int Pv::get_cnt(Call& call, Text list) {
  if (list.empty() || list.ptr[0] != '$' || list.ptr[list.len - 1] != ')' || !call.avps) return 0;
  const std::size_t open = pv::find_byte(list, '(');
  if (open + 1 >= list.len) return 0;
  const std::string_view name = pv::part(list, 1, open - 1).view();
  const Text inner = pv::part(list, open + 1, list.len - open - 2);
  if (name == "avp") {
    const AvpName wanted = avp_name(inner);
    return call.avps->count(wanted.name, wanted.numbered);
  }
  const Xavp* const* first = name == "xavp"   ? &call.avps->xavps
                             : name == "xavu" ? &call.avps->xavus
                             : name == "xavi" ? &call.avps->xavis
                                              : nullptr;
  if (!first) return 0;
  const bool ignore_case = name == "xavi";
  const std::size_t arrow = inner.view().find("=>");
  if (arrow == std::string_view::npos) return pv::count_named(*first, inner, ignore_case);
  const Xavp* record = pv::find_named(*first, pv::part(inner, 0, arrow), 0, ignore_case);
  return record ? pv::count_named(record->fields, pv::from(inner, arrow + 2), ignore_case) : 0;
}

}  // namespace strowger
