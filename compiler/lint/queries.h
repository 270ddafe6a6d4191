// What an editor asks of a script that was read: which names there are and where they are used, what stands at a place, and what
// could stand there. Findings and their places come from diagnostics::Findings.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "compiler/lint/call_graph.h"
#include "compiler/lint/index.h"

namespace strowger::lint {

/// A name of the script with the places that speak of it.
struct Symbol {
  enum class Kind { Route, Variable, Define } kind = Kind::Route;
  std::string name;                     ///< "route[X]", "$var(x)", "WITH_NAT"
  text::Span definition;                ///< a block's name, the first assignment, the #!define; empty file where there is none
  std::vector<text::Span> references;   ///< in the order of the script; assignments of variables count, too
};

/// All routes with their calls and t_on_*() that arm them, all of the script's own variables ($var, $avp, $sht ...), and all defines
/// with the words that they expanded.
std::vector<Symbol> symbols(const Index& index, const CallGraph& graph);

/// The symbol whose definition or reference covers a byte of a file; null where there is none.
const Symbol* symbol_at(const std::vector<Symbol>& symbols, const text::SourceFile& file, std::uint32_t offset);

/// The innermost expression that covers a byte.
struct Place {
  const program::Expr* expression = nullptr;      ///< null: none does
  std::size_t route = kNone;                      ///< index into Program::routes
  const modules::Function* function = nullptr;    ///< of a call: its documentation, arguments, results
  const modules::Variable* variable = nullptr;    ///< of a variable
  const modules::Transformation* transformation = nullptr;
};
Place place_at(const Index& index, const text::SourceFile& file, std::uint32_t offset);

/// A name that could be written: what loaded modules offer in that kind of block, and the script's routes.
struct Candidate {
  enum class Kind { Function, Variable, Transformation, Route } kind = Kind::Function;
  std::string text;        ///< "sl_send_reply", "$rU", "s.len", "RELAY"
  std::string detail;      ///< "(code: int, reason: string)", the type, or the module
  std::string_view doc;    ///< of the interface, which must outlive it
};
/// Those that begin with `prefix`, sorted; `$` asks for variables, `{` for transformations. Each function name comes once an overload.
std::vector<Candidate> candidates(const program::Program& program, RouteKind kind, std::string_view prefix);

}  // namespace strowger::lint
