// What is said about a syntax error, and where parsing goes on after it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <cctype>

#include "compiler/syntax/parser.h"

namespace strowger::syntax {
namespace {

using grammar::CfgLexer;
using grammar::CfgParser;

const SourceToken& token_of(const antlr4::Token* token) { return *static_cast<const SourceToken*>(token); }

bool is_word(std::string_view text) {
  if (text.empty() || (!std::isalpha(static_cast<unsigned char>(text[0])) && text[0] != '_')) return false;
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isalnum(c) || c == '_'; });
}

bool starts_statement(std::size_t type) {
  switch (type) {
    case CfgLexer::SEMI:
    case CfgLexer::VARIABLE:
    case CfgLexer::IF:
    case CfgLexer::WHILE:
    case CfgLexer::SWITCH:
    case CfgLexer::RETURN:
    case CfgLexer::EXIT:
    case CfgLexer::DROP:
    case CfgLexer::BREAK:
    case CfgLexer::ROUTE:
    case CfgLexer::COMMAND:
    case CfgLexer::ID:
    case CfgLexer::LBRACE: return true;
    default: return false;
  }
}

/// A word that can only begin an item of the top level.
bool starts_item(antlr4::TokenStream& tokens) {
  const std::size_t type = tokens.LA(1);
  const std::size_t next = tokens.LA(2);
  switch (type) {
    case CfgLexer::ROUTE:
    case CfgLexer::REQUEST_ROUTE:
    case CfgLexer::REPLY_ROUTE:
    case CfgLexer::FAILURE_ROUTE:
    case CfgLexer::BRANCH_ROUTE:
    case CfgLexer::ONSEND_ROUTE:
    case CfgLexer::EVENT_ROUTE: return next == CfgLexer::LBRACK || next == CfgLexer::LBRACE;
    case CfgLexer::LOADMODULE:
    case CfgLexer::LOADMODULEX:
    case CfgLexer::MODPARAM:
    case CfgLexer::MODPARAMX: return true;
    case CfgLexer::LISTEN:
    case CfgLexer::ALIAS:
    case CfgLexer::PARAMETER: return next == CfgLexer::ASSIGN;
    default: return false;
  }
}

bool first_on_line(antlr4::TokenStream& tokens) {
  const antlr4::Token* before = tokens.index() > 0 ? tokens.get(tokens.index() - 1) : nullptr;
  if (!before) return true;
  const text::Span& a = token_of(before).span;
  const text::Span& b = token_of(tokens.LT(1)).span;
  return a.file != b.file || a.line() != b.line();
}

std::string quoted(const SourceToken& token) {
  if (token.getType() == antlr4::Token::EOF) return "end of file";
  std::string text = token.getText();
  if (text.size() > 40) text = text.substr(0, 37) + "...";
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  return "'" + text + "'";
}

std::string name_of(std::size_t type) {
  switch (type) {
    case CfgLexer::NUMBER: return "a number";
    case CfgLexer::DOUBLE_QUOTED:
    case CfgLexer::SINGLE_QUOTED: return "a string";
    case CfgLexer::VARIABLE: return "a variable";
    case CfgLexer::ID: return "a name";
    case CfgLexer::EVENT_NAME: return "the name of an event";
    case CfgLexer::PROTOCOL: return "a protocol";
    case CfgLexer::COMMAND: return "a command";
    case CfgLexer::LPAREN: return "'('";
    case CfgLexer::RPAREN: return "')'";
    case CfgLexer::LBRACE: return "'{'";
    case CfgLexer::RBRACE: return "'}'";
    case CfgLexer::LBRACK: return "'['";
    case CfgLexer::RBRACK: return "']'";
    case CfgLexer::COMMA: return "','";
    case CfgLexer::SEMI: return "';'";
    case CfgLexer::COLON: return "':'";
    case CfgLexer::DOT: return "'.'";
    case CfgLexer::ASSIGN: return "'='";
    case CfgLexer::SLASH: return "'/'";
    case CfgLexer::CASE: return "'case'";
    case CfgLexer::DEFAULT: return "'default'";
    case CfgLexer::IF: return "'if'";
    default: return {};
  }
}

