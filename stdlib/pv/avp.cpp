// $avp: values of the transaction, the newest on top; reading and writing one is in avp_hot.cpp. $cnt.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pv.interface.h"
#include "stdlib/pv/avp_name.h"
#include "stdlib/pv/xavp_store.h"

namespace strowger {

Value pv::joined_avps(Call& call, Text name, bool numbered) {
  const int count = call.avps->count(name, numbered);
  if (count == 0) return Value::null();
  Text* parts = call.arena->make_array<Text>(static_cast<std::size_t>(count) * 2);
  if (!parts) return Value::failed();
  std::size_t used = 0;
  bool written = false;
  for (const Avp* avp = call.avps->first; avp; avp = avp->next) {
    if (avp->numbered != numbered || avp->name.view() != name.view()) continue;
    if (written) parts[used++] = ", ";   // empty values in front of the others have none
    parts[used++] = Operators::value_to_text(&call, avp->value);
    written = written || !parts[used - 1].empty();
  }
  return Value::of(Operators::concat(&call, parts, used, 0));
}

// The key is written as the variable: "$avp(x)", "$xavp(x)", "$xavp(x=>y)".
Int Pv::get_cnt(Call& call, Text list) {
  if (list.empty() || list.ptr[0] != '$' || list.ptr[list.len - 1] != ')' || !call.avps) return 0;
  const std::size_t open = pv::find_byte(list, '(');
  if (open + 1 >= list.len) return 0;
  const std::string_view name = pv::part(list, 1, open - 1).view();
  const Text inner = pv::part(list, open + 1, list.len - open - 2);
  if (name == "avp") {
    const pv::AvpName wanted = pv::avp_name(inner);
    return call.avps->count(wanted.name, wanted.numbered);
  }
  const Xavp* const records = call.avps->xavps;
  const std::size_t arrow = inner.view().find("=>");
  if (arrow == std::string_view::npos) return pv::count_named(records, inner, false);
  const Xavp* record = pv::find_named(records, pv::part(inner, 0, arrow), 0, false);
  return record ? pv::count_named(record->fields, pv::from(inner, arrow + 2), false) : 0;
}

}  // namespace strowger
