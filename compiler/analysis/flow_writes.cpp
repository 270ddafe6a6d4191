// Who writes which slot, which blocks start runs: what flow analysis knows before it follows values.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/analysis/flow_writes.h"

#include <algorithm>

namespace strowger::analysis {
namespace {

using modules::ArgKind;
using program::Expr;
using program::Op;
using program::Operand;
using program::Program;
using program::VariableUse;

class Walk {
 public:
  Walk(const std::function<void(const Expr&)>& visit, const std::function<void(const VariableUse&)>& target)
      : visit_(visit), target_(target) {}

  void block(const program::Block& statements) {
    for (const auto& statement : statements) {
      if (statement->value) expr(*statement->value);
      if (statement->kind == program::Statement::Kind::Assign) {
        if (target_) target_(statement->use);
        use(statement->use);
      }
      block(statement->then);
      block(statement->otherwise);
      for (const program::SwitchCase& label : statement->cases) block(label.body);
    }
  }
  void expr(const Expr& e) {
    visit_(e);
    for (const auto& arg : e.args) expr(*arg);
    for (const Operand& operand : e.operands)
      if (operand.value) expr(*operand.value);
    if (e.op == Op::Assign && target_) target_(e.use);
    use(e.use);
    block(e.body);
  }
  void use(const VariableUse& variable) {
    for (const program::ExprPtr* part : {&variable.key.value, &variable.table_key.value, &variable.index_value})
      if (*part) expr(**part);
  }

 private:
  const std::function<void(const Expr&)>& visit_;
  const std::function<void(const VariableUse&)>& target_;
};

bool is_word_of(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; }

/// Does the name stand in the text as a word?
bool mentions(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos; at = text.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if ((at == 0 || !is_word_of(text[at - 1])) && (end == text.size() || !is_word_of(text[end]))) return true;
  }
  return false;
}

bool is_named_route(const program::Route& route) { return route.kind == kRequestRoute && !route.name.empty(); }

}  // namespace

bool has_effect(const modules::Function& f, std::string_view effect) {
  return std::find(f.does.begin(), f.does.end(), effect) != f.does.end();
}

void each_expr(const program::Block& block, const std::function<void(const Expr&)>& visit,
               const std::function<void(const VariableUse&)>& target) {
  Walk(visit, target).block(block);
}

std::vector<std::size_t> slots_referred(const Program& program, const Operand& operand) {
  std::vector<std::size_t> out;
  const auto add = [&](std::size_t variable) {
    const VariableUse& use = program.variables[variable];
    if (const std::ptrdiff_t slot = program::slot_of(use); slot >= 0) out.push_back(static_cast<std::size_t>(slot));
    const auto each = [&](const Expr& e) {
      if (e.op != Op::Variable) return;
      if (const std::ptrdiff_t slot = program::slot_of(e.use); slot >= 0) out.push_back(static_cast<std::size_t>(slot));
    };
    const std::function<void(const Expr&)> visit = each;
    Walk(visit, nullptr).use(use);
  };
  if (operand.kind == ArgKind::Slot) out.push_back(static_cast<std::size_t>(operand.number));
  if (operand.kind == ArgKind::Variable && operand.constant < program.variables.size()) add(operand.constant);
  if (operand.kind == ArgKind::Subst && operand.constant < program.substs.size())
    for (const auto& part : program.substs[operand.constant].parts)
      if (part.variable) add(part.variable - 1);
  if ((operand.kind == ArgKind::Path || operand.kind == ArgKind::Fields) && operand.constant < program.paths.size())
    for (const auto& step : program.paths[operand.constant].steps)
      if (step.variable) add(step.variable - 1);
  return out;
}

