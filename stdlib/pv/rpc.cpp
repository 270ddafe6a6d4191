// pv.shvGet and pv.shvSet.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/rpc.h"

#include "pv.interface.h"
#include "stdlib/pv/shared_variables.h"

namespace strowger {
namespace {

pv::SharedVariables& shared(RpcCall& call) { return *static_cast<pv::SharedVariables*>(call.process().module_state[Pv::slot]); }

void add(RpcReply& out, std::string_view struct_name, std::string_view name, const pv::SharedValue& value) {
  out.begin_struct(struct_name);
  out.add_named("name", name);
  if (value.kind == Value::kText) {
    out.add_named("type", "string");
    out.add_named("value", std::string_view(value.text));
  } else {
    out.add_named("type", "int");
    out.add_named("value", value.number);
  }
  out.end_struct();
}

}  // namespace

void Pv::rpc_pv_shvGet(RpcCall& call) {
  pv::SharedVariables& variables = shared(call);
  const auto name = call.next_text();
  const std::lock_guard guard(variables.lock);
  if (name) {
    const auto found = variables.values.find(*name);
    if (found == variables.values.end()) return call.fault(404, "Variable not found");
    return add(call.reply, {}, found->first, found->second);
  }
  call.reply.begin_struct();
  call.reply.begin_struct("items");
  for (const auto& [each, value] : variables.values) add(call.reply, "shv", each, value);
  call.reply.end_struct();
  call.reply.end_struct();
}

void Pv::rpc_pv_shvSet(RpcCall& call) {
  const auto name = call.next_text();
  if (!name) return call.fault(500, "Missing parameter varname (Parameters: varname type value)");
  const auto type = call.next_text();
  if (!type) return call.fault(500, "Missing parameter type (Parameters: varname type value)");
  if (*type != "int" && *type != "str") return call.fault(500, "Unknown parameter type (Types: int or str)");
  pv::SharedValue value;
  if (*type == "int") {
    const auto number = call.next_int();
    if (!number) return call.fault(500, "Missing integer parameter value (Parameters: varname type value)");
    value.kind = Value::kInt;
    value.number = *number;
  } else {
    auto text = call.next_text();
    if (!text) return call.fault(500, "Missing parameter value (Parameters: varname type value)");
    value.kind = Value::kText;
    value.text = std::move(*text);
  }
  pv::SharedVariables& variables = shared(call);
  const std::lock_guard guard(variables.lock);
  const auto found = variables.values.find(*name);
  if (found == variables.values.end()) return call.fault(404, "Variable not found");
  found->second = std::move(value);
  call.reply.add(std::string_view("Ok. Variable set to new value."));
}

}  // namespace strowger
