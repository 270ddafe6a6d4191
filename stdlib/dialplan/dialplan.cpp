// dp_translate(), dp_match(), dp_replace(), and the loading of the rules.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <atomic>

#include "dialplan.interface.h"
#include "runtime/script/aside.h"
#include "runtime/script/call.h"
#include "runtime/script/evaluate.h"
#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "runtime/script/rewrite_uri.h"
#include "runtime/script/rpc.h"
#include "runtime/script/snapshot.h"
#include "stdlib/dialplan/rules.h"

namespace strowger {
namespace {

constexpr Int kTableVersion = 2;
constexpr Code kNoMatch = -1, kNoPlan = -2;

struct Shared {
  Snapshot<dialplan::Plans> plans;
  std::atomic<std::int64_t> loaded_at{INT64_MIN / 2};   ///< monotonic seconds
  Aside aside;
};

struct PerWorker {
  Shared* shared = nullptr;
  SnapshotReader<dialplan::Plans> plans;
  pcre::Matcher matcher;
};

std::shared_ptr<const dialplan::Plans> load(const Process& process, std::string& why) {
  using P = Dialplan::Param;
  std::vector<std::string> columns;
  for (const Text column : {P::dpid_col, P::pr_col, P::match_op_col, P::match_exp_col, P::match_len_col, P::subst_exp_col, P::repl_exp_col, P::attrs_col})
    columns.emplace_back(column.view());
  if (!db::has_version(process, P::db_url.view(), P::table_name.view(), kTableVersion, why)) return nullptr;
  const auto rows = db::load_table(process, P::db_url.view(), P::table_name.view(), columns, why);
  return rows ? dialplan::build(*rows, why) : nullptr;
}

PerWorker& state_of(Worker& worker) { return worker.state<PerWorker>(Dialplan::slot); }

enum class Reload : std::uint8_t { Done, TooSoon, Failed };
Reload reload(Worker& worker) {
  Shared* const shared = state_of(worker).shared;
  const std::int64_t now = worker.now.mono / 1000;
  if (now < shared->loaded_at.load() + Dialplan::Param::reload_delta) return Reload::TooSoon;
  const auto good = std::make_shared<std::atomic<bool>>(false);
  const Aside::Result result = shared->aside.run(worker, [shared, good, process = &worker.process] {
    std::string why;
    auto plans = load(*process, why);
    if (!plans) return process->log.write(LogLevel::Err, "dialplan: " + why);
    shared->plans.publish(std::move(plans));
    *good = true;
  });
  if (result == Aside::Result::Busy) return Reload::TooSoon;
  if (!*good) return Reload::Failed;
  shared->loaded_at = now;
  return Reload::Done;
}

bool tell_attributes(Call& call, const dialplan::Rule& rule) {
  const VariableRef* const target = Dialplan::Param::attrs_pvar;
  return !target || (target->set && target->set(&call, Value::of(call.arena->copy(std::string_view(rule.attributes)))) > 0);
}

void complain(Call& call, const std::string& why) {
  if (!why.empty()) log_line(call, LogLevel::Err, "dialplan", {std::string_view(why)});
}

const dialplan::Plan* find_plan(Call& call, const dialplan::Plans& plans, Int id) {
  const dialplan::Plan* const plan = plans.find(id);
  if (!plan) log_line(call, LogLevel::Err, "dialplan", {"there are no rules with dpid ", Operators::int_to_text(&call, id)});
  return plan;
}

/// Asks the plan with this id about a text that is not empty; `ask` gets the plan and the matcher.
template <class Ask>
Code with_plan(Call& call, Int id, Text text, Ask ask) {
  PerWorker& state = state_of(*call.worker);
  const auto plans = state.plans.get(state.shared->plans);
  const dialplan::Plan* const plan = find_plan(call, *plans, id);
  if (!plan) return kNoPlan;
  return text.empty() ? kNoMatch : ask(*plan, state.matcher);
}

/// Translates; `write` gets the output where there is one. `known`: the variables that repl_exp may name.
template <class Write>
Code translate(Call& call, Int id, Text text, const Path& known, Write write) {
  return with_plan(call, id, text, [&](const dialplan::Plan& plan, auto& matcher) -> Code {
    std::string why;
    const auto result = dialplan::translate(plan, text.view(), matcher, why,
                                                [&](std::string_view piece) { return evaluated(call, Text(piece), known); });
    complain(call, why);
    if (!result || !tell_attributes(call, *result->rule)) return kNoMatch;
    if (!result->output) return 1;
    const Text output = call.arena->copy(std::string_view(*result->output));
    return !output.is_null() && write(output) ? 1 : kNoMatch;
  });
}

Code refuse(Call& call, Text name) {
  log_line(call, LogLevel::Err, "dialplan", {name, " cannot be written"});
  return kNoMatch;
}

Text read(Call& call, const VariableRef& variable) { return Operators::value_to_text(&call, variable.get(&call)); }

}  // namespace

void Dialplan::start(Process& process) {
  auto* const shared = new Shared;
  process.module_state[slot] = shared;
  std::string why;
  if (auto plans = load(process, why)) return shared->plans.publish(std::move(plans));
  process.log.write(LogLevel::Crit, "dialplan: " + why);
  process.failed = true;
}

void Dialplan::worker_start(Worker& worker) {
  auto* const state = new PerWorker;
  state->shared = static_cast<Shared*>(worker.process.module_state[slot]);
  worker.module_state[slot] = state;
  worker.cleanups.push_back([state] { delete state; });
}

void Dialplan::stop(Process& process) {
  delete static_cast<Shared*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

Code Dialplan::dp_translate(Call& call, Int id, const Path& known) {
  const sip::Uri* const uri = call.live->message.is_request() ? call.live->parsed_uri() : nullptr;
  if (!uri) return kNoMatch;
  return translate(call, id, uri->user, known, [&](Text output) { return set_user(*call.live, *call.arena, output) > 0; });
}

Code Dialplan::dp_translate(Call& call, Int id, const Path& variables, const Path& known) {
  const VariableRef* const source = variables.count > 0 ? variables.steps[0].index_variable : nullptr;
  const VariableRef* const target = variables.count > 1 ? variables.steps[1].index_variable : nullptr;
  if (!source || (variables.count > 1 && !target)) return refuse(call, "what is no variable");
  if (target && !target->set) return refuse(call, target->name);
  return translate(call, id, read(call, *source), known, [&](Text output) { return !target || target->set(&call, Value::of(output)) > 0; });
}

Code Dialplan::dp_replace(Call& call, Int id, Text text, const VariableRef& target, const Path& known) {
  if (!target.set) return refuse(call, target.name);
  return translate(call, id, text, known, [&](Text output) { return target.set(&call, Value::of(output)) > 0; });
}

Code Dialplan::dp_match(Call& call, Int id, Text text) {
  return with_plan(call, id, text, [&](const dialplan::Plan& plan, auto& matcher) -> Code {
    std::string why;
    const dialplan::Rule* const rule = dialplan::find_rule(plan, text.view(), matcher, why);
    complain(call, why);
    return rule && tell_attributes(call, *rule) ? 1 : kNoMatch;
  });
}

Code Dialplan::dp_reload(Call& call) { return reload(*call.worker) == Reload::Failed ? -1 : 1; }

void Dialplan::rpc_dialplan_reload(RpcCall& call) {
  switch (reload(call.worker)) {
    case Reload::Done: return;
    case Reload::TooSoon: return call.fault(500, "ongoing reload");
    case Reload::Failed: return call.fault(500, "Dialplan Reload Failed");
  }
}

void Dialplan::rpc_dialplan_translate(RpcCall& call) {
  const auto id = call.next_int();
  const auto text = call.next_text();
  if (!id || !text) return call.fault(500, "Invalid parameters");
  PerWorker& state = state_of(call.worker);
  const auto plans = state.plans.get(state.shared->plans);
  const dialplan::Plan* const plan = plans->find(*id);
  if (!plan) return call.fault(500, "Dialplan ID not matched");
  if (text->empty()) return call.fault(500, "Empty input parameter");
  std::string why;
  const auto result = dialplan::translate(*plan, *text, state.matcher, why);
  if (!result) return call.fault(500, "No translation");
  const auto or_null = [](const std::string& value) { return value.empty() ? Text::null() : Text(std::string_view(value)); };
  call.reply.begin_struct();
  call.reply.add_named("Output", or_null(result->output.value_or("")));
  call.reply.add_named("Attributes", or_null(result->rule->attributes));
  call.reply.end_struct();
}

void Dialplan::rpc_dialplan_dump(RpcCall& call) {
  const auto id = call.next_int();
  if (!id) return call.fault(500, "Missing parameter");
  PerWorker& state = state_of(call.worker);
  const auto plans = state.plans.get(state.shared->plans);
  const dialplan::Plan* const plan = plans->find(*id);
  if (!plan) return call.fault(500, "Dialplan ID not matched");
  const auto or_null = [](const std::string& value) { return value.empty() ? Text::null() : Text(std::string_view(value)); };
  call.reply.begin_struct();
  call.reply.add_named("DPID", plan->id);
  call.reply.begin_array("ENTRIES");
  for (const dialplan::Rule& rule : plan->rules) {
    call.reply.begin_struct();
    call.reply.begin_struct("ENTRY");
    call.reply.add_named("PRIO", rule.priority);
    call.reply.add_named("MATCHOP", static_cast<Int>(rule.op));
    call.reply.add_named("MATCHEXP", or_null(rule.match));
    call.reply.add_named("MATCHLEN", rule.length);
    call.reply.add_named("SUBSTEXP", or_null(rule.subst));
    call.reply.add_named("REPLEXP", or_null(rule.replacement));
    call.reply.add_named("ATTRS", or_null(rule.attributes));
    call.reply.end_struct();
    call.reply.end_struct();
  }
  call.reply.end_array();
  call.reply.end_struct();
}

}  // namespace strowger
