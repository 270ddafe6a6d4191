// $sht and its relatives.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "stdlib/htable/matcher.h"
#include "stdlib/htable/state.h"

namespace strowger {
namespace htable {

Code no_table(Call& call, const TableRef& ref) {
  log_line(call, LogLevel::Err, "htable", {"there is no table \"", ref.name, "\""});
  return -1;
}

namespace {

Value kept(Call& call, Text text) { return Value::of(call.arena->copy(text)); }

Value add(Call& call, const TableRef& ref, Text key, Int by) {
  WorkerState& state = state_of(call);
  Table* const table = table_of(state, ref);
  if (!table) {
    no_table(call, ref);
    return Value::null();
  }
  const Value sum = table->add(state.me, key, by, now_of(call));
  if (sum.kind == Value::kFailed) report_busy(call, *table);
  return sum;
}

Int count(Call& call, const TableRef& ref, Text pattern, bool names) {
  WorkerState& state = state_of(call);
  Table* const table = table_of(state, ref);
  if (!table) return 0;
  const auto matcher = Matcher::of_count(call, pattern);
  if (!matcher) return 0;
  Int found = 0;
  if (!table->visit(state.me, now_of(call), [&](const Item& item) {
        found += names ? matcher->matches_name(item) : matcher->matches_value(item);
        return Visit::Next;
      }))
    report_busy(call, *table);
  return found;
}

const Iterator* item_of(Call& call, Text name) {
  for (const Iterator& one : state_of(call).iterators)
    if (one.table && one.has_item && one.name == name.view()) return &one;
  return nullptr;
}

}  // namespace
}  // namespace htable

Value Htable::get_shtex(Call& call, const TableRef& item, Text key) {
  htable::WorkerState& state = htable::state_of(call);
  htable::Table* const table = htable::table_of(state, item);
  return table ? Value::of(table->remaining(state.me, key, htable::now_of(call))) : Value::null();
}

Code Htable::set_shtex(Call& call, const TableRef& item, Text key, Value value) {
  htable::WorkerState& state = htable::state_of(call);
  htable::Table* const table = htable::table_of(state, item);
  if (!table) return htable::no_table(call, item);
  const Int seconds = Operators::value_to_int(&call, value);
  return table->set_expiry(state.me, key, seconds, htable::now_of(call)) ? 1 : htable::report_busy(call, *table);
}

Int Htable::get_shtcn(Call& call, const TableRef& item, Text key) { return htable::count(call, item, key, true); }
Int Htable::get_shtcv(Call& call, const TableRef& item, Text key) { return htable::count(call, item, key, false); }
Value Htable::get_shtinc(Call& call, const TableRef& item, Text key) { return htable::add(call, item, key, 1); }
Value Htable::get_shtdec(Call& call, const TableRef& item, Text key) { return htable::add(call, item, key, -1); }

Value Htable::get_shtrecord(Call& call, Text key) {
  const htable::Item* const item = call.subject_of<htable::Item>(slot);
  if (!item) return Value::failed();
  if (key.view() == "key") return htable::kept(call, item->key());
  if (key.view() != "value") return Value::failed();
  return item->is_text ? htable::kept(call, item->text()) : Value::of(item->number);
}

Value Htable::get_shtitkey(Call& call, Text key) {
  const htable::Iterator* const one = htable::item_of(call, key);
  return one ? htable::kept(call, std::string_view(one->key)) : Value::null();
}

Value Htable::get_shtitval(Call& call, Text key) {
  const htable::Iterator* const one = htable::item_of(call, key);
  if (!one) return Value::null();
  return one->is_text ? htable::kept(call, std::string_view(one->text)) : Value::of(one->number);
}

}  // namespace strowger
