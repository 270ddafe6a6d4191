// Flow analysis: what every $var may hold where it is read, through the calls of routes, and across runs.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A $var outlives a run (docs/decisions/0002), so a run starts with whatever any write may have left, or the start value.
// Routes are analysed together until nothing changes: the entry of a block is what holds at all its calls; behind a call
// the slots that the callee may write are as at its end, the others as before. Any function may start other runs (branch,
// failure, event routes): behind its call the slots that those write may hold what they write.
#include "compiler/analysis/flow.h"

#include <algorithm>
#include <utility>

#include "compiler/analysis/flow_writes.h"
#include "compiler/analysis/lower.h"
#include "compiler/analysis/passes.h"

namespace strowger::analysis {
namespace {

using modules::ArgKind;
using program::Expr;
using program::Fact;
using program::Op;
using program::Operand;
using program::Program;
using program::Statement;
using program::SwitchCase;
using program::VariableUse;
using program::kHoldsAny;
using program::kHoldsInt;
using program::kHoldsNull;
using program::kHoldsText;

/// Rounds after which a loop or the program counts as not settling: its constants and kinds are finite, so this is a guard.
constexpr int kManyRounds = 10000;

class Flow {
 public:
  explicit Flow(Program& program) : program_(program), writes_(slots_written(program)) {
    const std::size_t slots = program.slots.size();
    entry_.resize(program.routes.size());
    end_.resize(program.routes.size());
    written_.resize(slots);
    for (std::size_t i = 0; i < slots; ++i) {
      const program::SlotFact& fact = program.slot_facts[i];
      initial_.push_back(fact.nullable ? Held{kHoldsNull, true, {}} : Held{kHoldsInt, true, Int{0}});
      if (fact.listed || started_by_parameter(i))
        initial_.back() = {static_cast<std::uint8_t>(fact.nullable ? kHoldsAny : kHoldsInt | kHoldsText), true, {}};
    }
    nested_.resize(slots);
    for (std::size_t i = 0; i < program.routes.size(); ++i) {
      const program::Route& route = program.routes[i];
      // Only request_route itself never starts within another run.
      if (!route.is_entry || (route.kind == kRequestRoute && route.name.empty())) continue;
      for (const std::size_t slot : writes_[i]) nested_[slot] = true;
    }
  }

  void run() {
    for (int round = 0; round < kManyRounds && round_changes(); ++round) {
    }
    for (std::size_t i = 0; i < program_.slots.size(); ++i) {
      program::SlotFact& fact = program_.slot_facts[i];
      Held all = initial_[i];
      all.join(written_[i]);
      fact.holds = fact.listed ? kHoldsAny : all.holds;
      fact.persists = fact.persists || fact.listed;
    }
    for (std::size_t i = 0; i < program_.routes.size(); ++i) {
      if (!program_.routes[i].is_entry) continue;
      for (const std::size_t slot : writes_[i])
        if (program_.slot_facts[slot].persists && program_.slot_facts[slot].holds & kHoldsText)
          program_.routes[i].kept.push_back(slot);
      // What parameters and functions name may be written in any run.
      for (std::size_t slot = 0; slot < program_.slots.size(); ++slot) {
        std::vector<std::size_t>& kept = program_.routes[i].kept;
        if (program_.slot_facts[slot].listed && std::find(kept.begin(), kept.end(), slot) == kept.end()) kept.push_back(slot);
      }
    }
  }

 private:
  /// A parameter of the variable's own module may give it a value at start: "name=...".
  bool started_by_parameter(std::size_t slot) const {
    const std::string& full = program_.slots[slot];
    const std::string name = full.substr(full.find(':') + 1) + "=";
    for (const program::ParameterValue& value : program_.parameters) {
      if (!value.set_by_script || !value.parameter->repeated) continue;
      for (const std::string& text : value.texts)
        if (text.compare(0, name.size(), name) == 0) return true;
    }
    return false;
  }

  bool round_changes() {
    changed_ = false;
    FlowState start{true, initial_};
    for (std::size_t i = 0; i < start.slots.size(); ++i) {
      Held left = written_[i];
      left.foreign = true;
      start.slots[i].join(left);
    }
    for (std::size_t i = 0; i < program_.routes.size(); ++i) {
      if (program_.routes[i].is_entry) join(entry_[i], start);
      if (!entry_[i].reachable) continue;
      at_ = entry_[i];
      route_ = i;
      block(program_.routes[i].body);
      join(end_[i], at_);
    }
    return changed_;
  }

