// Cuts a script into pieces by the script's own lexer.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/format/pieces.h"

#include <algorithm>
#include <array>

#include "CfgLexer.h"
#include "compiler/syntax/byte_stream.h"

namespace strowger::format {
namespace {

using grammar::CfgLexer;

constexpr std::array<std::string_view, 23> kDirectives = {
    "ifdef", "ifndef", "ifexp", "else", "endif", "define", "def", "trydef", "trydefine", "redef", "redefine", "defexp", "defexps",
    "undef", "undefine", "tryundef", "tryundefine", "defenv", "defenvs", "trydefenv", "trydefenvs", "include_file", "import_file"};

/// `!!is_method(...)` begins like a directive, but is none.
bool is_directive(std::string_view text) {
  return text[0] == '#' || std::find(kDirectives.begin(), kDirectives.end(), text.substr(2)) != kDirectives.end() ||
         text.substr(2).starts_with("subst");
}

/// The end of a preprocessor line: a '\' before the line end continues a define.
std::size_t end_of_directive(std::string_view script, std::size_t at) {
  for (;;) {
    std::size_t end = script.find('\n', at);
    if (end == std::string_view::npos) return script.size();
    std::size_t last = end;
    if (last > at && script[last - 1] == '\r') --last;
    if (last == at || script[last - 1] != '\\') return end;
    at = end + 1;
  }
}

std::string without_end_blanks(std::string_view text) {
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return std::string(text);
}

/// A part of the text that stays as it is.
struct Region {
  std::size_t start = 0, end = 0;
};

bool cut_but(std::string_view script, const std::vector<Region>& verbatim, std::vector<Piece>& out, Fault& fault) {
  syntax::ByteStream stream(script);
  CfgLexer lexer(&stream);
  lexer.removeErrorListeners();
  std::size_t end = 0;   // of the piece before
  std::size_t line = 1;
  for (;;) {
    const auto token = lexer.nextToken();
    const std::size_t type = token->getType();
    if (type == antlr4::Token::EOF) return true;
    const std::size_t start = token->getStartIndex();
    std::size_t stop = token->getStopIndex() + 1;
    Piece piece;
    const std::string_view space = script.substr(end, start - end);
    piece.newlines = static_cast<std::size_t>(std::count(space.begin(), space.end(), '\n'));
    for (std::size_t i = space.rfind('\n') + 1; i < space.size(); ++i) piece.blanks += space[i] == '\t' ? 2 : 1;
    line += piece.newlines;
    piece.line = line;
    piece.type = type;
    std::string_view text = script.substr(start, stop - start);
    if (type == CfgLexer::UNTERMINATED || type == CfgLexer::OPEN_COMMENT) {
      fault = {line, type == CfgLexer::OPEN_COMMENT ? "a comment is not closed"
                                                   : text[0] == '$' ? "the '(' of a variable is not closed" : "a string is not closed"};
      return false;
    }
    if (type == CfgLexer::COMMENT) {
      piece.kind = Piece::Kind::LineComment;
    } else if (type == CfgLexer::BLOCK_COMMENT) {
      piece.kind = Piece::Kind::BlockComment;
    } else if (type == CfgLexer::INCLUDE || (type == CfgLexer::DIRECTIVE && is_directive(text))) {
      piece.kind = Piece::Kind::Directive;
      piece.name = text.substr(type == CfgLexer::INCLUDE ? 0 : 2);
      stop = end_of_directive(script, stop);
      stream.seek(stop);
      lexer.hitEOF = false;
      text = script.substr(start, stop - start);
    }
    // `#!KAMAILIO` counts only when nothing stands behind it.
    piece.text = piece.kind == Piece::Kind::Directive && piece.name == "KAMAILIO" ? std::string(text) : without_end_blanks(text);
    line += static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
    end = stop;
    const bool is_directive_line = piece.kind == Piece::Kind::Directive;
    out.push_back(std::move(piece));
    for (const Region& region : verbatim)
      if (is_directive_line && region.start == stop + 1) {
        Piece kept;
        kept.kind = Piece::Kind::Directive;
        kept.text = script.substr(region.start, region.end - region.start);
        kept.newlines = 1;
        kept.line = ++line;
        line += static_cast<std::size_t>(std::count(kept.text.begin(), kept.text.end(), '\n'));
        out.push_back(std::move(kept));
        end = region.end;
        stream.seek(end);
        lexer.hitEOF = false;
      }
  }
}

/// What stands between two conditions, where it cannot be cut. Kamailio does not read what is left out, so that anything may
/// stand there: half a string, prose.
std::vector<Region> unreadable_branches(std::string_view script) {
  std::vector<Region> out;
  std::size_t depth = 0, body = 0;
  for (std::size_t at = 0; at < script.size();) {
    const std::size_t line_end = std::min(script.find('\n', at), script.size());
    std::string_view line = script.substr(at, line_end - at);
    line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
    const std::string_view word = line.starts_with("#!") || line.starts_with("!!") ? line.substr(2) : std::string_view();
    const bool opens = word.starts_with("ifdef") || word.starts_with("ifndef") || word.starts_with("ifexp");
    const bool closes = word.starts_with("endif");
    if (opens || closes || word.starts_with("else")) {
      std::vector<Piece> pieces;
      Fault fault;
      if (depth > 0 && at > body + 1 && !cut_but(script.substr(body, at - body), {}, pieces, fault)) out.push_back({body, at - 1});
      depth += opens;
      depth -= closes && depth > 0;
      body = line_end + 1;
    }
    at = line_end + 1;
  }
  return out;
}

}  // namespace

bool cut(std::string_view script, std::vector<Piece>& out, Fault& fault) {
  if (cut_but(script, {}, out, fault)) return true;
  const std::vector<Region> kept = unreadable_branches(script);
  if (kept.empty()) return false;
  out.clear();
  Fault other;
  return cut_but(script, kept, out, other);
}

}  // namespace strowger::format