/// "an expression", "')' or ','" ... ; empty where nothing short can be said.
std::string describe(const antlr4::misc::IntervalSet& set) {
  const auto has = [&](std::size_t type) { return set.contains(static_cast<ssize_t>(type)); };
  std::vector<std::string> names;
  const bool expression = has(CfgLexer::STRLEN) && has(CfgLexer::SELECT);
  const bool statement = has(CfgLexer::IF) && has(CfgLexer::EXIT);
  const bool operators = has(CfgLexer::SHL) && has(CfgLexer::AND);
  const bool comparison = has(CfgLexer::EQ) && has(CfgLexer::MATCH) && !operators;
  const bool item = has(CfgLexer::REQUEST_ROUTE) && has(CfgLexer::LOADMODULE);
  if (item) return "a parameter, a module or a route";
  if (expression) names.push_back("an expression");
  if (statement) names.push_back("a statement");
  if (comparison) names.push_back("a comparison");
  for (const antlr4::misc::Interval& interval : set.getIntervals())
    for (ssize_t type = interval.a; type <= interval.b; ++type) {
      const auto t = static_cast<std::size_t>(type);
      if (expression && t != CfgLexer::RPAREN && t != CfgLexer::SEMI) continue;
      if (statement && t != CfgLexer::RBRACE && t != CfgLexer::CASE && t != CfgLexer::DEFAULT) continue;
      std::string name = name_of(t);
      if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(std::move(name));
    }
  if (operators) {
    names.erase(std::remove(names.begin(), names.end(), "'/'"), names.end());
    if (names.empty()) names.push_back("an operator");
  }
  if (names.empty() || names.size() > 5) return {};
  std::string out;
  for (std::size_t i = 0; i < names.size(); ++i)
    out += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + names[i];
  return out;
}

/// By its looks the name of a define.
bool wants_define(std::string_view text) {
  return text.size() > 1 && std::none_of(text.begin(), text.end(), [](unsigned char c) { return std::islower(c); });
}

/// The place right after a token: where something is missing.
text::Span end_of(const SourceToken& token) {
  text::Span span = token.span;
  span.offset += span.length;
  span.length = 1;
  return span;
}

}  // namespace

void ErrorStrategy::add_helps(antlr4::Parser* parser, const SourceToken& token, diagnostics::Finding& finding) {
  antlr4::TokenStream& tokens = *parser->getTokenStream();
  const std::size_t index = token.getTokenIndex();
  const SourceToken* before = index > 0 && index < tokens.size() ? &token_of(tokens.get(index - 1)) : nullptr;
  const std::string text = token.getText();
  const std::size_t type = token.getType();
  const std::size_t last = before ? before->getType() : 0;
  const bool touches = before && before->span.offset + before->span.length == token.span.offset;
  if (text == "%") finding.help("the remainder is written 'mod'");
  if (text == "?") finding.help("there is no '?:'; use selval(condition, a, b) or if");
  if (type == CfgLexer::DOT && last != CfgLexer::VARIABLE) finding.help("texts are joined with '+'");
  if (type == CfgLexer::DOT && last == CfgLexer::VARIABLE && touches)
    finding.help("a name with a dot needs parentheses: $(" + before->getText().substr(1) + ".name)");
  if (last == CfgLexer::VARIABLE && touches && (before->getText() == "$rc" || before->getText() == "$retcode") && is_word(text))
    finding.help("'" + before->getText() + "' ends the word here; write $(" + before->getText().substr(1) + text + "...)");
  if (last == CfgLexer::VARIABLE && type == CfgLexer::MATCH) finding.help("'=~' is one operator; write '= ~' to assign a complement");
  if (last == CfgLexer::VARIABLE && type == CfgLexer::EQ) finding.help("write '=' to assign");
  if (last == CfgLexer::VARIABLE && (type == CfgLexer::PLUS || type == CfgLexer::MINUS || type == CfgLexer::STAR))
    finding.help("'=' is the only assignment: " + before->getText() + " = " + before->getText() + " " + text + " ...");
  if (type == CfgLexer::VARIABLE && parser->getContext() && parser->getContext()->getRuleIndex() == CfgParser::RuleCoreCall)
    finding.help("core commands take literals only");
  if (type == CfgLexer::LPAREN && last == CfgLexer::ID && parser->getContext() && parser->getContext()->getRuleIndex() == CfgParser::RuleItem)
    finding.help("statements stand inside of routes");
  if (type == CfgLexer::ELSE) finding.help("an 'else' must follow the statement or '}' of its 'if' directly");
  if (type == CfgLexer::MAX_LEN) finding.help("'max_len' is of older versions; compare with a number: msg:len >= 2048");
  if (type == CfgLexer::ID && is_word(text) && wants_define(text)) finding.help("no #!define " + text + " stands above; if it comes from outside: -D " + text + "=VALUE");
  if (text == "elseif" || text == "elsif" || text == "elif") finding.help("write 'else if'");
}

