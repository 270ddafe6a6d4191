// Functions over $xavp, $xavu and $xavi: copies, lists, parameters, fields, the print-out.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pv.interface.h"
#include "runtime/script/log_line.h"
#include "runtime/sip/message.h"
#include "runtime/sip/uri.h"
#include "stdlib/pv/slow_paths.h"
#include "stdlib/pv/param_list.h"
#include "stdlib/pv/xavp_store.h"

namespace strowger {
namespace {

Code refuse(Call& call, std::string_view why) {
  log_line(call, LogLevel::Err, "pv", {why});
  return -1;
}

/// A new record in front of the list; null when there is no memory, or no store.
Xavp* new_record(Call& call, Xavp* Avps::* list, Text name) {
  if (!call.avps || name.empty()) return nullptr;
  Xavp* record = pv::push_named(*call.avps, call.avps->*list, name, Value::null());
  if (record) record->is_record = true;
  return record;
}

/// Adds in the order given: the last of the list becomes the oldest.
bool append(Call& call, Xavp& record, Text name, Value value) {
  Xavp* first = nullptr;
  if (!pv::push_named(*call.avps, first, name, value)) return false;
  Xavp** last = &record.fields;
  while (*last) last = &(*last)->next;
  *last = first;
  return true;
}

Xavp* root_of(Call& call, Xavp* Avps::* list, Text name, bool ignore_case) {
  return call.avps ? pv::find_named(call.avps->*list, name, 0, ignore_case) : nullptr;
}

Code params_explode(Call& call, Text params, Text name, Xavp* Avps::* list) {
  if (params.empty() || name.empty()) return refuse(call, "there are no parameters, or no name");
  if (list == &Avps::xavus && call.avps) pv::remove_named(call.avps->*list, name, 0, false);
  const pv::ParamList read(call, Value::of(params), ";");
  bool named = true;
  if (!read.each([&](const sip::Param& param) { return named = named && param.name.len > 0; }) || !named) return refuse(call, "the parameters are malformed");
  Xavp* const record = new_record(call, list, name);
  const bool good = record && read.each([&](const sip::Param& param) { return append(call, *record, param.name, Value::of(param.value)); });
  return good ? 1 : refuse(call, "out of memory");
}

Code params_implode(Call& call, Text name, Xavp* Avps::* list, const VariableRef& target) {
  const Xavp* record = root_of(call, list, name, false);
  if (!record || !record->is_record || !target.set) return -1;
  std::size_t room = 1;
  for (const Xavp* field = record->fields; field; field = field->next) room += field->name.len + 24 + field->value.len;
  pv::Output out(call, room);
  for (const Xavp* field = record->fields; field; field = field->next) {
    if (field->is_record) continue;
    out.put(field->name);
    const Text value = Operators::value_to_text(&call, field->value);
    if (!value.empty()) {
      out.put('=');
      out.put(value);
    }
    out.put(';');
  }
  const Text text = out.done();
  return text.is_null() ? refuse(call, "the parameters are too long") : target.set(&call, Value::of(text));
}

/// Sets the newest field of the name, or adds one; the record is made where it is missing.
Code set_child(Call& call, Xavp* Avps::* list, bool ignore_case, Text root, Text child, Value value) {
  if (!call.avps || root.empty() || child.empty()) return -1;
  Xavp* record = root_of(call, list, root, ignore_case);
  if (!record) record = new_record(call, list, root);
  if (!record || !record->is_record) return refuse(call, "it is no record");
  Xavp* field = pv::find_named(record->fields, child, 0, ignore_case);
  if (field) return pv::set_value(*call.avps, *field, value) ? 1 : -1;
  return pv::push_named(*call.avps, record->fields, child, value) ? 1 : -1;
}

// Good where there is nothing to remove, too.
Code remove_all(Xavp*& list, Text name, bool ignore_case) {
  while (pv::remove_named(list, name, 0, ignore_case)) continue;
  return 1;
}

Code remove_child(Call& call, Xavp* Avps::* list, bool ignore_case, Text root, Text child) {
  Xavp* record = root_of(call, list, root, ignore_case);
  return record ? remove_all(record->fields, child, ignore_case) : 1;
}

/// The fields in their order, copied into the same arena.
bool copy_fields(Call& call, const Xavp* from, Xavp& to, int depth) {
  for (; from; from = from->next) {
    if (!append(call, to, from->name, from->value)) return false;
    Xavp* added = to.fields;
    while (added->next) added = added->next;
    if (!from->is_record) continue;
    if (depth > 8) return false;
    added->is_record = true;
    if (!copy_fields(call, from->fields, *added, depth + 1)) return false;
  }
  return true;
}

void print(Call& call, const Xavp* list, int depth, std::string_view kind) {
  static constexpr std::string_view kIndent = "                ";
  for (; list && depth < 8; list = list->next) {
    const std::string_view indent = kIndent.substr(0, static_cast<std::size_t>(depth) * 2);
    if (list->is_record) {
      log_line(call, LogLevel::Info, "pv", {kind, " ", indent, list->name, ":"});
      print(call, list->fields, depth + 1, kind);
    } else {
      log_line(call, LogLevel::Info, "pv", {kind, " ", indent, list->name, " = ", Operators::format_value(&call, list->value)});
    }
  }
}

Code print_all(Call& call, Xavp* Avps::* list, std::string_view kind) {
  if (!call.avps) return -1;
  if (call.worker->logs(LogLevel::Info)) print(call, call.avps->*list, 0, kind);
  return 1;
}

/// Calls `take` with the name and the value of each $var.
template <class Take>
void each_var(Call& call, Take take) {
  const ScriptImage& image = call.process().image;
  for (std::uint64_t i = 0; i < image.slot_count; ++i)
    if (image.slots[i].name.view().starts_with("var:")) take(pv::from(image.slots[i].name, 4), call.worker->slots[i]);
}

}  // namespace

Code Pv::pv_xavp_print(Call& call) { return print_all(call, &Avps::xavps, "xavp"); }
Code Pv::pv_xavu_print(Call& call) { return print_all(call, &Avps::xavus, "xavu"); }
Code Pv::pv_xavi_print(Call& call) { return print_all(call, &Avps::xavis, "xavi"); }

Code Pv::pv_var_to_xavp(Call& call, Text var, Text xavp) {
  Xavp* record = nullptr;
  bool good = true;
  each_var(call, [&](Text name, const SlotVariable& variable) {
    if ((var.view() != "*" && name.view() != var.view()) || !good) return;
    if (!record) record = new_record(call, &Avps::xavps, xavp);
    const Value value = variable.value.is_null() ? Value::of(Int{0}) : variable.value;
    good = record && append(call, *record, name, value);
  });
  return record && good ? 1 : -1;
}

Code Pv::pv_xavp_to_var(Call& call, Text xavp) {
  const Xavp* record = root_of(call, &Avps::xavps, xavp, false);
  if (!record || !record->is_record) return -1;
  each_var(call, [&](Text name, SlotVariable& variable) {
    const Xavp* field = pv::find_named(static_cast<const Xavp*>(record->fields), name, 0, false);
    if (field && !field->is_record) pv::keep_in_slot(variable, field->value);
  });
  return 1;
}

Code Pv::xavp_copy(Call& call, Text source, Int index, Text target) {
  if (!call.avps) return -1;
  const Xavp* from = pv::find_named(static_cast<const Xavp*>(call.avps->xavps), source, index, false);
  if (!from || target.empty()) return refuse(call, "xavp_copy(): there is no such xavp");
  Xavp* to = pv::push_named(*call.avps, call.avps->xavps, target, from->value);
  if (!to) return -1;
  to->is_record = from->is_record;
  return copy_fields(call, from->fields, *to, 0) ? 1 : -1;
}

// What stands at the index is replaced.
Code Pv::xavp_copy(Call& call, Text source, Int index, Text target, Int target_index) {
  if (!call.avps) return -1;
  const Xavp* from = pv::find_named(static_cast<const Xavp*>(call.avps->xavps), source, index, false);
  Xavp* to = pv::find_named(call.avps->xavps, target, target_index, false);
  if (!from || !to) return refuse(call, "xavp_copy(): there is no such xavp");
  if (from == to) return 1;
  const Xavp* fields = from->fields;
  const bool is_record = from->is_record;
  if (!pv::set_value(*call.avps, *to, from->value)) return -1;
  to->is_record = is_record;
  return copy_fields(call, fields, *to, 0) ? 1 : -1;
}

Code Pv::xavp_slist_explode(Call& call, Text list, Text separator, Text mode, Text xavp) {
  if (list.empty() || separator.empty()) return refuse(call, "xavp_slist_explode(): there is no list, or no separator");
  Xavp* record = new_record(call, &Avps::xavps, xavp);
  if (!record) return -1;
  const bool trims = mode.view().find('t') != std::string_view::npos;
  for (std::size_t at = 0; at <= list.len;) {
    const std::size_t end = pv::find_byte(list, separator.ptr[0], at);
    const Text element = pv::part(list, at, end - at);
    at = end + 1;
    if (element.empty()) continue;
    if (!append(call, *record, "v", Value::of(trims ? sip::trim(element) : element))) return refuse(call, "out of memory");
  }
  return 1;
}

Code Pv::xavp_params_explode(Call& call, Text params, Text xavp) { return params_explode(call, params, xavp, &Avps::xavps); }
Code Pv::xavu_params_explode(Call& call, Text params, Text xavu) { return params_explode(call, params, xavu, &Avps::xavus); }
Code Pv::xavp_params_implode(Call& call, Text xavp, const VariableRef& target) {
  return params_implode(call, xavp, &Avps::xavps, target);
}
Code Pv::xavu_params_implode(Call& call, Text xavu, const VariableRef& target) {
  return params_implode(call, xavu, &Avps::xavus, target);
}

Code Pv::xavp_child_seti(Call& call, Text root, Text child, Int value) {
  return set_child(call, &Avps::xavps, false, root, child, Value::of(value));
}
Code Pv::xavp_child_sets(Call& call, Text root, Text child, Text value) {
  return set_child(call, &Avps::xavps, false, root, child, Value::of(pv::or_empty(value)));
}
Code Pv::xavi_child_seti(Call& call, Text root, Text child, Int value) {
  return set_child(call, &Avps::xavis, true, root, child, Value::of(value));
}
Code Pv::xavi_child_sets(Call& call, Text root, Text child, Text value) {
  return set_child(call, &Avps::xavis, true, root, child, Value::of(pv::or_empty(value)));
}
Code Pv::xavp_rm(Call& call, Text root) { return call.avps ? remove_all(call.avps->xavps, root, false) : -1; }
Code Pv::xavi_rm(Call& call, Text root) { return call.avps ? remove_all(call.avps->xavis, root, true) : -1; }
Code Pv::xavp_child_rm(Call& call, Text root, Text child) { return remove_child(call, &Avps::xavps, false, root, child); }
Code Pv::xavi_child_rm(Call& call, Text root, Text child) { return remove_child(call, &Avps::xavis, true, root, child); }

}  // namespace strowger
