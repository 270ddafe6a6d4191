// Lays the pieces of a script out anew.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/format/format.h"

#include <algorithm>
#include <vector>

#include "CfgLexer.h"
#include "compiler/format/pieces.h"

namespace strowger::format {
namespace {

using grammar::CfgLexer;
using Kind = Piece::Kind;

constexpr std::size_t kIndent = 4;

bool is_comment(const Piece& piece) { return piece.kind == Kind::LineComment || piece.kind == Kind::BlockComment; }

bool is_label(const Piece& piece) { return piece.is(CfgLexer::CASE) || piece.is(CfgLexer::DEFAULT); }

/// Operators that have a blank on both sides inside blocks.
bool is_spaced_operator(const Piece& piece) {
  if (piece.kind != Kind::Word) return false;
  switch (piece.type) {
    case CfgLexer::EQ: case CfgLexer::NE: case CfgLexer::MATCH: case CfgLexer::LE: case CfgLexer::GE: case CfgLexer::LT:
    case CfgLexer::GT: case CfgLexer::AND: case CfgLexer::OR: case CfgLexer::SHL: case CfgLexer::SHR: case CfgLexer::ASSIGN:
    case CfgLexer::PLUS:
      return true;
    default:
      return false;
  }
}

/// `{ exit; }` on one line stays there: for each piece, whether it lies in such a block, braces included.
std::vector<bool> find_inline_blocks(const std::vector<Piece>& pieces) {
  std::vector<bool> inside(pieces.size(), false);
  for (std::size_t open = 0; open < pieces.size(); ++open) {
    if (!pieces[open].is(CfgLexer::LBRACE)) continue;
    std::size_t statements = 0;
    std::size_t close = open + 1;
    for (; close < pieces.size(); ++close) {
      const Piece& piece = pieces[close];
      if (piece.newlines > 0 || piece.kind != Kind::Word || piece.is(CfgLexer::LBRACE)) break;
      if (piece.text.find('\n') != std::string::npos) break;
      if (piece.is(CfgLexer::SEMI)) ++statements;
      if (piece.is(CfgLexer::RBRACE)) {
        if (statements <= 1) std::fill(inside.begin() + static_cast<std::ptrdiff_t>(open), inside.begin() + static_cast<std::ptrdiff_t>(close) + 1, true);
        break;
      }
    }
  }
  return inside;
}

class Layout {
 public:
  explicit Layout(const std::vector<Piece>& pieces) : pieces_(pieces), inline_(find_inline_blocks(pieces)) {}

  std::string print() {
    for (at_ = 0; at_ < pieces_.size(); ++at_) {
      const Piece& piece = pieces_[at_];
      if (at_ > 0) {
        if (breaks()) new_line();
        else out_.append(blanks(), ' ');
      }
      if (piece.is(CfgLexer::RBRACE) && blocks_.size() > 0) blocks_.pop_back();
      if (out_.empty() || out_.back() == '\n') out_.append(indent(), ' ');
      out_ += piece.text;
      after();
    }
    return std::move(out_);
  }

 private:
  struct Block {
    bool is_switch = false;
    bool in_case = false;  ///< behind its first label
  };

  const Piece& cur() const { return pieces_[at_]; }
  const Piece& prev() const { return pieces_[at_ - 1]; }
  bool in_parens() const { return parens_ > 0; }

  bool ends_statement(const Piece& piece) const {
    return piece.kind != Kind::Word || piece.is(CfgLexer::SEMI) || piece.is(CfgLexer::LBRACE) || piece.is(CfgLexer::RBRACE) || label_ended_;
  }

