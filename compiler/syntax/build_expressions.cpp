// Expressions, calls and literals.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <cctype>

#include "compiler/syntax/build.h"
#include "compiler/syntax/core_words.h"
#include "compiler/syntax/literal.h"

namespace strowger::syntax {
namespace {

using grammar::CfgLexer;
using grammar::CfgParser;

BinaryOp operator_of(std::size_t type) {
  switch (type) {
    case CfgLexer::PLUS: return BinaryOp::Add;
    case CfgLexer::MINUS: return BinaryOp::Sub;
    case CfgLexer::STAR: return BinaryOp::Mul;
    case CfgLexer::SLASH: return BinaryOp::Div;
    case CfgLexer::MOD: return BinaryOp::Mod;
    case CfgLexer::SHL: return BinaryOp::Shl;
    case CfgLexer::SHR: return BinaryOp::Shr;
    case CfgLexer::BIT_AND: return BinaryOp::BitAnd;
    case CfgLexer::BIT_OR: return BinaryOp::BitOr;
    case CfgLexer::BIT_XOR: return BinaryOp::BitXor;
    case CfgLexer::LT: return BinaryOp::Lt;
    case CfgLexer::GT: return BinaryOp::Gt;
    case CfgLexer::LE: return BinaryOp::Le;
    case CfgLexer::GE: return BinaryOp::Ge;
    case CfgLexer::EQ: return BinaryOp::Eq;
    case CfgLexer::NE: return BinaryOp::Ne;
    case CfgLexer::MATCH: return BinaryOp::Match;
    case CfgLexer::STR_EQ: return BinaryOp::StrEq;
    case CfgLexer::STR_NE: return BinaryOp::StrNe;
    case CfgLexer::INT_EQ: return BinaryOp::IntEq;
    case CfgLexer::INT_NE: return BinaryOp::IntNe;
    case CfgLexer::AND: return BinaryOp::And;
    default: return BinaryOp::Or;
  }
}

UnaryOp prefix_of(std::size_t type) {
  switch (type) {
    case CfgLexer::INT_CAST: return UnaryOp::ToInt;
    case CfgLexer::STR_CAST: return UnaryOp::ToText;
    case CfgLexer::DEFINED: return UnaryOp::Defined;
    case CfgLexer::NOT: return UnaryOp::Not;
    case CfgLexer::BIT_NOT: return UnaryOp::BitNot;
    default: return UnaryOp::Negate;
  }
}

CoreWord word_of(std::size_t type) {
  switch (type) {
    case CfgLexer::METHOD: return CoreWord::Method;
    case CfgLexer::URI: return CoreWord::Uri;
    case CfgLexer::STATUS: return CoreWord::Status;
    case CfgLexer::FROM_URI: return CoreWord::FromUri;
    case CfgLexer::TO_URI: return CoreWord::ToUri;
    case CfgLexer::SRC_IP: return CoreWord::SrcIp;
    case CfgLexer::DST_IP: return CoreWord::DstIp;
    case CfgLexer::SND_IP: return CoreWord::SndIp;
    case CfgLexer::TO_IP: return CoreWord::ToIp;
    case CfgLexer::SRC_PORT: return CoreWord::SrcPort;
    case CfgLexer::DST_PORT: return CoreWord::DstPort;
    case CfgLexer::SND_PORT: return CoreWord::SndPort;
    case CfgLexer::TO_PORT: return CoreWord::ToPort;
    case CfgLexer::AF: return CoreWord::Af;
    case CfgLexer::SND_AF: return CoreWord::SndAf;
    case CfgLexer::MSG_LEN: return CoreWord::MsgLen;
    case CfgLexer::PROTO: return CoreWord::Proto;
    case CfgLexer::SND_PROTO: return CoreWord::SndProto;
    default: return CoreWord::Myself;
  }
}

bool is_address(CoreWord word) {
  return word == CoreWord::SrcIp || word == CoreWord::DstIp || word == CoreWord::SndIp || word == CoreWord::ToIp;
}

/// Which comparisons a core word takes (language.md 5.4).
bool takes(CoreWord word, BinaryOp op) {
  switch (word) {
    case CoreWord::Method:
    case CoreWord::Uri:
    case CoreWord::Status:
    case CoreWord::FromUri:
    case CoreWord::ToUri:
      return op == BinaryOp::Eq || op == BinaryOp::Ne || op == BinaryOp::Match || op == BinaryOp::StrEq || op == BinaryOp::StrNe;
    case CoreWord::SrcIp:
    case CoreWord::DstIp:
    case CoreWord::SndIp:
    case CoreWord::ToIp: return op == BinaryOp::Eq || op == BinaryOp::Ne || op == BinaryOp::Match || op == BinaryOp::StrEq || op == BinaryOp::StrNe;
    case CoreWord::Proto:
    case CoreWord::SndProto:
    case CoreWord::Myself: return op == BinaryOp::Eq || op == BinaryOp::Ne || op == BinaryOp::StrEq || op == BinaryOp::StrNe;
    default:
      return op == BinaryOp::Eq || op == BinaryOp::Ne || op == BinaryOp::StrEq || op == BinaryOp::StrNe || op == BinaryOp::Lt || op == BinaryOp::Gt || op == BinaryOp::Le || op == BinaryOp::Ge;
  }
}

/// Calls in the arguments of a call are refused, at any depth.
const Expr* find_call(const Expr& expr) {
  if (expr.kind == Expr::Kind::Call || expr.kind == Expr::Kind::RouteCall) return &expr;
  for (const ExprPtr& arg : expr.args)
    if (const Expr* call = find_call(*arg)) return call;
  return nullptr;
}

}  // namespace

ExprPtr AstBuilder::make(Expr::Kind kind, Span span) {
  auto out = std::make_unique<Expr>();
  out->kind = kind;
  out->span = span;
  return out;
}

ExprPtr AstBuilder::expression(Grammar::ExpressionContext* tree) {
  if (!usable(tree)) return nullptr;
  const Span span = span_of(tree);
  if (auto* node = dynamic_cast<Grammar::BinaryContext*>(tree)) return binary(node);
  if (auto* node = dynamic_cast<Grammar::CalledContext*>(tree)) return command(node->command());
  if (auto* node = dynamic_cast<Grammar::GroupedContext*>(tree)) return node->ASSIGN() ? assignment(node) : expression(node->expression(0));
  if (auto* node = dynamic_cast<Grammar::TextContext*>(tree)) return string_literal(node->string());
  if (auto* node = dynamic_cast<Grammar::NumberContext*>(tree)) return number(node->getStart());
  if (auto* node = dynamic_cast<Grammar::VariableContext*>(tree)) return variable(node->VARIABLE()->getSymbol());
  if (auto* node = dynamic_cast<Grammar::CoreConditionContext*>(tree)) return core_condition(node);
  if (auto* node = dynamic_cast<Grammar::MyselfConditionContext*>(tree)) return myself_condition(node);
  if (auto* node = dynamic_cast<Grammar::PrefixContext*>(tree)) {
    ExprPtr operand = expression(node->expression());
    if (!operand) return nullptr;
    ExprPtr out = make(Expr::Kind::Unary, span);
    out->unary = prefix_of(node->getStart()->getType());
    out->args.push_back(std::move(operand));
    return out;
  }
  if (auto* node = dynamic_cast<Grammar::MeasureContext*>(tree)) {
    ExprPtr operand = expression(node->expression());
    if (!operand) return nullptr;
    ExprPtr out = make(Expr::Kind::Unary, span);
    out->unary = node->STRLEN() ? UnaryOp::StrLen : UnaryOp::StrEmpty;
    out->args.push_back(std::move(operand));
    return out;
  }
  if (auto* node = dynamic_cast<Grammar::SelectionContext*>(tree)) {
    ExprPtr out = make(Expr::Kind::SelVal, span);
    for (Grammar::ExpressionContext* part : node->expression()) {
      out->args.push_back(expression(part));
      if (!out->args.back()) return nullptr;
    }
    return out;
  }
  if (auto* node = dynamic_cast<Grammar::ActionsContext*>(tree)) {
    ExprPtr out = make(Expr::Kind::Block, span);
    out->block = block(node->block());
    return out;
  }
  if (auto* node = dynamic_cast<Grammar::SelectContext*>(tree)) {
    ExprPtr out = make(Expr::Kind::Select, span);
    out->text = node->SELECT()->getText().substr(1);
    return out;
  }
  return nullptr;
}

/// `($x = value)`: an assignment as an expression.
ExprPtr AstBuilder::assignment(Grammar::GroupedContext* tree) {
  ExprPtr out = make(Expr::Kind::Assign, span_of(tree));
  if (!dynamic_cast<Grammar::VariableContext*>(tree->expression(0))) {
    findings_.add("E0001", at(tree->ASSIGN()->getSymbol()).span, {"'='", "an operator or ')'"}).help("equality is '=='");
    return nullptr;
  }
  out->args.push_back(expression(tree->expression(0)));
  out->args.push_back(expression(tree->expression(1)));
  return out->args[0] && out->args[1] ? std::move(out) : nullptr;
}

ExprPtr AstBuilder::binary(Grammar::BinaryContext* tree) {
  ExprPtr left = expression(tree->expression(0));
  ExprPtr right = expression(tree->expression(1));
  if (!left || !right) return nullptr;
  ExprPtr out = make(Expr::Kind::Binary, span_of(tree));
  out->binary = operator_of(tree->op->getType());
  out->args.push_back(std::move(left));
  out->args.push_back(std::move(right));
  return out;
}

// ---- core conditions -------------------------------------------------------------------------------------------

ExprPtr AstBuilder::core_word(Grammar::CoreWordContext* tree) {
  ExprPtr out = make(Expr::Kind::CoreWord, span_of(tree));
  out->word = word_of(tree->getStart()->getType());
  out->text = tree->getText();
  return out;
}

ExprPtr AstBuilder::comparison(Grammar::CoreWordContext* word, Grammar::ComparisonContext* op, ExprPtr right, bool swapped) {
  if (!right) return nullptr;
  ExprPtr left = core_word(word);
  const BinaryOp binary = operator_of(op->getStart()->getType());
  const bool to_myself = right->kind == Expr::Kind::CoreWord;
  if (!takes(left->word, binary) || (to_myself && !takes(CoreWord::Myself, binary))) {
    findings_.add("E0024", span_of(op), {left->text, op->getText()});
    return nullptr;
  }
  ExprPtr out = make(Expr::Kind::Binary, Span::join(left->span, right->span));
  if (swapped) out->span = Span::join(right->span, left->span);
  out->binary = binary;
  out->args.push_back(std::move(left));
  out->args.push_back(std::move(right));
  return out;
}

ExprPtr AstBuilder::core_condition(Grammar::CoreConditionContext* tree) {
  if (tree->expression()) return comparison(tree->coreWord(), tree->comparison(), expression(tree->expression()), false);
  Grammar::CoreOperandContext* operand = tree->coreOperand();
  if (!usable(operand)) return nullptr;
  const CoreWord word = word_of(tree->coreWord()->getStart()->getType());
  ExprPtr right = make(Expr::Kind::Network, span_of(operand));
  right->text = operand->getText();
  bool fits = true;
  if (operand->MYSELF()) {
    right->kind = Expr::Kind::CoreWord;
    right->word = CoreWord::Myself;
    fits = is_address(word) || word == CoreWord::Uri || word == CoreWord::Status || word == CoreWord::FromUri || word == CoreWord::ToUri;
  } else if (operand->PROTOCOL() || operand->STAR()) {
    right->kind = Expr::Kind::Protocol;
    for (char& c : right->text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    fits = word == CoreWord::Proto || word == CoreWord::SndProto;
  } else if (!is_address(word)) {
    right->kind = Expr::Kind::BareWord;
    fits = word == CoreWord::Method && operand->network()->children.size() == 1 && operand->network()->networkHost()->children.size() == 1 &&
           operand->network()->networkHost()->ID();
  } else {
    // Brackets are not part of an address.
    right->text.erase(std::remove_if(right->text.begin(), right->text.end(), [](char c) { return c == '[' || c == ']'; }), right->text.end());
  }
  if (!fits) {
    findings_.add("E0025", right->span, {tree->coreWord()->getText(), operand->getText()});
    return nullptr;
  }
  return comparison(tree->coreWord(), tree->comparison(), std::move(right), false);
}

ExprPtr AstBuilder::myself_condition(Grammar::MyselfConditionContext* tree) {
  ExprPtr myself = make(Expr::Kind::CoreWord, at(tree->MYSELF()->getSymbol()).span);
  myself->word = CoreWord::Myself;
  myself->text = "myself";
  return comparison(tree->coreWord(), tree->comparison(), std::move(myself), true);
}

// ---- calls -----------------------------------------------------------------------------------------------------

ExprPtr AstBuilder::command(Grammar::CommandContext* tree) {
  if (!usable(tree)) return nullptr;
  if (tree->coreCall()) return core_call(tree->coreCall());
  if (Grammar::RouteCallContext* call = tree->routeCall()) {
    ExprPtr out = make(Expr::Kind::RouteCall, span_of(call));
    out->text = "route";
    if (call->ID()) {
      ExprPtr name = make(Expr::Kind::BareWord, at(call->ID()->getSymbol()).span);
      name->text = call->ID()->getText();
      out->args.push_back(std::move(name));
    } else {
      out->args.push_back(expression(call->expression()));
    }
    return out->args[0] ? std::move(out) : nullptr;
  }
  Grammar::FunctionCallContext* call = tree->functionCall();
  if (!usable(call)) return nullptr;
  ExprPtr out = make(Expr::Kind::Call, span_of(call));
  out->text = call->ID()->getText();
  for (Grammar::ExpressionContext* part : call->expression()) {
    ExprPtr arg = expression(part);
    if (!arg) return nullptr;
    if (const Expr* inner = find_call(*arg)) {
      findings_.add("E0026", inner->span, {inner->text, out->text});
      return nullptr;
    }
    out->args.push_back(std::move(arg));
  }
  return out;
}

ExprPtr AstBuilder::core_call(Grammar::CoreCallContext* tree) {
  if (!usable(tree)) return nullptr;
  ExprPtr out = make(Expr::Kind::Call, span_of(tree));
  out->text = tree->COMMAND()->getText();
  for (Grammar::CoreArgumentContext* part : tree->coreArgument()) {
    ExprPtr arg = core_argument(part);
    if (!arg) return nullptr;
    out->args.push_back(std::move(arg));
  }
  const std::string wrong = check_core_command(out->text, out->args, tree->LPAREN() != nullptr);
  if (!wrong.empty()) {
    findings_.add("E0018", out->span, {out->text, wrong});
    return nullptr;
  }
  return out;
}

ExprPtr AstBuilder::core_argument(Grammar::CoreArgumentContext* tree) {
  if (!usable(tree)) return nullptr;
  const Span span = span_of(tree);
  if (tree->VARIABLE()) return variable(tree->VARIABLE()->getSymbol());
  if (tree->BOOLEAN()) return number(tree->BOOLEAN()->getSymbol());
  if (tree->MINUS()) {
    ExprPtr out = number(tree->NUMBER()->getSymbol());
    out->number = -out->number;
    out->span = span;
    return out;
  }
  Grammar::HostContext* host = tree->host();
  if (host && tree->children.size() == 1) {
    if (host->string()) return string_literal(host->string());
    if (host->address() && host->address()->children.size() == 1) {
      if (host->address()->NUMBER()) return number(host->address()->NUMBER()->getSymbol());
      if (host->address()->ID()) {
        ExprPtr out = make(Expr::Kind::BareWord, span);
        out->text = host->getText();
        return out;
      }
    }
  }
  // "udp:1.2.3.4:5060", "uri:host", "example.com", "[::1]:5070"
  ExprPtr out = make(Expr::Kind::Network, span);
  if (tree->URI_HOST() || tree->URI_PORT()) out->kind = Expr::Kind::BareWord;
  if (tree->PROTOCOL() && !host) out->kind = Expr::Kind::Protocol;
  for (antlr4::tree::ParseTree* child : tree->children) {
    auto* part = dynamic_cast<Grammar::HostContext*>(child);
    std::string text = part && part->string() ? string_value(part->string()) : child->getText();
    if (child == tree->PROTOCOL())
      for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    out->text += text;
  }
  return out;
}

// ---- literals --------------------------------------------------------------------------------------------------

ExprPtr AstBuilder::string_literal(Grammar::StringContext* tree) {
  if (!usable(tree)) return nullptr;
  ExprPtr out = make(Expr::Kind::String, span_of(tree));
  out->double_quoted = tree->SINGLE_QUOTED() == nullptr;
  for (antlr4::tree::ParseTree* child : tree->children) {
    auto* leaf = dynamic_cast<antlr4::tree::TerminalNode*>(child);
    if (!leaf) continue;
    const SourceToken& token = at(leaf->getSymbol());
    const std::string raw = token.getText();
    out->text += token.value;
    if (raw.size() >= 2) out->source.append(raw, 1, raw.size() - 2);
  }
  return out;
}

ExprPtr AstBuilder::number(antlr4::Token* token) {
  ExprPtr out = make(Expr::Kind::Number, at(token).span);
  out->text = token->getText();
  out->number = value_of(token);
  return out;
}

Int AstBuilder::value_of(const antlr4::Token* token) {
  bool cut = false;
  const Int value = number_value(token->getText(), &cut);
  if (cut) findings_.add("W0212", at(token).span, {token->getText() + " does not fit into 32 bits and becomes " + std::to_string(value)});
  return value;
}

ExprPtr AstBuilder::variable(antlr4::Token* token) {
  ExprPtr out = make(Expr::Kind::Variable, at(token).span);
  const std::string text = token->getText();
  std::size_t used = 0;
  if (!parse_pv(text, out->span, out->pv, used, findings_)) return nullptr;
  if (used != text.size()) {
    findings_.add("E0009", out->span, {text, "unexpected '" + text.substr(used, 1) + "' after the variable"});
    return nullptr;
  }
  return out;
}

}  // namespace strowger::syntax
