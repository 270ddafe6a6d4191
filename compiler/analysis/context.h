// What the passes of one analysis share: inputs, the program being built, and where the code being checked stands.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/analysis/analyse.h"

namespace strowger::analysis {

struct Context {
  Context(const syntax::Ast& ast_in, const modules::ModuleSet& set_in, Purpose purpose_in,
          diagnostics::Findings& findings_in, program::Program& program_in)
      : ast(ast_in), set(set_in), purpose(purpose_in), findings(findings_in), program(program_in) {}

  const syntax::Ast& ast;
  const modules::ModuleSet& set;
  Purpose purpose;
  diagnostics::Findings& findings;
  program::Program& program;

  std::vector<std::string> loaded;                                  ///< names of the loaded modules, core first
  std::vector<std::size_t> loaded_by;                               ///< of each: its place in Ast::modules; core: 0
  std::map<std::pair<RouteKind, std::string>, std::size_t> routes;  ///< index into Program::routes
  std::vector<std::set<std::size_t>> calls;                         ///< by route: the routes it calls
  std::set<std::size_t> calls_by_name;                              ///< routes with a call whose target is not constant

  RouteKind kind = kRequestRoute;  ///< of the block being checked
  std::size_t route = 0;           ///< its index
  std::string shell;               ///< names the call whose argument a shell runs: its `$x` may be meant for that shell
  bool in_format = false;          ///< inside a text or a key, where `$name` never is an AVP: WithinText sets it
  bool evaluates = false;          ///< a function is called that expands texts at run time
  std::set<std::string> written;   ///< variables as the script writes them

  std::set<std::string> pending;  ///< what E0901 named already: each thing once

  /// E0901: `what` ("function 'x'") has no code yet.
  void report_pending(const std::string& what, text::Span span);
  bool building() const { return purpose == Purpose::Build; }
  /// The index of a block, or -1.
  std::ptrdiff_t find_route(RouteKind route_kind, const std::string& name) const;

  // Constants, each once. They return the index.
  std::size_t regex(std::string pattern, bool ignore_case, bool newline);
  std::size_t header(std::string_view name);
  std::size_t slot(const std::string& name);
  std::size_t table(const std::string& name);
  std::size_t route_constant(const std::string& name, RouteKind route_kind);
  std::size_t variable(program::VariableUse use);
};

/// "request_route", "failure_route" ...: the name of one kind.
std::string_view name_of(RouteKind kind);

/// While it lives, what is read stands in a text or in the key, index or arguments of a variable.
class WithinText {
 public:
  explicit WithinText(Context& context) : context_(context), outer_(context.in_format) { context.in_format = true; }
  ~WithinText() { context_.in_format = outer_; }
  WithinText(const WithinText&) = delete;
  WithinText& operator=(const WithinText&) = delete;

 private:
  Context& context_;
  const bool outer_;
};

}  // namespace strowger::analysis
