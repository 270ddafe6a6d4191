// One walk over the program that fills the tables of Index.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/index.h"

namespace strowger::lint {

using program::Expr;
using program::Op;
using program::Operand;
using program::Statement;
using program::VariableUse;

Index::Index(const program::Program& program_in) : program(program_in) {
  for (std::size_t i = 0; i < program.routes.size(); ++i) add_block(program.routes[i].body, i, kNone, 0);
  if (program.log_prefix) add(*program.log_prefix, kNone, kNone);
  for (const program::ParameterValue& value : program.parameters) {
    if (value.variable) {
      occur(program.variables[value.variable - 1], kNone, {}, true, true, nullptr, true);
      add(program.variables[value.variable - 1], kNone, kNone);
    }
    if (!value.path) continue;
    for (const auto& step : program.paths[value.path - 1].steps) {
      occur(program.variables[step.variable - 1], kNone, {}, true, false, nullptr, true);
      add(program.variables[step.variable - 1], kNone, kNone);
    }
  }
}

const std::vector<std::size_t>& Index::calls_of(const std::string& function) const {
  static const std::vector<std::size_t> none;
  const auto at = calls.find(function);
  return at == calls.end() ? none : at->second;
}

const std::vector<std::size_t>& Index::uses_of(const std::string& variable) const {
  static const std::vector<std::size_t> none;
  const auto at = by_variable.find(variable);
  return at == by_variable.end() ? none : at->second;
}

bool Index::is_loaded(std::string_view module) const {
  for (const modules::ModuleInterface* loaded : program.loaded)
    if (loaded->name == module) return true;
  return false;
}

const program::ParameterValue* Index::parameter(std::string_view module, std::string_view name) const {
  for (const program::ParameterValue& value : program.parameters)
    if (value.parameter->module == module && value.parameter->name == name) return &value;
  return nullptr;
}

const program::CoreParameter* Index::core_parameter(std::string_view name) const {
  const program::CoreParameter* found = nullptr;
  for (const program::CoreParameter& value : program.core_parameters)
    if (value.name == name) found = &value;
  return found;
}

bool Index::is_bare(const ExpressionSite& site) const {
  if (site.parent != kNone || site.statement == kNone) return false;
  return statements[site.statement].s->kind == Statement::Kind::Evaluate;
}

std::string Index::name_of(const VariableUse& use) const {
  if (!use.variable) return use.written;  // a text or a variable behind transformations
  std::string out = "$" + (use.variable->name == "vz" ? std::string("var") : use.variable->name);
  if (!use.has_key) return out;
  const Operand& key = use.key;
  if (key.kind == modules::ArgKind::Path) {
    const auto& steps = program.paths[key.constant].steps;
    return out + "(" + (steps.empty() ? std::string("*") : steps.front().name) + ")";
  }
  if (key.kind == modules::ArgKind::Header)
    return out + "(" + (key.value ? std::string("*") : program.headers[key.constant].name) + ")";
  if (key.kind == modules::ArgKind::Variable) return out + "(" + name_of(program.variables[key.constant]) + ")";
  if (key.value && key.value->op == Op::Text) return out + "(" + key.value->text + ")";
  if (key.value) return out + "(*)";
  return out + "(" + (key.text.empty() ? std::to_string(key.number) : key.text) + ")";
}

void Index::occur(const VariableUse& use, std::size_t statement, text::Span span, bool reads, bool writes,
                  const Expr* value, bool by_reference) {
  if (!use.variable) return;  // add() finds what a text or a variable behind transformations reads
  Occurrence o{&use, name_of(use), statement, span, reads, writes, by_reference, value};
  by_variable[o.name].push_back(occurrences.size());
  occurrences.push_back(std::move(o));
}

void Index::add(const Operand& operand, std::size_t parent, std::size_t statement) {
  if (operand.value) return add(*operand.value, parent, statement);
  if (operand.kind == modules::ArgKind::Variable) {
    const VariableUse& use = program.variables[operand.constant];
    occur(use, statement, operand.span, true, true, nullptr, true);
    add(use, parent, statement);
  } else if (operand.kind == modules::ArgKind::Subst) {
    for (const auto& part : program.substs[operand.constant].parts)
      if (part.variable) {
        occur(program.variables[part.variable - 1], statement, operand.span, true, false, nullptr);
        add(program.variables[part.variable - 1], parent, statement);
      }
  } else if (operand.kind == modules::ArgKind::Path || operand.kind == modules::ArgKind::Fields) {
    const bool may_write = operand.kind == modules::ArgKind::Fields;
    for (const auto& step : program.paths[operand.constant].steps)
      if (step.variable) {
        occur(program.variables[step.variable - 1], statement, operand.span, true, may_write, nullptr, may_write);
        add(program.variables[step.variable - 1], parent, statement);
      }
  }
}

void Index::add(const VariableUse& use, std::size_t parent, std::size_t statement) {
  if (use.value) return add(*use.value, parent, statement);
  if (use.has_key) {
    add(use.key, parent, statement);
    if (use.table_key.value) add(*use.table_key.value, parent, statement);
  }
  if (use.index_value) add(*use.index_value, parent, statement);
}

void Index::add(const Expr& e, std::size_t parent, std::size_t statement) {
  const std::size_t here = expressions.size();
  expressions.push_back({&e, parent, statement});
  if (e.op == Op::Call) calls[e.function->name].push_back(here);
  if (e.op == Op::Variable) occur(e.use, statement, e.span, true, false, nullptr);
  if (e.op == Op::Assign) occur(e.use, statement, e.span, false, true, e.args.empty() ? nullptr : e.args[0].get());
  add(e.use, here, statement);
  for (const program::ExprPtr& arg : e.args) add(*arg, here, statement);
  for (const Operand& operand : e.operands) add(operand, here, statement);
  if (!e.body.empty() && statement != kNone)
    add_block(e.body, statements[statement].route, statement, statements[statement].loops);
}

void Index::add_block(const program::Block& block, std::size_t route, std::size_t parent, unsigned loops) {
  for (std::size_t i = 0; i < block.size(); ++i) {
    const Statement& s = *block[i];
    const std::size_t here = statements.size();
    statement_of[&s] = here;
    statements.push_back({&s, &block, i, route, parent, loops});
    if (s.value) add(*s.value, kNone, here);
    if (s.use.variable) {
      occur(s.use, here, s.span, false, true, s.value.get());
      add(s.use, kNone, here);
    }
    const unsigned inner = loops + (s.kind == Statement::Kind::While ? 1 : 0);
    add_block(s.then, route, here, inner);
    add_block(s.otherwise, route, here, inner);
    for (const program::SwitchCase& c : s.cases) add_block(c.body, route, here, inner);
  }
}

const std::string* constant_text(const Operand& operand) {
  if (operand.value) return operand.value->op == Op::Text ? &operand.value->text : nullptr;
  switch (operand.kind) {
    case modules::ArgKind::Literal:
    case modules::ArgKind::Word:
    case modules::ArgKind::Name:
      return &operand.text;
    default:
      return nullptr;
  }
}

text::Span place_of(const program::Route& route, const program::Program& program) {
  for (const syntax::Route& from : program.ast->routes)
    if (from.span.file == route.span.file && from.span.offset == route.span.offset)
      return from.name_span.file ? from.name_span : text::Span{route.span.file, route.span.offset, 1, route.span.expansion};
  return route.span;
}

std::string shown(const program::Route& route) {
  const char* kind = route.kind == kFailureRoute     ? "failure_route"
                     : route.kind == kBranchRoute    ? "branch_route"
                     : route.kind == kReplyRoute     ? "onreply_route"
                     : route.kind == kCoreReplyRoute ? "reply_route"
                     : route.kind == kOnsendRoute    ? "onsend_route"
                     : route.kind == kRequestRoute   ? (route.name.empty() ? "request_route" : "route")
                                                     : "event_route";
  return route.name.empty() ? kind : std::string(kind) + "[" + route.name + "]";
}

}  // namespace strowger::lint
