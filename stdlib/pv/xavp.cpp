// $xavp, $xavi: records, a new one with each plain assignment. $xavu: one value of each name.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pv.interface.h"
#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "stdlib/pv/xavp_store.h"

namespace strowger {
namespace {

struct Kind {
  Xavp* Avps::* list;
  bool ignore_case;
};
constexpr Kind kXavp{&Avps::xavps, false};
constexpr Kind kXavi{&Avps::xavis, true};
constexpr Kind kXavu{&Avps::xavus, false};

/// The step's index, kAllIndex for [*]; false where none is written.
bool index_of(Call& call, const PathStep& step, Int& index) {
  index = 0;
  if (step.index_variable) {
    index = Operators::value_to_int(&call, step.index_variable->get(&call));
    return true;
  }
  if (step.index == kNoIndex) return false;
  index = step.index;
  return true;
}

Value value_of(const Xavp& xavp) { return xavp.is_record ? Value::of(Text("<<xavp>>")) : xavp.value; }

Value get(Call& call, const Path& path, const Kind& kind) {
  if (!call.avps) return Value::null();
  const Xavp* list = call.avps->*kind.list;
  for (std::uint64_t i = 0; i < path.count; ++i) {
    Int index = 0;
    index_of(call, path.steps[i], index);
    if (index == kAllIndex) index = 0;
    const Xavp* found = pv::find_named(list, path.steps[i].name, index, kind.ignore_case);
    if (!found) return Value::null();
    if (i + 1 == path.count) return value_of(*found);
    list = found->fields;
  }
  return Value::null();
}

/// What an index other than -1 (which removes nothing) removes: Kamailio 5.6.3 takes the one behind that which it reads.
Int removed_by(Int index) { return index < 0 ? index + 1 : index; }

/// A value at the last step of a list: without an index a new one in front, with one in its place, where there is one. Negative
/// indexes only read, and [*] is for $null only, as in Kamailio 5.6.3.
Code put(Call& call, Xavp*& list, const PathStep& step, Value value, const Kind& kind) {
  Int index = 0;
  const bool indexed = index_of(call, step, index);
  if (value.is_null()) {
    const bool all = index == kAllIndex;
    if (all) index = 0;
    if (index == -1) return 1;
    while (pv::remove_named(list, step.name, removed_by(index), kind.ignore_case) && all) {}
    return 1;
  }
  if (index < 0) return 1;
  if (!indexed) return pv::push_named(*call.avps, list, step.name, value) ? 1 : -1;
  Xavp* found = pv::find_named(list, step.name, index, kind.ignore_case);
  return !found || pv::set_value(*call.avps, *found, value) ? 1 : -1;   // out of range: nothing happens
}

Code set(Call& call, const Path& path, Value value, const Kind& kind) {
  if (!call.avps || path.count == 0 || path.count > 2) {
    log_line(call, LogLevel::Err, "pv", {"an xavp is written as name=>field"});
    return -1;
  }
  Xavp*& roots = call.avps->*kind.list;
  if (path.count == 1) return put(call, roots, path.steps[0], value, kind);

  Int index = 0;
  const bool indexed = index_of(call, path.steps[0], index);
  if (!indexed && !value.is_null()) {   // a new record with this one field
    Xavp* record = pv::push_named(*call.avps, roots, path.steps[0].name, Value::null());
    if (!record) return -1;
    record->is_record = true;
    return pv::push_named(*call.avps, record->fields, path.steps[1].name, value) ? 1 : -1;
  }
  if (index < 0 && !value.is_null()) return 1;
  if (index == kAllIndex) {
    for (Int i = 0; Xavp* const one = pv::find_named(roots, path.steps[0].name, i, kind.ignore_case); ++i)
      if (one->is_record) put(call, one->fields, path.steps[1], value, kind);
    return 1;
  }
  Xavp* record = index == -1 ? nullptr : pv::find_named(roots, path.steps[0].name, removed_by(index), kind.ignore_case);
  if (!record) return 1;
  return record->is_record ? put(call, record->fields, path.steps[1], value, kind) : -1;
}

}  // namespace

Value Pv::get_xavp(Call& call, const Path& path) { return get(call, path, kXavp); }
Code Pv::set_xavp(Call& call, const Path& path, Value value) { return set(call, path, value, kXavp); }
Value Pv::get_xavi(Call& call, const Path& path) { return get(call, path, kXavi); }
Code Pv::set_xavi(Call& call, const Path& path, Value value) { return set(call, path, value, kXavi); }
Value Pv::get_xavu(Call& call, const Path& path) { return get(call, path, kXavu); }

Code Pv::set_xavu(Call& call, const Path& path, Value value) {
  if (!call.avps || path.count == 0) return -1;
  Xavp** list = &call.avps->xavus;
  for (std::uint64_t i = 0; i < path.count; ++i) {
    const Text name = path.steps[i].name;
    const bool last = i + 1 == path.count;
    Xavp* found = pv::find_named(*list, name, 0, false);
    if (last) {
      if (value.is_null()) {
        pv::remove_named(*list, name, 0, false);
        return 1;
      }
      if (found) return pv::set_value(*call.avps, *found, value) ? 1 : -1;
      return pv::push_named(*call.avps, *list, name, value) ? 1 : -1;
    }
    if (!found) {
      if (value.is_null()) return 1;
      found = pv::push_named(*call.avps, *list, name, Value::null());
      if (!found) return -1;
    }
    if (!found->is_record) {
      found->value = Value::null();
      found->is_record = true;
      found->fields = nullptr;
    }
    list = &found->fields;
  }
  return 1;
}

}  // namespace strowger