void ErrorStrategy::report_unexpected(antlr4::Parser* parser, const SourceToken& token,
                                      const antlr4::misc::IntervalSet& expected) {
  if (token.getType() == CfgLexer::UNTERMINATED) return;  // the preprocessor told
  const std::string text = token.getText();
  const std::size_t rule = parser->getContext() ? parser->getContext()->getRuleIndex() : 0;
  if (token.getType() == CfgLexer::NUM_ID && rule != CfgParser::RuleRouteName) {
    findings_.add("E0019", token.span, {text});
    return;
  }
  const bool wants_name = expected.contains(static_cast<ssize_t>(CfgLexer::ID)) &&
                          !expected.contains(static_cast<ssize_t>(CfgLexer::SEMI));
  if ((rule == CfgParser::RuleRouteName || rule == CfgParser::RuleRouteHead) && wants_name) {
    if (is_word(text)) {
      findings_.add("E0013", token.span, {text}).help("quote the name: [\"" + text + "\"]");
      return;
    }
  }
  if (rule == CfgParser::RuleRouteHead && expected.contains(static_cast<ssize_t>(CfgLexer::EVENT_NAME))) {
    findings_.add("E0020", token.span, {text});
    return;
  }
  // A word that is no call: mostly the name of a define that does not exist.
  antlr4::TokenStream& tokens = *parser->getTokenStream();
  const std::size_t index = token.getTokenIndex();
  const SourceToken* before = index > 0 && index < tokens.size() ? &token_of(tokens.get(index - 1)) : nullptr;
  if (before && before->getType() == CfgLexer::ID && expected.size() == 1 && expected.contains(static_cast<ssize_t>(CfgLexer::LPAREN))) {
    findings_.add_fault("E0022 " + before->getText(), "E0022", before->span, {before->getText()});
    return;
  }
  const std::string wanted = describe(expected);
  const text::Span place = token.getType() == antlr4::Token::EOF && before ? end_of(*before) : token.span;
  diagnostics::Finding& finding = wanted.empty() ? findings_.add("E0021", place, {quoted(token)})
                                                 : findings_.add("E0001", place, {quoted(token), wanted});
  add_helps(parser, token, finding);
}

