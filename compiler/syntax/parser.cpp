// Bounded parsing.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/syntax/parser.h"

namespace strowger::syntax {
namespace {

constexpr std::size_t kMaxDepth = 3000;  // a statement in a statement takes three, parentheses one

}  // namespace

void DepthGuard::enterEveryRule(antlr4::ParserRuleContext* context) {
  if (++depth_ <= kMaxDepth) return;
  const antlr4::Token* at = context->getStart();
  throw NestingTooDeep{at ? static_cast<const SourceToken*>(at)->span : text::Span{}};
}

}  // namespace strowger::syntax