  /// Whether the current piece begins a line.
  bool breaks() const {
    const Piece& now = cur();
    const Piece& before = prev();
    if (before.kind == Kind::LineComment || before.kind == Kind::Directive || now.kind == Kind::Directive) return true;
    if (is_comment(now) || before.kind == Kind::BlockComment) return now.newlines > 0;
    if (now.is(CfgLexer::SEMI) && !before.is(CfgLexer::LBRACE)) return false;
    if (now.is(CfgLexer::LBRACE) && !ends_statement(before)) return false;
    if (before.is(CfgLexer::RBRACE) && now.is(CfgLexer::ELSE)) return false;
    if (inline_[at_] && inline_[at_ - 1] && !(before.is(CfgLexer::RBRACE) && now.is(CfgLexer::LBRACE))) return false;
    if (now.newlines > 0) return true;
    if (in_parens()) return false;
    if (before.is(CfgLexer::LBRACE) || now.is(CfgLexer::RBRACE)) return true;
    if (before.is(CfgLexer::RBRACE)) return true;
    return before.is(CfgLexer::SEMI) && !blocks_.empty();
  }

  void new_line() {
    out_ += '\n';
    const bool at_block_end = prev().is(CfgLexer::LBRACE) || cur().is(CfgLexer::RBRACE);
    if (cur().newlines > 1 && !at_block_end) out_ += '\n';
  }

  /// The column where a line that begins with the current piece starts.
  std::size_t indent() const {
    const Piece& now = cur();
    if (now.kind == Kind::Directive) return 0;
    std::size_t levels = 0;
    for (const Block& block : blocks_) levels += block.is_switch && block.in_case ? 2 : 1;
    if (now.is(CfgLexer::RBRACE)) return levels * kIndent;
    std::size_t next = at_;  // a comment stands like the label that it is about
    while (next + 1 < pieces_.size() && is_comment(pieces_[next])) ++next;
    const bool about_label = is_label(now) || (is_comment(now) && is_label(pieces_[next]));
    if (about_label && !blocks_.empty() && blocks_.back().is_switch && blocks_.back().in_case) --levels;
    if (at_ > 0 && (in_parens() || (!blocks_.empty() && continues()))) ++levels;
    return levels * kIndent;
  }

  /// Whether the statement of an earlier line goes on.
  bool continues() const {
    std::size_t before = at_;
    while (before > 0 && (is_comment(pieces_[before - 1]) || pieces_[before - 1].kind == Kind::Directive)) --before;
    if (before == 0 || label_ended_) return false;
    const Piece& last = pieces_[before - 1];
    if (cur().is(CfgLexer::LBRACE) || cur().is(CfgLexer::RBRACE)) return false;
    return !(last.is(CfgLexer::SEMI) || last.is(CfgLexer::LBRACE) || last.is(CfgLexer::RBRACE));
  }

  /// Blanks between the piece before and the current one, on one line.
  std::size_t blanks() const {
    const Piece& now = cur();
    const Piece& before = prev();
    if (now.kind == Kind::LineComment) return std::max<std::size_t>(1, now.blanks);
    const std::size_t as_written = now.blanks > 0 || now.newlines > 0 ? 1 : 0;
    if (is_comment(now) || is_comment(before)) return as_written;
    if (now.is(CfgLexer::SEMI) || now.is(CfgLexer::COMMA)) return 0;
    if (now.is(CfgLexer::LBRACE) || now.is(CfgLexer::RBRACE) || before.is(CfgLexer::LBRACE) || before.is(CfgLexer::RBRACE)) return 1;
    if (before.is(CfgLexer::LPAREN) || now.is(CfgLexer::RPAREN)) return 0;
    if (before.is(CfgLexer::LBRACK) || now.is(CfgLexer::RBRACK) || now.is(CfgLexer::LBRACK)) return 0;
    if (before.is(CfgLexer::COMMA)) return 1;
    if (before.is(CfgLexer::IF) || before.is(CfgLexer::WHILE) || before.is(CfgLexer::SWITCH)) return 1;
    if (before.is(CfgLexer::NOT) && before.text == "!") return 0;
    if (brackets_ > 0) return as_written;
    if (blocks_.empty()) return in_parens() ? as_written : top_level_blanks(as_written);
    if (is_spaced_operator(now) || is_spaced_operator(before)) return 1;
    if (now.is(CfgLexer::LPAREN) && (before.is(CfgLexer::ID) || before.is(CfgLexer::COMMAND) || before.is(CfgLexer::ROUTE))) return 0;
    return as_written;
  }

