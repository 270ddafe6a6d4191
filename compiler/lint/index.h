// The script as flat tables: every statement, expression, call and use of a variable with its place in the tree. Checks
// and editors ask these instead of walking.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "compiler/program/program.h"

namespace strowger::lint {

inline constexpr std::size_t kNone = static_cast<std::size_t>(-1);

struct StatementSite {
  const program::Statement* s = nullptr;
  const program::Block* block = nullptr;  ///< the block it stands in
  std::size_t position = 0;               ///< in that block
  std::size_t route = 0;                  ///< index into Program::routes
  std::size_t parent = kNone;             ///< the statement around it: index into Index::statements
  unsigned loops = 0;                     ///< how many while statements are around it
  const program::Statement* next() const { return position + 1 < block->size() ? (*block)[position + 1].get() : nullptr; }
};

struct ExpressionSite {
  const program::Expr* e = nullptr;
  std::size_t parent = kNone;     ///< the expression around it: index into Index::expressions
  std::size_t statement = kNone;  ///< index into Index::statements; kNone outside of routes (log_prefix)
};

/// One use of a variable. A variable handed to a function by reference counts as read and as written.
struct Occurrence {
  const program::VariableUse* use = nullptr;
  std::string name;               ///< "$var(x)", "$rU", "$sht(table)", "$xavp(root)"; a key made at run time is "*"
  std::size_t statement = kNone;  ///< kNone: a module parameter or log_prefix
  text::Span span;
  bool reads = false, writes = false;
  bool by_reference = false;
  const program::Expr* value = nullptr;  ///< what is assigned; null where that is not known
};

struct Index {
  explicit Index(const program::Program& program);

  const program::Program& program;
  std::vector<StatementSite> statements;
  std::vector<ExpressionSite> expressions;
  std::vector<Occurrence> occurrences;
  std::unordered_map<const program::Statement*, std::size_t> statement_of;
  std::unordered_map<std::string, std::vector<std::size_t>> calls;        ///< by function: indices of expressions
  std::unordered_map<std::string, std::vector<std::size_t>> by_variable;  ///< by name: indices of occurrences

  const std::vector<std::size_t>& calls_of(const std::string& function) const;
  const std::vector<std::size_t>& uses_of(const std::string& variable) const;
  bool is_loaded(std::string_view module) const;
  /// The value of a parameter that the script sets or the module defaults; null where the module is not loaded.
  const program::ParameterValue* parameter(std::string_view module, std::string_view name) const;
  const program::CoreParameter* core_parameter(std::string_view name) const;
  std::size_t route_of(const ExpressionSite& site) const { return statements[site.statement].route; }
  /// Is the call the whole statement, so that nobody looks at its result?
  bool is_bare(const ExpressionSite& site) const;
  std::string name_of(const program::VariableUse& use) const;

 private:
  void add_block(const program::Block& block, std::size_t route, std::size_t parent, unsigned loops);
  void add(const program::Expr& e, std::size_t parent, std::size_t statement);
  void add(const program::VariableUse& use, std::size_t parent, std::size_t statement);
  void add(const program::Operand& operand, std::size_t parent, std::size_t statement);
  void occur(const program::VariableUse& use, std::size_t statement, text::Span span, bool reads, bool writes,
             const program::Expr* value, bool by_reference = false);
};

/// The constant text of an argument: written as a literal, a name or a format without variables; null where there is none.
const std::string* constant_text(const program::Operand& operand);
/// The place of a block: its name where it was written, else its keyword.
text::Span place_of(const program::Route& route, const program::Program& program);
/// "route[X]", "failure_route[Y]", "request_route".
std::string shown(const program::Route& route);

}  // namespace strowger::lint
