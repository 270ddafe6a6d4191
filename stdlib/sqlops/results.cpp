// $dbr, and where else rows go to.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/sqlops/results.h"

#include "runtime/script/log_line.h"
#include "runtime/script/xavp_fields.h"

namespace strowger::sqlops {
namespace {

/// An index that is written there, or in a variable; nothing (logged) where the variable holds no number.
std::optional<Int> index_of(Call& call, const PathStep& step) {
  if (!step.index_variable) return step.index;
  const Value value = step.index_variable->get(&call);
  if (value.is_int()) return value.number();
  log_line(call, LogLevel::Err, "sqlops", {"an index of $dbr is no number: ", step.index_variable->name});
  return std::nullopt;
}

template <class T>
const T* at(const std::vector<T>& list, std::optional<Int> index) {
  return index && *index >= 0 && static_cast<std::size_t>(*index) < list.size() ? &list[static_cast<std::size_t>(*index)] : nullptr;
}

/// $avp(x), not $(avp(x)[...])
bool adds_values(const VariableRef& variable) { return variable.name.view().starts_with("$avp("); }

}  // namespace

const db::Table* find_table(const Results& results, Text name) {
  const auto found = results.tables.find(name.view());
  return found == results.tables.end() ? nullptr : found->second.get();
}

Value value_of(const db::Field& field) {
  if (const auto* const number = std::get_if<Int>(&field)) return Value::of(*number);
  if (const auto* const moment = std::get_if<db::Moment>(&field)) return Value::of(moment->seconds);
  if (const auto* const text = std::get_if<std::string>(&field)) return Value::of(Text(std::string_view(*text)));
  return Value::null();
}

Value read(Call& call, const Results& results, const Path& key) {
  static const db::Table kNone;
  const db::Table* const found = find_table(results, key.steps[0].name);
  const db::Table& table = found ? *found : kNone;
  const PathStep& what = key.steps[1];
  if (what.name.view() == "rows") return Value::of(static_cast<Int>(table.rows.size()));
  if (what.name.view() == "cols") return Value::of(static_cast<Int>(table.rows.empty() ? 0 : table.columns.size()));
  if (table.rows.empty()) return Value::null();
  if (what.name.view() == "colname") {
    const std::string* const name = at(table.columns, index_of(call, what));
    return name ? Value::of(call.arena->copy(std::string_view(*name))) : Value::null();
  }
  const db::Row* const row = at(table.rows, index_of(call, what));
  const db::Field* const field = row ? at(*row, index_of(call, key.steps[2])) : nullptr;
  const Value value = field ? value_of(*field) : Value::null();
  return value.is_text() ? Value::of(call.arena->copy(value.text())) : value;   // the table may go while the text is used
}

bool make_xavps(Call& call, Text name, const db::Table& table) {
  Avps& avps = *call.avps;
  std::vector<Text> names;
  for (const std::string& column : table.columns) {
    names.push_back(avps.arena->copy(std::string_view(column)));
    if (names.back().is_null()) return false;
  }
  for (auto row = table.rows.rbegin(); row != table.rows.rend(); ++row) {
    Xavp* const record = new_xavp(avps, name);
    if (!record) return false;
    for (std::size_t i = row->size(); i-- > 0;)
      if (!put_field(avps, *record, names[i], value_of((*row)[i]))) return false;
  }
  return true;
}

bool set_variables(Call& call, const Path& variables, const db::Table& table) {
  for (auto row = table.rows.rbegin(); row != table.rows.rend(); ++row) {
    for (std::size_t i = 0; i < row->size(); ++i) {
      if (i >= variables.count) {
        log_line(call, LogLevel::Err, "sqlops", {"sql_pvquery(): no variable for column ", std::string_view(table.columns[i])});
        return false;
      }
      const VariableRef& variable = *variables.steps[i].index_variable;
      const Value value = value_of((*row)[i]);
      if (value.is_null() && adds_values(variable)) continue;   // as in 5.6.3: it has no value more
      if (variable.set(&call, value) > 0) continue;
      log_line(call, LogLevel::Err, "sqlops", {"sql_pvquery(): ", variable.name, " does not take the value of column ", std::string_view(table.columns[i])});
      return false;
    }
  }
  return true;
}

}  // namespace strowger::sqlops
