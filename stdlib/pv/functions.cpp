// pv_isset(), pv_unset(), is_int(), typeof(), not_empty(), pv_evalx().
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pv.interface.h"
#include "runtime/script/evaluate.h"
#include "runtime/script/log_line.h"
#include "stdlib/pv/text_output.h"

namespace strowger {

Code Pv::pv_isset(Call& call, const VariableRef& variable) { return variable.get(&call).is_null() ? -1 : 1; }

Code Pv::pv_unset(Call& call, const VariableRef& variable) {
  if (variable.set) return variable.set(&call, Value::null());
  log_line(call, LogLevel::Err, "pv", {variable.name, " cannot be written"});
  return -1;
}

Code Pv::is_int(Call& call, const VariableRef& variable) { return variable.get(&call).is_int() ? 1 : -1; }

Code Pv::typeof(Call& call, const VariableRef& variable, Text type) {
  const Value value = variable.get(&call);
  const std::string_view wanted = type.view();
  bool is = false;
  if (wanted == "int") is = value.is_int();
  if (wanted == "str") is = value.is_text();
  if (wanted == "null" || wanted == "none") is = value.is_null();
  if (wanted == "xavp") is = variable.name.view().find("xav") <= 2 && value.is_text() && value.text().view() == "<<xavp>>";
  return is ? 1 : -1;
}

Code Pv::not_empty(Call& call, const VariableRef& variable) {
  const Value value = variable.get(&call);
  return value.is_text() && value.len > 0 ? 1 : -1;
}

Code Pv::pv_evalx(Call& call, const VariableRef& target, Text format, const Path& known) {
  if (!target.set) {
    log_line(call, LogLevel::Err, "pv", {target.name, " cannot be written"});
    return -1;
  }
  if (format.is_null()) return -1;
  const std::optional<Text> text = evaluated(call, format, known);
  return text && target.set(&call, Value::of(*text)) > 0 ? 1 : -1;
}

}  // namespace strowger