/// Where `token` shows that a '{' before it is not closed: the end of the file, or the start of the next route.
bool ErrorStrategy::report_unclosed(antlr4::Parser* parser, const SourceToken& token) {
  antlr4::TokenStream& tokens = *parser->getTokenStream();
  if (token.getType() != antlr4::Token::EOF && !starts_item(tokens)) return false;
  std::vector<const SourceToken*> open;
  // The innermost '{' whose '}' stands in another column than the line of the '{' begins: the likely culprit.
  const SourceToken* suspect = nullptr;
  const auto indent = [](const text::Span& span) {
    const std::string_view line = span.file ? span.file->line_text(span.line()) : std::string_view();
    return std::min(line.find_first_not_of(" \t"), line.size());
  };
  for (std::size_t i = 0; i < token.getTokenIndex(); ++i) {
    const SourceToken& at = token_of(tokens.get(i));
    if (at.getType() == CfgLexer::LBRACE) open.push_back(&at);
    if (at.getType() == CfgLexer::RBRACE && !open.empty()) {
      if (!suspect && open.back()->span.line() != at.span.line() && indent(open.back()->span) > indent(at.span)) suspect = open.back();
      open.pop_back();
      if (open.empty()) suspect = nullptr;
    }
  }
  if (open.empty()) return false;
  const SourceToken& brace = suspect ? *suspect : *open.back();
  findings_.add("E0014", brace.span)
      .note(token.getType() == antlr4::Token::EOF ? "the file ends here" : "the next item begins here", token.span);
  return true;
}

void ErrorStrategy::reportError(antlr4::Parser* parser, const antlr4::RecognitionException& error) {
  if (inErrorRecoveryMode(parser)) return;
  beginErrorCondition(parser);
  const SourceToken& token = token_of(error.getOffendingToken());
  if (report_unclosed(parser, token)) return;
  antlr4::misc::IntervalSet expected;
  const auto* no_way = dynamic_cast<const antlr4::NoViableAltException*>(&error);
  if (!no_way || no_way->getStartToken() == error.getOffendingToken()) expected = error.getExpectedTokens();
  report_unexpected(parser, token, expected);
}

antlr4::Token* ErrorStrategy::insert(antlr4::Parser* parser, std::size_t type, const char* text) {
  antlr4::TokenStream& tokens = *parser->getTokenStream();
  const SourceToken& before = token_of(tokens.get(tokens.index() - 1));
  if (!inErrorRecoveryMode(parser)) {
    beginErrorCondition(parser);
    diagnostics::Finding& finding = findings_.add("E0010", end_of(before), {std::string("'") + text + "'", quoted(before)});
    add_helps(parser, token_of(tokens.LT(1)), finding);
  }
  inserted_.push_back(std::make_unique<SourceToken>(type, text, end_of(before)));
  return inserted_.back().get();
}

antlr4::Token* ErrorStrategy::recoverInline(antlr4::Parser* parser) {
  antlr4::TokenStream& tokens = *parser->getTokenStream();
  const antlr4::misc::IntervalSet expected = parser->getExpectedTokens();
  const std::size_t next = tokens.LA(1);
  if (tokens.index() > 0 && next != antlr4::Token::EOF) {
    const bool line_ended = first_on_line(tokens) && starts_statement(next);
    if (expected.contains(static_cast<ssize_t>(CfgLexer::SEMI)) && (line_ended || next == CfgLexer::RBRACE || next == CfgLexer::ELSE))
      return insert(parser, CfgLexer::SEMI, ";");
    const std::size_t last = tokens.get(tokens.index() - 1)->getType();
    const bool complete = last != CfgLexer::LPAREN && last != CfgLexer::COMMA;
    if (expected.contains(static_cast<ssize_t>(CfgLexer::RPAREN)) && complete && (next == CfgLexer::LBRACE || next == CfgLexer::SEMI))
      return insert(parser, CfgLexer::RPAREN, ")");
  }
  throw antlr4::InputMismatchException(parser);
}

