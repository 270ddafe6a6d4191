// $sht; also compiled to bitcode: the table is bound, and the hash of a constant key is a few instructions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/htable/state.h"

namespace strowger {

Value Htable::get_sht(Call& call, const TableRef& item, Text key) {
  htable::WorkerState& state = htable::state_of(call);
  htable::Table* const table = htable::table_of(state, item);
  if (!table) return Value::null();
  const Value value = table->get(table->hash(key), state.me, key, htable::now_of(call), *call.arena);
  if (value.kind == Value::kFailed) [[unlikely]]
    htable::report_busy(call, *table);
  return value;
}

Code Htable::set_sht(Call& call, const TableRef& item, Text key, Value value) {
  htable::WorkerState& state = htable::state_of(call);
  htable::Table* const table = htable::table_of(state, item);
  if (!table) return htable::no_table(call, item);
  if (value.is_null()) return table->remove(state.me, key) ? 1 : htable::report_busy(call, *table);
  const htable::Written written = table->put(table->hash(key), state.me, key, value, htable::now_of(call), 0);
  return written == htable::Written::Yes ? 1 : htable::report(call, *table, written);
}

}  // namespace strowger