  void join(FlowState& into, const FlowState& from) {
    FlowState before = into;
    into.join(from);
    changed_ = changed_ || !(before == into);
  }

  // ---- statements ----

  void block(const program::Block& statements) {
    for (const auto& statement : statements) {
      if (!at_.reachable) return;
      this->statement(*statement);
    }
  }

  void statement(const Statement& s) {
    switch (s.kind) {
      case Statement::Kind::Empty:
        return;
      case Statement::Kind::Evaluate:
        return within_failures([&] { expr(*s.value); });
      case Statement::Kind::Assign:
        return within_failures([&] { assign(s.use, *s.value); });
      case Statement::Kind::If: {
        FlowState failed;
        value_or_failure(*s.value, failed);
        FlowState otherwise = at_;
        block(s.then);
        std::swap(at_, otherwise);
        at_.join(failed);
        block(s.otherwise);
        at_.join(otherwise);
        return;
      }
      case Statement::Kind::While:
        return loop(s);
      case Statement::Kind::Switch:
        return choice(s);
      case Statement::Kind::Return:
      case Statement::Kind::Exit:
      case Statement::Kind::Drop: {
        bool goes_on = s.kind == Statement::Kind::Return;
        if (s.value) {
          within_failures([&] { expr(*s.value); });
          goes_on = goes_on && !(s.value->op == Op::Int && s.value->number == 0);
        }
        if (goes_on) join(end_[route_], at_);
        at_ = {};
        return;
      }
      case Statement::Kind::Break:
        if (breaks_.empty()) {
          join(end_[route_], at_);
        } else {
          breaks_.back().join(at_);
        }
        at_ = {};
        return;
    }
  }

  void loop(const Statement& s) {
    FlowState head = at_;
    FlowState after;
    for (int round = 0; round < kManyRounds; ++round) {
      at_ = head;
      after = {};
      FlowState failed;
      value_or_failure(*s.value, failed);
      after.join(at_);
      after.join(failed);
      breaks_.emplace_back();
      block(s.then);
      after.join(breaks_.back());
      breaks_.pop_back();
      FlowState next = head;
      next.join(at_);
      if (next == head) break;
      head = std::move(next);
    }
    at_ = std::move(after);
  }

  void choice(const Statement& s) {
    FlowState failed;
    value_or_failure(*s.value, failed);   // what cannot be evaluated goes to default
    FlowState chosen = at_;
    chosen.join(failed);
    breaks_.emplace_back();
    bool has_default = false;
    at_ = {};
    for (const SwitchCase& label : s.cases) {
      has_default = has_default || label.kind == SwitchCase::Kind::Default;
      at_.join(chosen);
      block(label.body);
    }
    at_.join(breaks_.back());
    breaks_.pop_back();
    if (!has_default) at_.join(chosen);
  }

  /// What fails inside goes on behind it.
  template <class Inside>
  void within_failures(Inside inside) {
    FlowState outer = std::exchange(failed_, FlowState{});
    inside();
    at_.join(failed_);
    failed_ = std::move(outer);
  }

  void value_or_failure(const Expr& e, FlowState& failed) {
    FlowState outer = std::exchange(failed_, FlowState{});
    expr(e);
    failed.join(failed_);
    failed_ = std::move(outer);
  }

  // ---- expressions: in the order in which they are evaluated ----

  Fact expr(const Expr& e) {
    Fact fact = evaluate(e);
    const bool says_more = e.op == Op::Variable || e.type != modules::Type::Int || fact.number;
    const bool leaf = e.op == Op::Int || e.op == Op::Text || e.op == Op::Null;
    if (fact.holds != 0 && !leaf && (says_more || program_.facts.count(&e))) remember(e, fact);
    return fact;
  }

  /// The facts of all visits of an expression are joined: in the end every visit is covered.
  void remember(const Expr& e, const Fact& fact) {
    const auto [known, is_new] = program_.facts.emplace(&e, fact);
    if (is_new) return;
    known->second.holds |= fact.holds;
    if (known->second.number != fact.number) known->second.number.reset();
  }

