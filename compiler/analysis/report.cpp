// The report of what could not be decided at compile time: tagged values, dynamic keys, names and patterns, RE2.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/analysis/report.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "compiler/analysis/flow_writes.h"
#include "compiler/regex/automaton.h"

namespace strowger::analysis {
namespace {

using modules::ArgKind;
using modules::Type;
using program::Expr;
using program::Op;
using program::Operand;
using program::Program;
using program::VariableUse;
using text::Span;

std::string words_of(std::uint8_t holds) {
  std::vector<std::string> words;
  if (holds & program::kHoldsInt) words.emplace_back("an int");
  if (holds & program::kHoldsText) words.emplace_back("a text");
  if (holds & program::kHoldsNull) words.emplace_back("null");
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) out += (i == 0 ? "" : i + 1 == words.size() ? " or " : ", ") + words[i];
  return out;
}

class Reporter {
 public:
  explicit Reporter(const Program& program) : program_(program) {}

  std::string run() {
    for (const program::Route& route : program_.routes)
      each_statement(route.body, [&](const program::Statement& s) {
        if (s.kind != program::Statement::Kind::Assign || !s.value) return;
        note_write(s.use, *s.value, s.span);
      });
    for (const program::Route& route : program_.routes) {
      each_expr(route.body, [&](const Expr& e) { expr(e); });
      each_statement(route.body, [&](const program::Statement& s) { statement(s); });
    }
    std::string out;
    std::set<std::pair<std::string, std::uint32_t>> lines;
    for (const auto& [path, line, words] : rows_) {
      out += path + ":" + std::to_string(line) + ": " + words + "\n";
      lines.insert({path, line});
    }
    return out + std::to_string(rows_.size()) + " places in " + std::to_string(lines.size()) + " lines are decided at run time\n";
  }

 private:
  template <class Visit>
  void each_statement(const program::Block& block, Visit visit) {
    for (const auto& s : block) {
      visit(*s);
      each_statement(s->then, visit);
      each_statement(s->otherwise, visit);
      for (const program::SwitchCase& label : s->cases) each_statement(label.body, visit);
    }
  }

  void add(const Span& span, const std::string& words) {
    if (span.file) rows_.insert({span.file->path, span.line(), words});
  }

  void note_write(const VariableUse& use, const Expr& value, const Span& span) {
    if (const std::ptrdiff_t slot = program::slot_of(use); slot >= 0 && span.file)
      writes_[static_cast<std::size_t>(slot)].insert({program::fact_of(program_, value).holds, span.line()});
  }

  void statement(const program::Statement& s) {
    if (s.kind == program::Statement::Kind::Assign) use(s.use, s.span);
    for (const program::SwitchCase& label : s.cases)
      if (label.kind == program::SwitchCase::Kind::Regex) pattern(label.regex, false, label.span.file ? label.span : s.span);
  }

  void expr(const Expr& e) {
    switch (e.op) {
      case Op::Variable:
        use(e.use, e.span);
        return variable(e);
      case Op::AddAny:
      case Op::EqAny:
      case Op::NeAny: {
        const std::uint8_t left = program::fact_of(program_, *e.args[0]).holds;
        if (program::type_of(left) != Type::Any) return;
        const char* const op = e.op == Op::AddAny ? "+" : e.op == Op::EqAny ? "==" : "!=";
        return add(e.span, std::string(op) + ": goes by the type of its left side, " + words_of(left));
      }
      case Op::Match:
        return pattern(e.constant, false, e.span);
      case Op::MatchDynamic:
        return add(e.span, "=~: the pattern is made at run time (RE2)");
      case Op::CallRouteNamed:
        return add(e.span, "route(): the name is made at run time");
      case Op::Assign:
        return use(e.use, e.span);
      case Op::Call:
        if (e.function && has_effect(*e.function, "call_route"))
          add(e.span, e.function->name + "(): the route's name is looked up at run time");
        for (const Operand& operand : e.operands) reference(operand, e.span, e.function ? e.function->name + "()" : "");
        return;
      case Op::Transform:
        for (const Operand& operand : e.operands)
          reference(operand, e.span, e.transformation ? "{" + e.transformation->klass + "." + e.transformation->op + "}" : "");
        return;
      default:
        return;
    }
  }

  void variable(const Expr& e) {
    const std::uint8_t holds = program::fact_of(program_, e).holds;
    if (e.type != Type::Any || holds == program::kHoldsNull || program::type_of(holds) != Type::Any) return;
    const std::ptrdiff_t slot = program::slot_of(e.use);
    if (slot < 0) return add(e.span, e.use.written + ": a tagged value, its declaration does not say of which type");
    const program::SlotFact& fact = program_.slot_facts[static_cast<std::size_t>(slot)];
    std::string why = e.use.written + ": a tagged value, " + words_of(holds);
    if (fact.listed) why += "; something reads or writes it by name or at any time";
    std::string lines;
    for (const auto& [written, line] : writes_[static_cast<std::size_t>(slot)]) {
      if ((holds & ~written) == 0 && program::type_of(written) != Type::Any) continue;
      lines += (lines.empty() ? "" : ", ") + words_of(written) + " in line " + std::to_string(line);
    }
    if (!lines.empty()) why += "; assigned " + lines;
    add(e.span, why);
  }

  void use(const VariableUse& use, const Span& span) {
    const bool made = use.key.value && use.key.value->op != Op::Text && use.key.value->op != Op::Int;
    if (made && use.key.kind != ArgKind::Format) add(span, use.written + ": the name is made at run time");
    if (use.table_key.value && use.table_key.value->op != Op::Text) add(span, use.written + ": the key is made at run time");
    if (use.index_kind == VariableUse::IndexKind::Dynamic) add(span, use.written + ": the index is made at run time");
  }

  void reference(const Operand& operand, const Span& span, const std::string& owner) {
    switch (operand.kind) {
      case ArgKind::Header:
        if (operand.value) add(span, owner + ": the header's name is made at run time");
        return;
      case ArgKind::Regex:
        return pattern(operand.constant, true, span);
      case ArgKind::Subst:
        return pattern(program_.substs[operand.constant].regex, true, span);
      case ArgKind::Variable:
        if (program::slot_of(program_.variables[operand.constant]) >= 0)
          add(span, owner + ": may store anything in " + program_.variables[operand.constant].written);
        return;
      default:
        return;
    }
  }

  void pattern(std::size_t index, bool captures, const Span& span) {
    const program::RegexConstant& regex = program_.regexes[index];
    const std::string how = regex::describe(regex.pattern, {regex.ignore_case, regex.newline}, captures);
    if (how.compare(0, 3, "RE2") == 0) add(span, "\"" + regex.pattern + "\": " + how);
  }

  const Program& program_;
  std::map<std::size_t, std::set<std::pair<std::uint8_t, std::uint32_t>>> writes_;
  std::set<std::tuple<std::string, std::uint32_t, std::string>> rows_;
};

}  // namespace

std::string report(const Program& program) { return Reporter(program).run(); }

}  // namespace strowger::analysis