std::vector<std::set<std::size_t>> slots_written(const Program& program) {
  const std::size_t count = program.routes.size();
  std::vector<std::set<std::size_t>> writes(count);
  std::vector<std::set<std::size_t>> calls(count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto by_name = [&] {
      for (std::size_t k = 0; k < count; ++k)
        if (is_named_route(program.routes[k])) calls[i].insert(k);
    };
    each_expr(
        program.routes[i].body,
        [&](const Expr& e) {
          if (e.op == Op::CallRoute) calls[i].insert(e.route);
          if (e.op == Op::CallRouteNamed) by_name();
          if (e.op == Op::Call && e.function && has_effect(*e.function, "call_route")) by_name();
          if (e.op != Op::Call) return;
          for (const Operand& operand : e.operands)
            for (const std::size_t slot : slots_referred(program, operand)) writes[i].insert(slot);
        },
        [&](const VariableUse& use) {
          if (const std::ptrdiff_t slot = program::slot_of(use); slot >= 0) writes[i].insert(static_cast<std::size_t>(slot));
        });
  }
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = count; i-- > 0;) {  // mostly, what is called stands below
      const std::size_t before = writes[i].size();
      for (const std::size_t callee : calls[i])
        if (callee != i) writes[i].insert(writes[callee].begin(), writes[callee].end());
      changed = changed || writes[i].size() != before;
    }
  }
  return writes;
}

// A route[X] is only called from routes, unless something outside has its name: an argument, a parameter.
void mark_entries(Program& program) {
  for (program::Route& route : program.routes) {
    route.is_entry = !is_named_route(route);
    if (route.is_entry) continue;
    for (const program::RouteConstant& constant : program.routes_named)
      route.is_entry = route.is_entry || (constant.kind == kRequestRoute && constant.name == route.name);
    for (const program::ParameterValue& value : program.parameters)
      for (const std::string& text : value.texts)
        route.is_entry = route.is_entry || (value.set_by_script && mentions(text, route.name));
    for (const program::CoreParameter& value : program.core_parameters)
      route.is_entry = route.is_entry || (value.is_text && mentions(value.text, route.name));
  }
  for (const program::Route& route : program.routes)
    each_expr(route.body, [&](const Expr& e) {
      if (e.op != Op::Call || !e.function) return;
      for (const Operand& operand : e.operands) {
        const std::string* text = !operand.text.empty() ? &operand.text : nullptr;
        if (operand.value && operand.value->op == Op::Text) text = &operand.value->text;
        if (!text) continue;
        for (program::Route& named : program.routes)
          if (is_named_route(named) && *text == named.name) named.is_entry = true;
      }
    });
}

void mark_slots(Program& program) {
  program.slot_facts.assign(program.slots.size(), {std::uint8_t{0}, true, false, false});
  const auto see = [&](const VariableUse& use) {
    const std::ptrdiff_t slot = program::slot_of(use);
    if (slot >= 0 && !use.variable->nullable) program.slot_facts[static_cast<std::size_t>(slot)].nullable = false;
  };
  const auto list = [&](const VariableUse& use) {
    see(use);
    if (const std::ptrdiff_t slot = program::slot_of(use); slot >= 0) program.slot_facts[static_cast<std::size_t>(slot)].listed = true;
  };
  bool all = false;
  for (const program::Route& route : program.routes)
    each_expr(
        route.body,
        [&](const Expr& e) {
          if (e.op == Op::Variable) see(e.use);
          if (e.op == Op::Call && e.function && has_effect(*e.function, "all_variables")) all = true;
        },
        see);
  for (const VariableUse& use : program.variables) see(use);
  for (const program::ParameterValue& value : program.parameters) {
    if (value.variable) list(program.variables[value.variable - 1]);
    if (value.path)
      for (const auto& step : program.paths[value.path - 1].steps) list(program.variables[step.variable - 1]);
  }
  if (program.log_prefix) {
    const std::function<void(const Expr&)> visit = [&](const Expr& e) {
      if (e.op == Op::Variable) list(e.use);
      if (e.op != Op::Transform) return;
      for (const Operand& operand : e.operands)
        for (const std::size_t slot : slots_referred(program, operand)) program.slot_facts[slot].listed = true;
    };
    Walk(visit, nullptr).expr(*program.log_prefix);
  }
  if (all)
    for (program::SlotFact& fact : program.slot_facts) fact.listed = true;
}

}  // namespace strowger::analysis
