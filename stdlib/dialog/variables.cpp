// $dlg, $dlg_var, $dlg_ctx, and the old ones, $DLG_*.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "stdlib/dialog/state.h"

namespace strowger {
namespace dialog {
namespace {

Value text_of(Call& call, const std::string& text) {
  return text.empty() ? Value::null() : Value::of(call.arena->copy(Text(std::string_view(text))));
}

Value number_of(std::int64_t number) { return Value::of(static_cast<Int>(number)); }

Value socket_of(const Leg& leg) { return leg.socket ? Value::of(leg.socket->as_text) : Value::null(); }

/// Who refers to it, as Kamailio counts: the table, the timer, this look at it, and the event route.
Int references(Call& call, const Dialog& dialog) {
  return 2 + (dialog.due != 0) + (call.subject_of<DialogPtr>(::strowger::Dialog::slot) ? 2 : 0);
}

struct Field {
  std::string_view name;
  Value (*get)(Call& call, const Dialog& dialog);
};

constexpr Field kFields[] = {
    {"h_id", [](Call&, const Dialog& d) { return number_of(d.h_id); }},
    {"h_entry", [](Call&, const Dialog& d) { return number_of(d.h_entry); }},
    {"ref", [](Call& call, const Dialog& d) { return Value::of(references(call, d)); }},
    {"state", [](Call&, const Dialog& d) { return number_of(static_cast<int>(d.state)); }},
    {"to_rs", [](Call& call, const Dialog& d) { return text_of(call, d.legs[kCallee].route_set); }},
    {"from_rs", [](Call& call, const Dialog& d) { return text_of(call, d.legs[kCaller].route_set); }},
    {"dflags", [](Call&, const Dialog& d) { return number_of(d.flags); }},
    {"sflags", [](Call&, const Dialog& d) { return number_of(d.script_flags); }},
    {"callid", [](Call& call, const Dialog& d) { return text_of(call, d.call_id); }},
    {"to_uri", [](Call& call, const Dialog& d) { return text_of(call, d.to_uri); }},
    {"to_tag", [](Call& call, const Dialog& d) { return text_of(call, d.legs[kCallee].tag); }},
    {"toroute", [](Call&, const Dialog& d) { return Value::of(Int{d.timeout_route != nullptr}); }},
    {"to_cseq", [](Call& call, const Dialog& d) { return text_of(call, d.legs[kCallee].cseq); }},
    {"from_uri", [](Call& call, const Dialog& d) { return text_of(call, d.from_uri); }},
    {"from_tag", [](Call& call, const Dialog& d) { return text_of(call, d.legs[kCaller].tag); }},
    {"lifetime", [](Call&, const Dialog& d) { return Value::of(d.lifetime); }},
    {"start_ts", [](Call&, const Dialog& d) { return number_of(d.start_time); }},
    {"from_cseq", [](Call& call, const Dialog& d) { return text_of(call, d.legs[kCaller].cseq); }},
    {"to_contact", [](Call& call, const Dialog& d) { return text_of(call, d.legs[kCallee].contact); }},
    {"to_bindaddr", [](Call&, const Dialog& d) { return socket_of(d.legs[kCallee]); }},
    {"from_contact", [](Call& call, const Dialog& d) { return text_of(call, d.legs[kCaller].contact); }},
    {"from_bindaddr", [](Call&, const Dialog& d) { return socket_of(d.legs[kCaller]); }},
};

/// The old variables know requests within a dialog alone, and the events that those bring.
DialogPtr old_current(Call& call) {
  if (const auto* const subject = call.subject_of<DialogPtr>(::strowger::Dialog::slot))
    return call.live->made_here || !call.message().is_request() ? nullptr : *subject;
  const Context* const context = find_context(call);
  return context ? context->followed : nullptr;
}

/// route[name]; null where there is none.
const RouteRef* find_route(const Process& process, Text name) {
  const RouteRef* const all = process.image.routes;
  const auto* const found = std::find_if(all, all + process.image.route_count, [&](const RouteRef& one) {
    return one.kind == kRequestRoute && one.name.view() == name.view();
  });
  return found == all + process.image.route_count ? nullptr : found;
}

}  // namespace

Text variable_of(Call& call, Text name) {
  const DialogPtr its = current_or_named(call);
  return its ? variable_of(call.process(), *its, name, *call.arena) : Text::null();
}

bool set_variable_of(Call& call, Text name, Text value) {
  const DialogPtr its = current_or_named(call);
  if (!its) return false;
  const Table::Lock lock = shared_of(call.process()).table.lock();
  its->flags |= kVariablesChanged;
  return its->variables.set(name.view(), value);
}

}  // namespace dialog

Value Dialog::get_dlg(Call& call, Text key) {
  const dialog::DialogPtr its = dialog::current_or_named(call);
  if (!its) return Value::null();
  const auto* const found = std::find_if(std::begin(dialog::kFields), std::end(dialog::kFields), [&](const auto& one) { return one.name == key.view(); });
  const dialog::Table::Lock lock = dialog::shared_of(call.process()).table.lock();
  return found == std::end(dialog::kFields) ? Value::null() : found->get(call, *its);
}

Value Dialog::get_dlg_var(Call& call, Text key) {
  if (const dialog::DialogPtr its = dialog::current_or_named(call))
    return Value::of(dialog::variable_of(call.process(), *its, key, *call.arena));
  const dialog::Context* const context = dialog::find_context(call);
  const std::string* const value = context ? context->variables.find(key.view()) : nullptr;
  return value ? Value::of(call.arena->copy(Text(std::string_view(*value)))) : Value::null();
}

Code Dialog::set_dlg_var(Call& call, Text key, Value value) {
  const Text text = value.is_null() ? Text::null() : Operators::value_to_text(&call, value);
  bool set = false;
  if (dialog::current_or_named(call)) {
    set = dialog::set_variable_of(call, key, text);
  } else {
    set = dialog::context_of(call).variables.set(key.view(), text);
  }
  if (!set) log_line(call, LogLevel::Err, "dialog", {"$dlg_var(", key, "): there are too many, or it is too long"});
  return set ? 1 : -1;
}

Value Dialog::get_dlg_ctx(Call& call, Text key) {
  const dialog::Context* const context = dialog::find_context(call);
  if (key.view() == "set") return Value::of(Int{dialog::current(call) != nullptr});
  if (key.view() == "timeout_route") return context && context->timeout_route ? Value::of(context->timeout_route->name) : Value::null();
  if (!context) return Value::of(Int{0});
  if (key.view() == "dir") return Value::of(context->direction);
  if (key.view() == "on") return Value::of(context->on);
  if (key.view() == "timeout") return Value::of(context->timeout);
  if (key.view() == "timeout_bye") return Value::of(context->timeout_bye);
  return Value::of(context->timeout_route ? Int{1} : Int{0});   // timeout_route_id, which tells that there is one
}

Code Dialog::set_dlg_ctx(Call& call, Text key, Value value) {
  dialog::Context& context = dialog::context_of(call);
  if (key.view() == "timeout_route") {
    context.timeout_route = value.is_text() ? dialog::find_route(call.process(), value.text()) : nullptr;
    return 1;
  }
  const Int number = value.is_int() ? value.number() : 0;
  (key.view() == "timeout" ? context.timeout : key.view() == "timeout_bye" ? context.timeout_bye : context.on) = number;   // as in Kamailio
  return 1;
}

Int Dialog::get_DLG_count(Call& call) {
  return Param::enable_stats ? static_cast<Int>(dialog::shared_of(call.process()).active.load(std::memory_order_relaxed)) : 0;
}

Value Dialog::get_DLG_status(Call& call) {
  const dialog::DialogPtr its = dialog::old_current(call);
  if (!its) return Value::null();
  const dialog::Table::Lock lock = dialog::shared_of(call.process()).table.lock();
  return Value::of(static_cast<Int>(its->state));
}

Value Dialog::get_DLG_lifetime(Call& call) {
  const dialog::DialogPtr its = dialog::old_current(call);
  if (!its) return Value::null();
  const dialog::Table::Lock lock = dialog::shared_of(call.process()).table.lock();
  return Value::of(its->start_time ? call.worker->now.wall_seconds() - its->start_time : 0);
}

}  // namespace strowger