  Fact evaluate(const Expr& e) {
    switch (e.op) {
      case Op::Int:
        return {kHoldsInt, e.number};
      case Op::Text:
        return {kHoldsText, {}};
      case Op::Null:
        return {kHoldsNull, {}};
      case Op::Variable:
        return variable(e);
      case Op::Transform: {
        const Fact input = expr(*e.args[0]);
        operands(e);
        if (e.type == modules::Type::Int) return {kHoldsInt, {}};
        std::uint8_t holds = e.type == modules::Type::Text ? kHoldsText : kHoldsAny;
        const bool lost = input.holds & kHoldsNull && !e.transformation->accepts_null;
        if (e.transformation->nullable || lost) holds |= kHoldsNull;
        return {holds, {}};
      }
      case Op::Call: {
        const FlowState before = at_;
        operands(e);
        at_.join(before);   // a guard may have skipped them
        call(e);
        return {kHoldsInt, {}};
      }
      case Op::CallRoute:
        enter(e.route);
        return {kHoldsInt, {}};
      case Op::CallRouteNamed:
        expr(*e.args[0]);
        call_by_name();
        return {kHoldsInt, {}};
      case Op::ToAny:
        return expr(*e.args[0]);
      case Op::ToInt: {
        const Fact value = expr(*e.args[0]);
        return {kHoldsInt, value.holds == kHoldsInt ? value.number : std::nullopt};
      }
      case Op::ToText: {
        const Fact value = expr(*e.args[0]);
        return {static_cast<std::uint8_t>((value.holds & kHoldsNull) | (value.holds & ~kHoldsNull ? kHoldsText : 0)), {}};
      }
      case Op::And:
      case Op::Or: {
        expr(*e.args[0]);
        const FlowState decided = at_;
        expr(*e.args[1]);
        at_.join(decided);
        return {kHoldsInt, {}};
      }
      case Op::SelVal: {
        expr(*e.args[0]);
        const FlowState chosen = at_;
        const Fact first = expr(*e.args[1]);
        FlowState after = std::exchange(at_, chosen);
        const Fact second = expr(*e.args[2]);
        at_.join(after);
        // What is undefined becomes an empty text, unless the choice is said to be nullable.
        const auto holds = static_cast<std::uint8_t>(first.holds | second.holds);
        if (e.nullable) return {holds, {}};
        return {static_cast<std::uint8_t>(holds & kHoldsNull ? (holds & ~kHoldsNull) | kHoldsText : holds), {}};
      }
      case Op::AddAny: {
        const Fact left = expr(*e.args[0]);
        right_side(e);
        std::uint8_t holds = left.holds & kHoldsInt;
        if (left.holds & (kHoldsText | kHoldsNull)) holds |= kHoldsText;
        return {holds, {}};
      }
      case Op::EqAny:
      case Op::NeAny:
        expr(*e.args[0]);
        right_side(e);
        return {kHoldsInt, {}};
      case Op::Concat: {
        for (const auto& arg : e.args) expr(*arg);
        return {static_cast<std::uint8_t>(e.limit ? kHoldsText | kHoldsNull : kHoldsText), {}};
      }
      case Op::Div:
      case Op::Mod:
      case Op::MatchDynamic: {
        const Fact left = expr(*e.args[0]);
        const Fact right = expr(*e.args[1]);
        failed_.join(at_);
        return arithmetic(e.op, left, right);
      }
      case Op::Assign: {
        within_failures([&] { assign(e.use, *e.args[0]); });
        return {kHoldsInt, {}};
      }
      case Op::Block:
        block(e.body);
        if (!at_.reachable) stop_expression();
        return {kHoldsInt, {}};
      default: {
        Fact values[2];
        for (std::size_t i = 0; i < e.args.size(); ++i) {
          const Fact value = expr(*e.args[i]);
          if (i < 2) values[i] = value;
        }
        operands(e);
        return e.args.size() == 2 ? arithmetic(e.op, values[0], values[1]) : Fact{kHoldsInt, {}};
      }
    }
  }

  /// One of two readings of the right side: the third operand where the left one is an int.
  void right_side(const Expr& e) {
    const FlowState before = at_;
    expr(*e.args[1]);
    if (e.args.size() < 3) return;
    const FlowState after = std::exchange(at_, before);
    expr(*e.args[2]);
    at_.join(after);
  }

  static Fact arithmetic(Op op, const Fact& left, const Fact& right) {
    const bool both = left.holds == kHoldsInt && right.holds == kHoldsInt && left.number && right.number;
    return {kHoldsInt, both ? fold_ints(op, *left.number, *right.number) : std::nullopt};
  }

  void operands(const Expr& e) {
    for (const Operand& operand : e.operands) {
      if (operand.value) expr(*operand.value);
      for (const std::size_t slot : slots_referred(program_, operand)) read(slot);
    }
  }

  void keys(const VariableUse& use) {
    for (const program::ExprPtr* part : {&use.key.value, &use.table_key.value, &use.index_value})
      if (*part) expr(**part);
    if (program::slot_of(use) >= 0) return;
    for (const std::size_t slot : slots_referred(program_, use.key)) read(slot);
  }

