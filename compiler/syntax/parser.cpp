// Bounded parsing.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/syntax/parser.h"

namespace strowger::syntax {
namespace {

constexpr std::size_t kMaxDepth = 3000;  // rules: a statement in a statement takes three, parentheses one
constexpr std::size_t kMaxChain = 3000;  // operators of one expression

}  // namespace

void DepthGuard::enterEveryRule(antlr4::ParserRuleContext* context) {
  if (++depth_ <= kMaxDepth) return;
  const antlr4::Token* at = context->getStart();
  throw NestingTooDeep{at ? static_cast<const SourceToken*>(at)->span : text::Span{}};
}

void Parser::enterRecursionRule(antlr4::ParserRuleContext* context, std::size_t state, std::size_t rule, int precedence) {
  chains_.push_back(0);
  CfgParser::enterRecursionRule(context, state, rule, precedence);
}

void Parser::pushNewRecursionContext(antlr4::ParserRuleContext* context, std::size_t state, std::size_t rule) {
  if (++chains_.back() > kMaxChain) throw NestingTooDeep{static_cast<const SourceToken*>(getCurrentToken())->span};
  CfgParser::pushNewRecursionContext(context, state, rule);
}

void Parser::unrollRecursionContexts(antlr4::ParserRuleContext* parent) {
  chains_.pop_back();
  CfgParser::unrollRecursionContexts(parent);
}

}  // namespace strowger::syntax