/// Checks at the start of each round of a block's or a switch's loop: what cannot go on is reported and skipped here, so
/// that the statements after it are still read.
void ErrorStrategy::sync(antlr4::Parser* parser) {
  antlr4::ParserRuleContext* context = parser->getContext();
  const std::size_t rule = context->getRuleIndex();
  antlr4::TokenStream& tokens = *parser->getTokenStream();
  if (rule == CfgParser::RuleBlock) {
    if (!static_cast<CfgParser::BlockContext*>(context)->LBRACE()) return;
  } else if (rule == CfgParser::RuleSwitchStatement) {
    if (!static_cast<CfgParser::SwitchStatementContext*>(context)->LBRACE()) return;
  } else if (rule == CfgParser::RuleSwitchCase) {
    if (!static_cast<CfgParser::SwitchCaseContext*>(context)->COLON()) return;
  } else {
    return;
  }
  for (;;) {
    const std::size_t type = tokens.LA(1);
    if (type == antlr4::Token::EOF || starts_item(tokens)) throw antlr4::InputMismatchException(parser);
    if (type == CfgLexer::RBRACE) return;
    if (type == CfgLexer::ELSE && skip_else(parser)) continue;
    const bool in_switch = rule == CfgParser::RuleSwitchStatement;
    if (!in_switch && starts_statement(type)) return;
    if (rule != CfgParser::RuleBlock && (type == CfgLexer::CASE || type == CfgLexer::DEFAULT)) return;
    if (!inErrorRecoveryMode(parser)) {
      beginErrorCondition(parser);
      report_unexpected(parser, token_of(tokens.LT(1)), parser->getExpectedTokens());
    }
    const std::size_t before = tokens.index();
    if (in_switch) {
      skip_case(parser);
    } else {
      skip_statement(parser, 0);
    }
    if (tokens.index() == before) parser->consume();
  }
}

/// To behind the ';' or the balanced '}' that ends the statement; not beyond a '}' that is not its own.
void ErrorStrategy::skip_statement(antlr4::Parser* parser, std::size_t depth) {
  antlr4::TokenStream& tokens = *parser->getTokenStream();
  if (tokens.LA(1) == CfgLexer::UNTERMINATED && depth == 0) {
    // A string that lacks its quote ends with its line, and so, most likely, does the statement.
    parser->consume();
    if (first_on_line(tokens) && starts_statement(tokens.LA(1))) return;
  }
  for (;;) {
    const std::size_t type = tokens.LA(1);
    if (type == antlr4::Token::EOF || (starts_item(tokens) && first_on_line(tokens))) return;
    if (type == CfgLexer::RBRACE) {
      if (depth == 0) return;
      parser->consume();
      if (--depth == 0 && tokens.LA(1) != CfgLexer::ELSE) return;
      continue;
    }
    if (type == CfgLexer::LBRACE) ++depth;
    parser->consume();
    if (type == CfgLexer::SEMI && depth == 0 && tokens.LA(1) != CfgLexer::ELSE) return;
  }
}

/// To the next label or the switch's '}'.
void ErrorStrategy::skip_case(antlr4::Parser* parser) {
  antlr4::TokenStream& tokens = *parser->getTokenStream();
  std::size_t depth = 0;
  for (;;) {
    const std::size_t type = tokens.LA(1);
    if (type == antlr4::Token::EOF || (starts_item(tokens) && first_on_line(tokens))) return;
    if (depth == 0 && (type == CfgLexer::CASE || type == CfgLexer::DEFAULT || type == CfgLexer::RBRACE)) return;
    if (type == CfgLexer::LBRACE) ++depth;
    if (type == CfgLexer::RBRACE) --depth;
    parser->consume();
  }
}

