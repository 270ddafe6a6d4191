// $var, $vn, $vz: texts that a worker's variables own, and varset. $shv: one table for all workers, and shvset.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <mutex>
#include <string>

#include "pv.interface.h"
#include "runtime/script/log_line.h"
#include "stdlib/pv/shared_variables.h"
#include "stdlib/pv/slow_paths.h"
#include "stdlib/pv/static_branch.h"
#include "stdlib/pv/text_output.h"

namespace strowger {
namespace {

using pv::SharedValue;
using pv::SharedVariables;

SharedVariables& shared(Call& call) { return *static_cast<SharedVariables*>(call.process().module_state[Pv::slot]); }

/// "name=i:5" or "name=s:text".
bool parse_setting(Text setting, Text& name, SharedValue& out) {
  const std::string_view text = setting.view();
  const std::size_t equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos || equals + 2 >= text.size() || text[equals + 2] != ':') return false;
  name = text.substr(0, equals);
  const std::string_view value = text.substr(equals + 3);
  if (text[equals + 1] == 's') {
    out.kind = Value::kText;
    out.text = value;
    return true;
  }
  if (text[equals + 1] != 'i' || value.empty()) return false;
  out.kind = Value::kInt;
  char* end = nullptr;
  const std::string digits(value);
  errno = 0;
  out.number = std::strtoll(digits.c_str(), &end, 0);
  return errno == 0 && *end == '\0';
}

void refuse(Process& process, std::string_view parameter, Text setting) {
  std::string line = "pv: ";
  line += parameter;
  line += ": \"";
  line += setting.view();
  process.log.write(LogLevel::Err, line + "\" is not of the form name=i:5 or name=s:text");
  process.failed = true;
}

}  // namespace

// The storage keeps its capacity. The value may lie in the storage itself ($var(x) = $(var(x){s.substr,1,0})).
Code pv::keep_in_slot(SlotVariable& variable, Value value) {
  const Text text = value.text();
  if (value.is_null() || text.is_null()) {
    variable.value = value.is_int() ? Value::of(value.number()) : Value::null();
    return 1;
  }
  const char* const begin = variable.storage.data();
  if (text.ptr >= begin && text.ptr <= begin + variable.storage.size()) {
    variable.storage = std::string(text.view());
  } else {
    variable.storage.assign(text.ptr, text.len);
  }
  if (value.is_int()) {   // its text form differs from its decimal one: only the number is kept where it is read as one
    variable.value = Value::of(value.number());
    return 1;
  }
  variable.value = Value::of(Text(variable.storage.data(), variable.storage.size()));
  return 1;
}

void Pv::start(Process& process) {
  auto* variables = new SharedVariables;
  process.module_state[slot] = variables;
  Text name;
  for (std::uint64_t i = 0; i < Param::shvset.count; ++i) {
    SharedValue value;
    if (!parse_setting(Param::shvset.items[i], name, value)) return refuse(process, "shvset", Param::shvset.items[i]);
    variables->values[std::string(name.view())] = value;
  }
  for (std::uint64_t i = 0; i < Param::varset.count; ++i) {
    SharedValue value;
    if (!parse_setting(Param::varset.items[i], name, value)) return refuse(process, "varset", Param::varset.items[i]);
  }
}

void Pv::stop(Process& process) {
  delete static_cast<SharedVariables*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

void Pv::worker_start(Worker& worker) {
  auto* branch = new pv::StaticBranch;
  worker.module_state[slot] = branch;
  worker.cleanups.push_back([branch] { delete branch; });
  worker.scripts.add_run_state(movable_state<pv::StaticBranch, &slot>());
  const ScriptImage& image = worker.process.image;
  for (std::uint64_t i = 0; i < Param::varset.count; ++i) {
    Text name;
    SharedValue value;
    if (!parse_setting(Param::varset.items[i], name, value)) continue;   // start() has refused it
    for (std::uint64_t k = 0; k < image.slot_count; ++k) {
      const std::string_view slot_name = image.slots[k].name.view();
      if (!slot_name.starts_with("var:") || slot_name.substr(4) != name.view()) continue;
      pv::keep_in_slot(worker.slots[k], value.kind == Value::kInt ? Value::of(value.number) : Value::of(Text(value.text)));
    }
  }
}

Value Pv::get_shv(Call& call, Text name) {
  SharedVariables& variables = shared(call);
  const std::lock_guard guard(variables.lock);
  const auto found = variables.values.find(name.view());
  if (found == variables.values.end()) return Value::of(Int{0});
  const SharedValue& value = found->second;
  return value.kind == Value::kText ? Value::of(call.arena->copy(Text(value.text))) : Value::of(value.number);
}

Code Pv::set_shv(Call& call, Text name, Value value) {
  SharedVariables& variables = shared(call);
  const std::lock_guard guard(variables.lock);
  auto found = variables.values.find(name.view());
  if (found == variables.values.end()) found = variables.values.emplace(std::string(name.view()), SharedValue{}).first;
  SharedValue& out = found->second;
  if (value.is_text()) {
    out.kind = Value::kText;
    out.text = value.text().view();
  } else if (value.is_int()) {
    out.kind = Value::kInt;
    out.number = value.number();
  } else {  // no value leaves the empty text
    out.kind = Value::kText;
    out.text.clear();
  }
  return 1;
}

}  // namespace strowger
