// Text to AST: preprocessor, parser and builder in a row.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/syntax/parse.h"

#include <cerrno>
#include <cstring>
#include <set>

#include "compiler/syntax/build.h"
#include "compiler/syntax/parser.h"
#include "compiler/syntax/preprocessor.h"

namespace strowger::syntax {
namespace {

/// A string that is not closed makes the words before it on its line look wrong: `xlog("a" b");`.
void leave_out_what_quotes_explain(diagnostics::Findings& findings) {
  const auto& all = findings.all();
  std::set<std::pair<const text::SourceFile*, std::uint32_t>> lines;
  for (const diagnostics::Finding& finding : all)
    if (finding.code == "E0002" && finding.span.file) lines.emplace(finding.span.file, finding.span.line());
  if (lines.empty()) return;
  for (std::size_t i = all.size(); i-- > 0;)
    if (all[i].code == "E0001" && all[i].span.file && lines.count({all[i].span.file, all[i].span.line()})) findings.retract(i);
}

Ast parse_source(const text::SourceFile* root, text::Sources& sources, const ParseOptions& options,
                 diagnostics::Findings& findings) {
  Ast ast;
  ast.root = root;
  Preprocessor preprocessor(root, sources, options, findings);
  antlr4::CommonTokenStream tokens(&preprocessor);
  Parser parser(&tokens);
  DepthGuard guard;
  parser.removeErrorListeners();
  parser.addParseListener(&guard);
  parser.setErrorHandler(std::make_shared<ErrorStrategy>(findings));
  parser.getInterpreter<antlr4::atn::ParserATNSimulator>()->setPredictionMode(antlr4::atn::PredictionMode::SLL);
  AstBuilder builder(ast, preprocessor, findings);
  try {
    // One item after the other rather than all at once: `$def` in a loadmodulex sees the defines above it.
    while (tokens.LA(1) != antlr4::Token::EOF) {
      const std::size_t before = tokens.index();
      builder.item(parser.item());
      if (tokens.index() == before) tokens.consume();
    }
  } catch (const NestingTooDeep& deep) {
    findings.add("E0012", deep.at, {"statements or expressions", "3000"});
  }
  leave_out_what_quotes_explain(findings);
  ast.mode = preprocessor.mode();
  ast.defines = preprocessor.defines();
  return ast;
}

}  // namespace

Ast parse(const std::string& path, text::Sources& sources, const ParseOptions& options, diagnostics::Findings& findings) {
  errno = 0;
  const text::SourceFile* root = sources.open(path);
  if (!root) {
    findings.add("E0004", {}, {path, std::strerror(errno)});
    return {};
  }
  return parse_source(root, sources, options, findings);
}

Ast parse_text(std::string name, std::string content, text::Sources& sources, const ParseOptions& options,
               diagnostics::Findings& findings) {
  return parse_source(sources.add(std::move(name), std::move(content)), sources, options, findings);
}

}  // namespace strowger::syntax