/// To the '{' of an `if` or `while` in a block, whose condition is at fault: what stands in it is read all the same, and the AST
/// builder takes the block for the statement's. False where there is none.
bool ErrorStrategy::skip_condition(antlr4::Parser* parser) {
  antlr4::ParserRuleContext* context = parser->getContext();
  antlr4::TokenStream& tokens = *parser->getTokenStream();
  const auto* item = dynamic_cast<const CfgParser::BlockItemContext*>(context->parent);
  const antlr4::Token* start = context->getStart();
  if (!item || !start || (start->getType() != CfgLexer::IF && start->getType() != CfgLexer::WHILE)) return false;
  constexpr std::size_t kLongest = 500;  // tokens of a condition
  std::size_t brace = tokens.index();
  for (;; ++brace) {
    if (brace > tokens.index() + kLongest) return false;
    const std::size_t type = tokens.LA(static_cast<ssize_t>(brace - tokens.index() + 1));
    if (type == CfgLexer::LBRACE) break;
    if (type == CfgLexer::SEMI || type == CfgLexer::RBRACE || type == CfgLexer::UNTERMINATED || type == antlr4::Token::EOF) return false;
  }
  while (tokens.index() < brace) parser->consume();
  bodies_.insert(brace);
  return true;
}

/// An `else` behind a block whose condition was skipped: what stands in it is read, too.
bool ErrorStrategy::skip_else(antlr4::Parser* parser) {
  antlr4::TokenStream& tokens = *parser->getTokenStream();
  std::size_t at = tokens.index();
  if (bodies_.empty() || at == 0 || tokens.get(at - 1)->getType() != CfgLexer::RBRACE) return false;
  std::size_t depth = 0;
  do {
    const std::size_t type = tokens.get(--at)->getType();
    if (type == CfgLexer::RBRACE) ++depth;
    if (type == CfgLexer::LBRACE) --depth;
  } while (depth > 0 && at > 0);
  if (!bodies_.count(at)) return false;
  parser->consume();
  if (tokens.LA(1) == CfgLexer::LBRACE) bodies_.insert(tokens.index());
  return true;
}

void ErrorStrategy::skip_item(antlr4::Parser* parser, std::size_t depth) {
  antlr4::TokenStream& tokens = *parser->getTokenStream();
  for (;;) {
    const std::size_t type = tokens.LA(1);
    if (type == antlr4::Token::EOF) return;
    if (first_on_line(tokens) && (starts_item(tokens) || (depth == 0 && type == CfgLexer::ID && tokens.LA(2) == CfgLexer::ASSIGN)))
      return;
    if (type == CfgLexer::LBRACE) ++depth;
    parser->consume();
    if (type == CfgLexer::SEMI && depth == 0) return;
    if (type == CfgLexer::RBRACE && (depth == 0 || --depth == 0)) return;
  }
}

void ErrorStrategy::recover(antlr4::Parser* parser, std::exception_ptr error) {
  antlr4::ParserRuleContext* context = parser->getContext();
  const std::size_t rule = context->getRuleIndex();
  if (rule != CfgParser::RuleAction && rule != CfgParser::RuleItem && rule != CfgParser::RuleSwitchCase) std::rethrow_exception(error);
  antlr4::TokenStream& tokens = *parser->getTokenStream();
  // Two recoveries at one place: nothing was consumed between them.
  if (rule == CfgParser::RuleItem && last_recovery_ == tokens.index() && tokens.LA(1) != antlr4::Token::EOF) parser->consume();
  std::size_t depth = 0;
  const std::size_t start = context->getStart() ? context->getStart()->getTokenIndex() : tokens.index();
  for (std::size_t i = start; i < tokens.index(); ++i) {
    const std::size_t type = tokens.get(i)->getType();
    if (type == CfgLexer::LBRACE) ++depth;
    if (type == CfgLexer::RBRACE && depth > 0) --depth;
  }
  if (rule == CfgParser::RuleItem) {
    skip_item(parser, depth);
  } else if (rule == CfgParser::RuleSwitchCase) {
    skip_case(parser);
  } else if (depth > 0 || !skip_condition(parser)) {
    skip_statement(parser, depth);
  }
  last_recovery_ = tokens.index();
}

}  // namespace strowger::syntax
