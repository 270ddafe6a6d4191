// The generated parser with a bound on nesting and findings instead of ANTLR's messages.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <memory>
#include <set>
#include <vector>

#include "CfgParser.h"
#include "antlr4-runtime.h"
#include "compiler/diagnostics/findings.h"
#include "compiler/syntax/preprocessor.h"

namespace strowger::syntax {

/// Thrown out of the parser where rules nest deeper than the stack should carry.
struct NestingTooDeep {
  text::Span at;
};

/// Counts how deep rules nest while the parser runs.
class DepthGuard final : public antlr4::tree::ParseTreeListener {
 public:
  void enterEveryRule(antlr4::ParserRuleContext* context) override;
  void exitEveryRule(antlr4::ParserRuleContext*) override { --depth_; }
  void visitTerminal(antlr4::tree::TerminalNode*) override {}
  void visitErrorNode(antlr4::tree::ErrorNode*) override {}

 private:
  std::size_t depth_ = 0;
};

/// Counts the operators of each expression, too: its tree leans left, one level an operator.
class Parser final : public grammar::CfgParser {
 public:
  using CfgParser::CfgParser;

  void enterRecursionRule(antlr4::ParserRuleContext* context, std::size_t state, std::size_t rule, int precedence) override;
  void pushNewRecursionContext(antlr4::ParserRuleContext* context, std::size_t state, std::size_t rule) override;
  void unrollRecursionContexts(antlr4::ParserRuleContext* parent) override;

 private:
  std::vector<std::size_t> chains_;
};

/// Reports one finding a fault and goes on at the next statement, case or item.
class ErrorStrategy final : public antlr4::DefaultErrorStrategy {
 public:
  explicit ErrorStrategy(diagnostics::Findings& findings) : findings_(findings) {}

  void reportError(antlr4::Parser* parser, const antlr4::RecognitionException& error) override;
  void recover(antlr4::Parser* parser, std::exception_ptr error) override;
  antlr4::Token* recoverInline(antlr4::Parser* parser) override;
  void sync(antlr4::Parser* parser) override;

 private:
  void report_unexpected(antlr4::Parser* parser, const SourceToken& token, const antlr4::misc::IntervalSet& expected);
  bool report_unclosed(antlr4::Parser* parser, const SourceToken& token);
  void add_helps(antlr4::Parser* parser, const SourceToken& token, diagnostics::Finding& finding);
  antlr4::Token* insert(antlr4::Parser* parser, std::size_t type, const char* text);
  void skip_statement(antlr4::Parser* parser, std::size_t depth);
  void skip_item(antlr4::Parser* parser, std::size_t depth);
  void skip_case(antlr4::Parser* parser);
  bool skip_condition(antlr4::Parser* parser);
  bool skip_else(antlr4::Parser* parser);

  diagnostics::Findings& findings_;
  std::vector<std::unique_ptr<SourceToken>> inserted_;
  std::size_t last_recovery_ = static_cast<std::size_t>(-1);
  std::set<std::size_t> bodies_;  ///< the '{' behind conditions that were skipped: `else` may follow their '}'
};

}  // namespace strowger::syntax
