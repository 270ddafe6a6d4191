// What the tests of this folder share: parse a text, ask for its findings and its statements.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <sstream>
#include <string>

#include "compiler/syntax/parse.h"

namespace strowger::syntax {

struct Parsed {
  text::Sources sources;
  diagnostics::Findings findings;
  Ast ast;

  /// "E0001 3:7, W0002 9:1": codes and places in order of discovery.
  std::string codes() const {
    std::string out;
    for (const diagnostics::Finding& finding : findings.all())
      out += (out.empty() ? "" : ", ") + finding.code + " " + std::to_string(finding.span.line()) + ":" + std::to_string(finding.span.column());
    return out;
  }
  std::string rendered() const {
    std::ostringstream out;
    diagnostics::render_text(findings, out);
    return out.str();
  }
};

inline std::unique_ptr<Parsed> parse_script(std::string content, ParseOptions options = {}) {
  auto out = std::make_unique<Parsed>();
  out->ast = parse_text("t.cfg", std::move(content), out->sources, options, out->findings);
  return out;
}

/// The value of `$var(t) = EXPRESSION;`, printed; the findings where there are any.
inline std::string parse_expression(const std::string& expression) {
  const auto parsed = parse_script("request_route {\n$var(t) = " + expression + ";\n}\n");
  if (!parsed->findings.all().empty()) return parsed->codes();
  const Statement& statement = *parsed->ast.routes.at(0).body.at(0);
  return statement.kind == Statement::Kind::Assign ? print(*statement.expr) : "no assignment";
}

/// The condition of `if (EXPRESSION) exit;`, printed; the findings where there are any.
inline std::string parse_condition(const std::string& expression) {
  const auto parsed = parse_script("request_route {\nif (" + expression + ") exit;\n}\n");
  if (!parsed->findings.all().empty()) return parsed->codes();
  const Statement& statement = *parsed->ast.routes.at(0).body.at(0);
  return statement.kind == Statement::Kind::If ? print(*statement.expr) : "no if";
}

/// The findings of a request_route with this body; its first line is line 2.
inline std::string body_codes(const std::string& body) {
  return parse_script("request_route {\n" + body + "\n}\n")->codes();
}

}  // namespace strowger::syntax