  Fact variable(const Expr& e) {
    keys(e.use);
    if (const std::ptrdiff_t slot = program::slot_of(e.use); slot >= 0) return read(static_cast<std::size_t>(slot));
    return program::declared_fact(e);
  }

  Fact read(std::size_t slot) {
    const Held& held = at_.slots[slot];
    if (held.foreign) program_.slot_facts[slot].persists = true;
    if (program_.slot_facts[slot].listed) {
      program_.slot_facts[slot].persists = true;
      return {static_cast<std::uint8_t>(program_.slot_facts[slot].nullable ? kHoldsAny : kHoldsInt | kHoldsText), {}};
    }
    return {held.holds, held.holds == kHoldsInt ? held.number : std::nullopt};
  }

  void assign(const VariableUse& use, const Expr& value) {
    const Fact fact = expr(value);
    keys(use);
    const std::ptrdiff_t slot = program::slot_of(use);
    if (slot >= 0) write(static_cast<std::size_t>(slot), {fact.holds, false, fact.number});
  }

  void write(std::size_t slot, Held held) {
    if (held.holds & kHoldsNull && !program_.slot_facts[slot].nullable) {
      held.holds = static_cast<std::uint8_t>((held.holds & ~kHoldsNull) | kHoldsInt);
      held.number.reset();
    }
    if (held.holds != kHoldsInt) held.number.reset();
    at_.slots[slot] = held;
    const Held before = written_[slot];
    written_[slot].join(held);
    changed_ = changed_ || !(before == written_[slot]);
  }

  // ---- calls ----

  void call(const Expr& e) {
    // By reference: it may be written, with anything.
    for (const Operand& operand : e.operands)
      for (const std::size_t slot : slots_referred(program_, operand)) {
        Held held = at_.slots[slot];
        held.join({kHoldsAny, false, {}});
        write(slot, held);
      }
    if (e.function && has_effect(*e.function, "call_route")) call_by_name();
    for (std::size_t slot = 0; slot < nested_.size(); ++slot) {
      if (!nested_[slot] || written_[slot].holds == 0) continue;
      Held other = written_[slot];
      other.foreign = true;
      at_.slots[slot].join(other);
    }
  }

  void enter(std::size_t callee) {
    join(entry_[callee], at_);
    const bool may_be_refused = program_.routes[callee].recursive;   // max_recursive_level: not run at all
    if (may_be_refused) {
      for (const std::size_t slot : writes_[callee])
        if (end_[callee].reachable) at_.slots[slot].join(end_[callee].slots[slot]);
      return join_nested(at_, callee);
    }
    if (!end_[callee].reachable) {
      at_ = {};
      stop_expression();
      return;
    }
    for (const std::size_t slot : writes_[callee]) at_.slots[slot] = end_[callee].slots[slot];
    join_nested(at_, callee);
  }

  /// What runs inside of the callee's calls of functions may have written, though the callee does not.
  void join_nested(FlowState& into, std::size_t callee) {
    if (!end_[callee].reachable) return;
    for (std::size_t slot = 0; slot < nested_.size(); ++slot)
      if (nested_[slot]) into.slots[slot].join(end_[callee].slots[slot]);
  }

  void call_by_name() {
    FlowState after = at_;
    for (std::size_t i = 0; i < program_.routes.size(); ++i) {
      if (program_.routes[i].kind != kRequestRoute || program_.routes[i].name.empty()) continue;
      join(entry_[i], at_);
      if (!end_[i].reachable) continue;
      for (const std::size_t slot : writes_[i]) after.slots[slot].join(end_[i].slots[slot]);
      join_nested(after, i);
    }
    at_ = std::move(after);
  }

  /// The rest of an expression whose call does not come back is still visited: every slot holds nothing then.
  void stop_expression() { at_ = {false, std::vector<Held>(program_.slots.size())}; }

  Program& program_;
  const std::vector<std::set<std::size_t>> writes_;
  std::vector<FlowState> entry_, end_;  ///< by route
  std::vector<Held> initial_, written_;
  std::vector<bool> nested_;            ///< by slot: a run inside another may write it
  std::vector<FlowState> breaks_;
  FlowState at_, failed_;
  std::size_t route_ = 0;
  bool changed_ = false;
};

}  // namespace

void analyse_flow(Program& program) {
  mark_entries(program);
  mark_slots(program);
  Flow(program).run();
}

}  // namespace strowger::analysis
