// The preprocessor's flow of tokens: files, expansions, and what happens to each token on its way to the parser.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/syntax/preprocessor.h"

#include <algorithm>
#include <cstring>

#include "compiler/syntax/literal.h"

namespace strowger::syntax {
namespace {

using grammar::CfgLexer;

constexpr std::size_t kMaxExpansionDepth = 64;
/// Tokens that all expansions of one script may bring together: a bomb of nested defines ends here.
constexpr std::size_t kMaxExpandedTokens = 1'000'000;
constexpr std::size_t kMaxExpandedBytes = 16u << 20;
/// What one text may grow to by substitutions.
constexpr std::size_t kMaxSubstituted = 64u << 10;

bool is_comment(std::size_t type) {
  return type == CfgLexer::COMMENT || type == CfgLexer::BLOCK_COMMENT || type == CfgLexer::OPEN_COMMENT;
}

bool is_string(std::size_t type) { return type == CfgLexer::DOUBLE_QUOTED || type == CfgLexer::SINGLE_QUOTED; }

/// Lexes the value of a define once.
void lex_value(Define& define) {
  ByteStream stream(define.value);
  CfgLexer lexer(&stream);
  lexer.removeErrorListeners();
  define.tokens.emplace();
  for (;;) {
    const auto token = lexer.nextToken();
    const std::size_t type = token->getType();
    if (type == antlr4::Token::EOF) break;
    if (is_comment(type)) {
      if (type == CfgLexer::COMMENT) define.hides_rest_of_line = true;
      continue;
    }
    define.tokens->push_back({type, token->getText()});
  }
}

}  // namespace

Preprocessor::Preprocessor(const text::SourceFile* root, text::Sources& sources, const ParseOptions& options,
                           diagnostics::Findings& findings)
    : sources_(sources), options_(options), findings_(findings) {
  for (const char* name : {"KAMAILIO_5", "KAMAILIO_5_6", "KAMAILIO_5_6_3"}) add_define(name, "", {}, false, false);
  if (!options.defines.empty()) {
    std::string all;
    for (const auto& [name, value] : options.defines) all += "-D " + name + (value.empty() ? "" : "=" + value) + "\n";
    const text::SourceFile* place = sources_.add("<command line>", all);
    std::uint32_t line = 1;
    for (const auto& [name, value] : options.defines) {
      const std::uint32_t start = place->line_starts[line - 1] + 3;
      add_define(name, value, {place, start, static_cast<std::uint32_t>(name.size()), nullptr}, false, false);
      line += 1 + static_cast<std::uint32_t>(std::count(value.begin(), value.end(), '\n'));
    }
  }
  end_ = {root, static_cast<std::uint32_t>(root->content.size()), 0, nullptr};
  const std::string_view first = root->line_text(1);
  if (first == "//!KAMAILIO" || first == "//!OPENSER") mode_ = Ast::Mode::Kamailio;
  if (first == "//!SER") mode_ = Ast::Mode::Ser;
  push_file(root);
}

antlr4::TokenFactory<antlr4::CommonToken>* Preprocessor::getTokenFactory() {
  return antlr4::CommonTokenFactory::DEFAULT.get();
}

std::vector<std::pair<std::string, std::string>> Preprocessor::defines() const {
  std::vector<std::pair<std::string, std::string>> out;
  for (const std::string& name : define_order_)
    if (const Define* define = find_define(name)) out.emplace_back(name, define->value);
  return out;
}

const Define* Preprocessor::find_define(std::string_view name) const {
  const auto at = defines_.find(name);
  return at == defines_.end() ? nullptr : at->second.get();
}

text::Span Preprocessor::span_at(std::size_t offset, std::size_t length) {
  const std::size_t size = content().size();
  offset = std::min(offset, size);
  return {file().source, static_cast<std::uint32_t>(offset), static_cast<std::uint32_t>(std::min(length, size - offset)), nullptr};
}

void Preprocessor::seek(std::size_t offset) {
  file().stream->seek(offset);
  file().lexer->hitEOF = false;
}

void Preprocessor::push_file(const text::SourceFile* source) {
  File next;
  next.source = source;
  next.stream = std::make_unique<ByteStream>(source->content);
  next.lexer = std::make_unique<CfgLexer>(next.stream.get());
  next.lexer->removeErrorListeners();
  files_.push_back(std::move(next));
}

std::unique_ptr<antlr4::Token> Preprocessor::nextToken() {
  for (;;) {
    if (!pending_.empty()) {
      auto token = std::move(pending_.front());
      pending_.erase(pending_.begin());
      return token;
    }
    if (files_.empty()) return end_of_text();
    std::unique_ptr<SourceToken> token;
    const bool have = expansions_.empty() ? from_file(token) : from_expansion(token);
    if (have) return token;
  }
}

std::unique_ptr<antlr4::Token> Preprocessor::end_of_text() {
  for (const Conditional& open : conditionals_) findings_.add("E0003", open.at, {"#!" + open.word, "#!endif"});
  conditionals_.clear();
  return std::make_unique<SourceToken>(antlr4::Token::EOF, "<EOF>", end_);
}

bool Preprocessor::from_expansion(std::unique_ptr<SourceToken>& out) {
  Expansion& top = expansions_.back();
  if (top.next == top.define->tokens->size()) {
    const bool hides = top.define->hides_rest_of_line;
    expansions_.pop_back();
    if (hides) {
      expansions_.clear();
      seek(end_of_line(file().stream->index()));
    }
    return false;
  }
  const Define::Lexed& lexed = (*top.define->tokens)[top.next++];
  expanded_bytes_ += lexed.text.size();
  if (++expanded_tokens_ > kMaxExpandedTokens || expanded_bytes_ > kMaxExpandedBytes) {
    if (!expansion_limit_reported_) findings_.add("E0007", use_, {*use_.expansion, "into more than a million words or 16 MB"});
    expansion_limit_reported_ = true;
    expansions_.clear();
    return false;
  }
  const std::string name = top.define->name;
  if (lexed.type == CfgLexer::ID && expand(lexed.text, use_)) return false;
  if (lexed.type == CfgLexer::UNTERMINATED) findings_.add("E0002", use_).note("in the value of '" + name + "'");
  if (lexed.type == CfgLexer::DIRECTIVE || lexed.type == CfgLexer::INCLUDE) {
    findings_.add("E0011", use_, {lexed.text, "a directive cannot come out of the value of a define"});
    return false;
  }
  out = accept(lexed.type, lexed.text, use_);
  return true;
}

bool Preprocessor::expand(const std::string& name, const text::Span& use) {
  const auto at = defines_.find(name);
  if (at == defines_.end()) return false;
  const bool nested = !expansions_.empty();
  for (const Expansion& active : expansions_)
    if (active.define->name == name) {
      findings_.add_fault("E0007 " + name, "E0007", use, {name, "into itself"});
      expansions_.clear();
      return true;
    }
  if (expansions_.size() >= kMaxExpansionDepth) {
    findings_.add("E0007", use, {name, "through more than 64 other defines"});
    expansions_.clear();
    return true;
  }
  if (!at->second->tokens) lex_value(*at->second);
  if (!nested) {
    use_ = use;
    use_.expansion = sources_.intern(name);
  }
  expansions_.push_back({at->second, 0});
  return true;
}

bool Preprocessor::from_file(std::unique_ptr<SourceToken>& out) {
  const auto token = file().lexer->nextToken();
  std::size_t type = token->getType();
  if (type == antlr4::Token::EOF) {
    files_.pop_back();
    return false;
  }
  const std::size_t start = token->getStartIndex();
  std::size_t stop = token->getStopIndex() + 1;
  if (is_comment(type)) {
    if (type == CfgLexer::OPEN_COMMENT) findings_.add("W0002", span_at(start, 2));
    return false;
  }
  if (type == CfgLexer::DIRECTIVE) {
    if (directive(start, stop)) return false;
    // `!!name`: two operators and a word.
    pending_.push_back(accept(CfgLexer::NOT, "!", span_at(start, 1)));
    pending_.push_back(accept(CfgLexer::NOT, "!", span_at(start + 1, 1)));
    seek(start + 2);
    return false;
  }
  if (type == CfgLexer::INCLUDE) {
    include(start, start, stop);
    return false;
  }
  if (type == CfgLexer::STRAY) {
    findings_.add("W0004", span_at(start, stop - start));
    return false;
  }
  if (is_string(type)) check_runaway_string(*token, type, stop);
  if (type == CfgLexer::UNTERMINATED && content()[start] != '$') stop = std::min(stop, end_of_line(start));
  std::string text(content().substr(start, stop - start));
  if (type == CfgLexer::UNTERMINATED) report_unterminated(text, start);
  const text::Span span = span_at(start, stop - start);
  if (type == CfgLexer::ID && expand(text, span)) return false;
  out = accept(type, std::move(text), span);
  return true;
}

/// A closing quote with a letter right after it, in a string that began on an earlier line: the first line lacks its quote
/// and everything after it is inside out. The string then ends with its first line.
void Preprocessor::check_runaway_string(const antlr4::Token& token, std::size_t& type, std::size_t& stop) {
  const std::size_t start = token.getStartIndex();
  const std::string_view text = content().substr(start, stop - start);
  const std::size_t line_end = text.find('\n');
  if (line_end == std::string_view::npos || text[line_end - 1] == '\\') return;
  const char after = stop < content().size() ? content()[stop] : '\n';
  if (!std::isalnum(static_cast<unsigned char>(after)) && !(after && std::strchr("_$\"'(.%^<>\\[*@-", after))) return;
  type = CfgLexer::UNTERMINATED;
  stop = start + line_end;
}

void Preprocessor::report_unterminated(const std::string& text, std::size_t start) {
  if (text[0] == '$') {
    findings_.add("E0009", span_at(start, text.size()), {text, "its '(' is never closed"});
    return;
  }
  const std::size_t line_end = std::min(end_of_line(start), content().size());
  findings_.add("E0002", span_at(start, 1));
  seek(line_end);
}

/// Applies the substitutions; the name of the last one that changed the text, or null. What grows beyond all measure is told
/// once, and substitutions end.
const std::string* Preprocessor::substitute(std::string& text, const text::Span& place) {
  const std::string* changed = nullptr;
  for (const Substitution& rule : substitutions_) {
    if (rule.apply(text, substitution_work_)) changed = rule.name;
    if (text.size() <= kMaxSubstituted && substitution_work_ <= kMaxSubstitutionWork) continue;
    findings_.add("E0017", place, {"the substitutions of the script let texts grow beyond all measure"});
    substitutions_.clear();
    substitution_work_ = kMaxSubstitutionWork + 1;  // nothing more is told
    break;
  }
  return changed;
}

/// Applies the substitutions, decodes strings, and notes what a module makes defined.
std::unique_ptr<SourceToken> Preprocessor::accept(std::size_t type, std::string text, text::Span span) {
  auto token = std::make_unique<SourceToken>(type, text, span);
  if (is_string(type)) {
    std::string inner = text.substr(1, text.size() - 2);
    token->value = type == CfgLexer::DOUBLE_QUOTED ? decode_double_quoted(inner) : std::move(inner);
    token->value.resize(std::min(token->value.size(), token->value.find('\0')));
    if (const std::string* rule = substitute(token->value, span)) token->span.expansion = rule;
    if (module_follows_) define_module(*token);
  } else if (type == CfgLexer::VARIABLE) {
    if (const std::string* rule = substitute(text, span)) {
      token->setText(text);
      token->span.expansion = rule;
    }
  }
  module_follows_ = type == CfgLexer::LOADMODULE || type == CfgLexer::LOADMODULEX;
  return token;
}

void Preprocessor::define_module(const SourceToken& token) {
  std::string name = token.value.substr(token.value.find_last_of('/') + 1);
  if (name.ends_with(".so")) name.resize(name.size() - 3);
  add_define("MOD_" + name, "", token.span, false, true);
}

}  // namespace strowger::syntax
