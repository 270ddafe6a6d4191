// The preprocessor: a source of tokens between the lexer and the parser. It follows includes, takes or skips the branches
// of #!ifdef, replaces defined identifiers by the tokens of their value, and applies #!subst rules (language.md 2).
//
//   #!define PORT 5060          ->  nothing
//   listen=udp:1.2.3.4:PORT     ->  listen = udp : 1 . 2 . 3 . 4 : 5060     (the span of 5060 is that of PORT)
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "CfgLexer.h"
#include "antlr4-runtime.h"
#include "compiler/diagnostics/findings.h"
#include "compiler/syntax/ast.h"
#include "compiler/syntax/byte_stream.h"
#include "compiler/syntax/parse.h"
#include "compiler/syntax/substitution.h"
#include "compiler/text/source.h"

namespace strowger::syntax {

/// What the parser and the AST builder see.
class SourceToken final : public antlr4::CommonToken {
 public:
  SourceToken(std::size_t type, const std::string& text, text::Span at) : CommonToken(type, text), span(at) {}
  text::Span span;
  std::string value;  ///< of string tokens: decoded and substituted
};

/// One `#!define`.
struct Define {
  std::string name;
  std::string value;
  text::Span at;
  struct Lexed {
    std::size_t type;
    std::string text;
  };
  std::optional<std::vector<Lexed>> tokens;  ///< of the value; made at the first use
  bool hides_rest_of_line = false;           ///< a comment in the value takes the rest of the using line with it
};

/// Bytes that all substitutions of one script may look at.
inline constexpr std::size_t kMaxSubstitutionWork = 256u << 20;

class Preprocessor final : public antlr4::TokenSource {
 public:
  Preprocessor(const text::SourceFile* root, text::Sources& sources, const ParseOptions& options,
               diagnostics::Findings& findings);

  std::unique_ptr<antlr4::Token> nextToken() override;
  std::size_t getLine() const override { return 0; }
  std::size_t getCharPositionInLine() override { return 0; }
  antlr4::CharStream* getInputStream() override { return nullptr; }
  std::string getSourceName() override { return "script"; }
  antlr4::TokenFactory<antlr4::CommonToken>* getTokenFactory() override;

  /// Names and values as they stand at the end, in the order of definition.
  std::vector<std::pair<std::string, std::string>> defines() const;
  const Define* find_define(std::string_view name) const;
  Ast::Mode mode() const { return mode_; }

 private:
  struct File {
    const text::SourceFile* source;
    std::unique_ptr<ByteStream> stream;
    std::unique_ptr<grammar::CfgLexer> lexer;
  };
  struct Expansion {
    std::shared_ptr<Define> define;
    std::size_t next = 0;
  };
  struct Conditional {
    text::Span at;
    std::string word;
    bool had_else = false;
  };

  // The text being read (preprocessor.cpp)
  File& file() { return files_.back(); }
  std::string_view content() const { return files_.back().source->content; }
  text::Span span_at(std::size_t offset, std::size_t length);
  void seek(std::size_t offset);
  void push_file(const text::SourceFile* source);
  bool from_expansion(std::unique_ptr<SourceToken>& out);
  bool from_file(std::unique_ptr<SourceToken>& out);
  bool expand(const std::string& name, const text::Span& use);
  const std::string* substitute(std::string& text, const text::Span& place);
  std::unique_ptr<SourceToken> accept(std::size_t type, std::string text, text::Span span);
  void check_runaway_string(const antlr4::Token& token, std::size_t& type, std::size_t& stop);
  void report_unterminated(const std::string& text, std::size_t start);
  void define_module(const SourceToken& name);
  std::unique_ptr<antlr4::Token> end_of_text();

  // Directives (directives.cpp). Offsets are those of the text being read.
  bool directive(std::size_t start, std::size_t stop);
  void include(std::size_t word, std::size_t start, std::size_t stop);
  const text::SourceFile* find_include(const std::string& path, std::uint32_t line, int& error);
  void conditional(std::string_view word, std::size_t start, std::size_t at);
  void skip_region();
  void define_directive(std::string_view word, std::size_t start, std::size_t at);
  void define_from_environment(std::string_view word, std::size_t start, std::size_t at);
  void define_from_expression(std::string_view word, std::size_t start, std::size_t at);
  void undefine(std::size_t start, std::size_t at);
  void substitution(std::string_view word, std::size_t start, std::size_t at);
  bool replacement_value(std::string& text, const text::Span& place);
  void add_define(std::string name, std::string value, text::Span at, bool replace, bool keep_first);
  std::string_view take_identifier(std::size_t& at) const;
  std::size_t skip_blanks(std::size_t at) const;
  std::size_t end_of_line(std::size_t at) const;  ///< offset of the LF, or the end
  bool only_blanks_to_line_end(std::size_t at) const;

  text::Sources& sources_;
  const ParseOptions& options_;
  diagnostics::Findings& findings_;
  std::vector<File> files_;
  std::vector<Expansion> expansions_;
  text::Span use_;                    ///< of the outermost expansion
  std::size_t expanded_tokens_ = 0, expanded_bytes_ = 0;
  bool expansion_limit_reported_ = false;
  std::vector<Conditional> conditionals_;
  std::map<std::string, std::shared_ptr<Define>, std::less<>> defines_;
  std::vector<std::string> define_order_;
  std::vector<Substitution> substitutions_;
  std::size_t substitution_work_ = 0;  ///< bytes that were searched and made
  std::size_t included_files_ = 0, included_bytes_ = 0;
  bool including_ended_ = false;      ///< a limit was met, and told
  std::vector<std::unique_ptr<SourceToken>> pending_;
  text::Span end_;                    ///< the end of the root text
  bool module_follows_ = false;
  Ast::Mode mode_ = Ast::Mode::Default;
};

}  // namespace strowger::syntax
