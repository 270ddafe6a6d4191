// Text to AST.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "compiler/diagnostics/findings.h"
#include "compiler/syntax/ast.h"
#include "compiler/text/source.h"

namespace strowger::syntax {

struct ParseOptions {
  std::vector<std::pair<std::string, std::string>> defines;  ///< -D NAME[=VALUE], in order
  std::vector<std::string> include_dirs;                      ///< -I
};

/// Preprocesses and parses `path`. Faults go to `findings`; what could be understood is returned all the same, so that
/// later passes can report independent faults. `sources` owns the text that the AST points into.
Ast parse(const std::string& path, text::Sources& sources, const ParseOptions& options, diagnostics::Findings& findings);

/// The same for a text in memory (tests).
Ast parse_text(std::string name, std::string content, text::Sources& sources, const ParseOptions& options,
               diagnostics::Findings& findings);

/// Parses one variable reference that starts with '$' at `text[0]`, by the rules of script code (language.md 1.5).
/// `used` gets the number of bytes it covers. False, with a finding at `place`, where it is not one.
bool parse_pv(std::string_view text, Span place, PvRef& out, std::size_t& used, diagnostics::Findings& findings);

/// Parses a format string (language.md 1.6 and 9): greedy names, `$$`, `$(...)`. `decoded` is the string's value.
/// False, with a finding at `place`, where a variable in it cannot be parsed.
bool parse_format(std::string_view decoded, Span place, Format& out, diagnostics::Findings& findings);

/// True where the string holds no variable at all, so that it is its own value once `$$` is read as `$`.
bool is_plain(const Format& format);

/// Prints the AST as one node a line, indented; stable, for --emit ast and tests.
std::string print(const Ast& ast);
/// Prints an expression or variable back as script text.
std::string print(const Expr& expr);
std::string print(const PvRef& pv);

}  // namespace strowger::syntax