  /// `debug=2`, but `pstn.gw = "192.0.2.9"`.
  std::size_t top_level_blanks(std::size_t as_written) const {
    const std::size_t name = cur().is(CfgLexer::ASSIGN) ? at_ - 1 : prev().is(CfgLexer::ASSIGN) && at_ > 1 ? at_ - 2 : at_;
    if (name == at_) return as_written;
    return name > 0 && (pieces_[name - 1].is(CfgLexer::DOT) || pieces_[name].is(CfgLexer::RBRACK)) ? 1 : 0;
  }

  /// What the current piece opens or closes.
  void after() {
    const Piece& piece = cur();
    if (piece.kind == Kind::Directive) return conditional(piece.name);
    if (piece.kind != Kind::Word) return;
    label_ended_ = false;
    switch (piece.type) {
      case CfgLexer::LBRACE:
        blocks_.push_back({switch_follows_, false});
        switch_follows_ = false;
        parens_ = brackets_ = 0;
        break;
      case CfgLexer::RBRACE:
        parens_ = brackets_ = 0;
        break;
      case CfgLexer::LPAREN: ++parens_; break;
      case CfgLexer::RPAREN: parens_ -= parens_ > 0; break;
      case CfgLexer::LBRACK: ++brackets_; break;
      case CfgLexer::RBRACK: brackets_ -= brackets_ > 0; break;
      case CfgLexer::SEMI: parens_ = brackets_ = 0; switch_follows_ = in_label_ = false; break;
      case CfgLexer::SWITCH: switch_follows_ = true; break;
      case CfgLexer::CASE:
      case CfgLexer::DEFAULT:
        if (!blocks_.empty() && blocks_.back().is_switch) blocks_.back().in_case = in_label_ = true;
        break;
      case CfgLexer::COLON:
        if (in_label_ && !in_parens()) {
          in_label_ = false;
          label_ended_ = true;
        }
        break;
      default: break;
    }
  }

  /// Both branches of a condition begin at the same depth; what follows stands as the last branch left it.
  void conditional(const std::string& name) {
    if (name.starts_with("if")) {
      conditions_.push_back(blocks_);
    } else if (name.starts_with("else") && !conditions_.empty()) {
      blocks_ = conditions_.back();
    } else if (name.starts_with("endif") && !conditions_.empty()) {
      conditions_.pop_back();
    }
  }

  const std::vector<Piece>& pieces_;
  const std::vector<bool> inline_;
  std::string out_;
  std::size_t at_ = 0;
  std::vector<Block> blocks_;
  std::vector<std::vector<Block>> conditions_;
  std::size_t parens_ = 0, brackets_ = 0;
  bool switch_follows_ = false, in_label_ = false, label_ended_ = false;
};

}  // namespace

std::optional<std::string> format(std::string_view script, Fault& fault) {
  std::vector<Piece> pieces;
  if (!cut(script, pieces, fault)) return std::nullopt;
  std::string out = Layout(pieces).print();
  // A last #!endif without line end is no directive; one would make it one.
  const bool open_end = !pieces.empty() && pieces.back().kind == Kind::Directive && !script.ends_with('\n');
  if (!out.empty() && !open_end) out += '\n';
  std::vector<Piece> again;
  if (!cut(out, again, fault)) return std::nullopt;
  const auto [left, right] = std::mismatch(pieces.begin(), pieces.end(), again.begin(), again.end(),
                                           [](const Piece& a, const Piece& b) { return a.same(b); });
  if (left != pieces.end() || right != again.end()) {
    fault = {left != pieces.end() ? left->line : 0, "the layout would change its words; please report this script"};
    return std::nullopt;
  }
  return out;
}

}  // namespace strowger::format
