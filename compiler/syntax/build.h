// Parse tree to AST.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <map>
#include <string>
#include <vector>

#include "CfgParser.h"
#include "compiler/diagnostics/findings.h"
#include "compiler/syntax/ast.h"
#include "compiler/syntax/preprocessor.h"

namespace strowger::syntax {

/// Takes one item of the top level after the other. Parts of the tree that could not be parsed are left out: their fault
/// is reported already.
class AstBuilder {
 public:
  using Grammar = grammar::CfgParser;
  AstBuilder(Ast& ast, const Preprocessor& preprocessor, diagnostics::Findings& findings)
      : ast_(ast), preprocessor_(preprocessor), findings_(findings) {}

  void item(Grammar::ItemContext* tree);

 private:
  // build_items.cpp
  void global(Grammar::GlobalParameterContext* tree);
  void custom(Grammar::CustomParameterContext* tree);
  void flags(Grammar::FlagDeclarationContext* tree);
  void sockets(Grammar::SocketParameterContext* tree);
  bool refuses(Grammar::SocketSpecContext* spec, const SocketSpec& socket);
  void socket_block(Grammar::SocketBlockContext* tree);
  void endpoint(Grammar::EndpointContext* tree, std::string& protocol, std::string& host, Int& port,
                std::vector<std::string>* more_hosts);
  std::string host_text(Grammar::HostContext* tree);
  void module(Grammar::ModuleStatementContext* tree);
  void modparam(Grammar::ModuleStatementContext* tree);
  void route(Grammar::RouteBlockContext* tree);
  std::string route_name(Grammar::RouteNameContext* tree);
  /// `$def(X)` and `$env(X)` in a loadmodulex or modparamx text.
  std::string evaluated(std::string text, const Span& at);

  // build_statements.cpp
  Block block(Grammar::BlockContext* tree);
  void block_items(const std::vector<Grammar::BlockItemContext*>& items, Block& out);
  Block body(Grammar::StatementContext* tree);
  StatementPtr action(Grammar::ActionContext* tree);
  StatementPtr if_statement(Grammar::IfStatementContext* tree);
  StatementPtr switch_statement(Grammar::SwitchStatementContext* tree);
  StatementPtr jump(Grammar::JumpContext* tree);

  // build_expressions.cpp
  ExprPtr expression(Grammar::ExpressionContext* tree);
  ExprPtr assignment(Grammar::GroupedContext* tree);
  ExprPtr binary(Grammar::BinaryContext* tree);
  ExprPtr core_condition(Grammar::CoreConditionContext* tree);
  ExprPtr myself_condition(Grammar::MyselfConditionContext* tree);
  ExprPtr comparison(Grammar::CoreWordContext* word, Grammar::ComparisonContext* op, ExprPtr right, bool swapped);
  ExprPtr core_word(Grammar::CoreWordContext* tree);
  ExprPtr command(Grammar::CommandContext* tree);
  ExprPtr core_call(Grammar::CoreCallContext* tree);
  ExprPtr core_argument(Grammar::CoreArgumentContext* tree);
  ExprPtr string_literal(Grammar::StringContext* tree);
  ExprPtr number(antlr4::Token* token);
  /// The value of a NUMBER; W0212 where it does not fit.
  Int value_of(const antlr4::Token* token);
  ExprPtr variable(antlr4::Token* token);

  // Shared
  static const SourceToken& at(const antlr4::Token* token) { return *static_cast<const SourceToken*>(token); }
  static Span span_of(const antlr4::ParserRuleContext* tree);
  static std::string text_of(antlr4::ParserRuleContext* tree);
  /// `{ }` with nothing inside, not even something that could not be understood.
  void refuse_empty(Grammar::BlockContext* tree);
  static bool usable(const antlr4::ParserRuleContext* tree) { return tree && !tree->exception; }
  static std::string string_value(Grammar::StringContext* tree);
  static ExprPtr make(Expr::Kind kind, Span span);

  Ast& ast_;
  const Preprocessor& preprocessor_;
  diagnostics::Findings& findings_;
  std::map<std::pair<RouteKind, std::string>, Span> routes_;
};

}  // namespace strowger::syntax
