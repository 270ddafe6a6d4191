// Variable references and format strings, by recursive descent over one text (language.md 1.5, 1.6, 6.5, 9).
//
//   pv    := '$' name [ '(' inner ')' ]
//          | '$(' name [ '(' inner ')' ] [ '[' index ']' ] { '{' class '.' op [',' args] '}' } ')'
//   index := ['-'] digits | '*' | pv
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cctype>
#include <charconv>
#include <optional>
#include <string_view>
#include <vector>

#include "compiler/syntax/literal.h"
#include "compiler/syntax/parse.h"

namespace strowger::syntax {
namespace {

constexpr int kMaxDepth = 40;

/// Maps places in a text to places in the source. Where the text is not what stands in the source (expansions, joined
/// strings), every place is the whole.
class Places {
 public:
  Places(std::string_view text, Span whole) : whole_(whole) {
    if (!whole.file || whole.expansion || whole.offset + whole.length > whole.file->content.size()) return;
    const std::string_view source = std::string_view(whole.file->content).substr(whole.offset, whole.length);
    if (source == text) {
      direct_ = true;
      return;
    }
    if (source.size() < 2) return;
    const std::string_view inner = source.substr(1, source.size() - 2);
    if (source[0] == '\'' && inner == text) {
      direct_ = true;
      shift_ = 1;
    } else if (source[0] == '"') {
      std::vector<std::uint32_t> offsets;
      if (decode_double_quoted(inner, &offsets) != text) return;
      offsets_ = std::move(offsets);
      shift_ = 1;
    }
  }
  Span at(std::size_t from, std::size_t to) const {
    if (direct_) return {whole_.file, offset(from), static_cast<std::uint32_t>(to - from), nullptr};
    if (from >= to || to >= offsets_.size()) return whole_;
    return {whole_.file, offset(offsets_[from]), offsets_[to] - offsets_[from], nullptr};
  }

 private:
  std::uint32_t offset(std::size_t i) const { return whole_.offset + static_cast<std::uint32_t>(shift_ + i); }
  Span whole_;
  bool direct_ = false;
  std::size_t shift_ = 0;
  std::vector<std::uint32_t> offsets_;  ///< of each byte of the text, and of its end, in the source string
};

bool name_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }
bool blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// Length of the number that `text` is as a whole, sign allowed.
std::optional<Int> whole_number(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  Int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

class PvParser {
 public:
  PvParser(std::string_view text, Span place, diagnostics::Findings& findings)
      : text_(text), places_(text, place), findings_(findings) {}

  /// At a '$'. `dots`: the name of `$name` takes dots in (format strings).
  bool reference(PvRef& out, bool dots) {
    const std::size_t start = at_;
    if (++depth_ > kMaxDepth) return fail(start, "variables nest too deep");
    ++at_;
    const bool wrapped = peek() == '(';
    if (wrapped) ++at_;
    if (!name(out, start, dots || wrapped)) return false;
    if (peek() == '(' && !inner(out, start)) return false;
    if (wrapped) {
      if (peek() == '[' && !index(out, start)) return false;
      while (peek() == '{') {
        if (!transform(out, start)) return false;
        skip_blanks();
      }
      if (peek() != ')') {
        if (at_ >= text_.size()) return fail(start, "its '(' is never closed");
        if (blank(peek())) return fail(start, "no blank may stand here", at_);
        return fail(start, std::string("unexpected '") + peek() + "'", at_);
      }
      ++at_;
    }
    out.span = places_.at(start, at_);
    --depth_;
    return true;
  }

  bool format(Format& out) {
    std::string literal;
    std::size_t literal_from = 0;
    const auto flush = [&] {
      if (literal.empty()) return;
      FormatPart part;
      part.literal = std::move(literal);
      part.span = places_.at(literal_from, at_);
      out.push_back(std::move(part));
      literal.clear();
    };
    while (at_ < text_.size()) {
      if (literal.empty()) literal_from = at_;
      if (text_[at_] != '$') {
        literal += text_[at_++];
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '$') {
        literal += '$';
        at_ += 2;
      } else {
        flush();
        FormatPart part;
        part.variable = std::make_unique<PvRef>();
        if (!reference(*part.variable, true)) return false;
        part.span = part.variable->span;
        out.push_back(std::move(part));
      }
    }
    flush();
    return true;
  }

  std::size_t at() const { return at_; }

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  bool fail(std::size_t start, std::string why, std::size_t where = std::string_view::npos) {
    if (failed_) return false;
    failed_ = true;
    std::size_t end = std::max(at_, start + 1);
    while (end < text_.size() && end < start + 40 && !blank(text_[end]) && text_[end] != ')') ++end;
    const std::size_t from = where == std::string_view::npos ? start : where;
    findings_.add("E0009", places_.at(from, where == std::string_view::npos ? std::min(end, text_.size()) : where + 1),
                  {std::string(text_.substr(start, end - start)), std::move(why)});
    return false;
  }

  bool name(PvRef& out, std::size_t start, bool dots) {
    const std::size_t from = at_;
    if (peek() == '?') {
      ++at_;
    } else {
      while (name_char(peek()) || (dots && peek() == '.')) ++at_;
    }
    out.name = text_.substr(from, at_ - from);
    if (out.name.empty()) return fail(start, blank(peek()) ? "no blank may stand before the name" : "a name must follow; write '$$' for a dollar sign in a text");
    if (std::isdigit(static_cast<unsigned char>(out.name[0]))) return fail(start, "a name does not begin with a digit");
    return true;
  }

  /// `( ... )`, parentheses counted.
  bool inner(PvRef& out, std::size_t start) {
    std::size_t depth = 0;
    std::size_t end = at_;
    for (; end < text_.size(); ++end) {
      if (text_[end] == '(') ++depth;
      if (text_[end] == ')' && --depth == 0) break;
    }
    if (end == text_.size()) return fail(start, "its '(' is never closed");
    std::size_t from = at_ + 1;
    std::size_t to = end;
    while (from < to && blank(text_[from])) ++from;
    while (to > from && blank(text_[to - 1])) --to;
    out.has_inner = true;
    out.inner = text_.substr(from, to - from);
    out.inner_span = places_.at(from, to);
    at_ = end + 1;
    if (out.inner.empty()) return fail(start, "nothing stands between its parentheses");
    return true;
  }

  bool index(PvRef& out, std::size_t start) {
    ++at_;
    if (peek() == '$') {
      out.index.kind = PvIndex::Kind::Variable;
      out.index.variable = std::make_unique<PvRef>();
      if (!reference(*out.index.variable, false)) return false;
    } else if (peek() == '*') {
      out.index.kind = PvIndex::Kind::All;
      ++at_;
    } else {
      const std::size_t from = at_;
      if (peek() == '-' || peek() == '+') ++at_;
      while (std::isdigit(static_cast<unsigned char>(peek()))) ++at_;
      const auto number = whole_number(text_.substr(from, at_ - from));
      if (!number) return fail(start, "an index is a number, '*' or a variable", from);
      out.index.kind = PvIndex::Kind::Number;
      out.index.number = *number;
    }
    if (peek() != ']') return fail(start, "']' must follow the index", at_ < text_.size() ? at_ : start);
    ++at_;
    return true;
  }

  void skip_blanks() {
    while (blank(peek())) ++at_;
  }

  bool transform(PvRef& out, std::size_t start) {
    const std::size_t from = at_++;
    Transform transform;
    if (blank(peek())) return fail(start, "no blank may stand after '{'", at_);
    while (name_char(peek())) transform.klass += text_[at_++];
    if (transform.klass.empty() || peek() != '.') return fail(start, "a transformation is written {class.operation}", from);
    ++at_;
    while (name_char(peek()) || peek() == '.') transform.op += text_[at_++];
    if (transform.op.empty()) return fail(start, "a transformation is written {class.operation}", from);
    skip_blanks();
    if (peek() == ',') {
      ++at_;
      if (!arguments(transform, start)) return false;
    }
    if (peek() != '}') {
      if (at_ >= text_.size()) return fail(start, "the '}' of a transformation is missing");
      return fail(start, std::string("unexpected '") + peek() + "' in a transformation", at_);
    }
    ++at_;
    transform.span = places_.at(from, at_);
    out.transforms.push_back(std::move(transform));
    return true;
  }

  /// After the first ','. Stops at the '}'.
  bool arguments(Transform& transform, std::size_t start) {
    const std::size_t raw_from = at_;
    if (transform.klass == "re" && peek() != '$') {
      expression_argument(transform);
    } else if (transform.klass == "param" && transform.op == "count" && peek() == ',') {
      literal_argument(transform, at_, at_ + 1);  // the one place where a separator may be ','
      ++at_;
    } else {
      for (;;) {
        if (transform.klass == "s" && transform.op == "select" && transform.args.size() == 1) {
          // The separator is taken as it is, even ','; blanks count.
          const std::size_t from = at_;
          if (peek() == ',') ++at_;
          if (peek() != '$' || at_ > from) {
            while (at_ < text_.size() && text_[at_] != '}') ++at_;
            literal_argument(transform, from, at_);
            break;
          }
        }
        if (!argument(transform, start)) return false;
        if (peek() != ',') break;
        ++at_;
      }
    }
    transform.raw_args = text_.substr(raw_from, at_ - raw_from);
    return true;
  }

  bool argument(Transform& transform, std::size_t start) {
    skip_blanks();
    if (peek() == '$') {
      TransformArg arg;
      const std::size_t from = at_;
      arg.variable = std::make_unique<PvRef>();
      if (!reference(*arg.variable, true)) return false;
      arg.span = places_.at(from, at_);
      skip_blanks();
      if (peek() != ',' && peek() != '}') return fail(start, "an argument is a text or a variable, not both", at_ < text_.size() ? at_ : start);
      transform.args.push_back(std::move(arg));
      return true;
    }
    const std::size_t from = at_;
    while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '}') ++at_;
    literal_argument(transform, from, at_);
    return true;
  }

  void literal_argument(Transform& transform, std::size_t from, std::size_t to) {
    TransformArg arg;
    arg.literal = text_.substr(from, to - from);
    arg.span = places_.at(from, to);
    transform.args.push_back(std::move(arg));
  }

  /// `/regex/replacement/flags`: braces and commas inside are its own.
  void expression_argument(Transform& transform) {
    const std::size_t from = at_;
    const char delimiter = peek();
    int seen = 0;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '\\' && at_ + 1 < text_.size()) {
        ++at_;
      } else if (c == delimiter) {
        ++seen;
      } else if (c == '}' && seen >= 3) {
        break;
      }
    }
    literal_argument(transform, from, at_);
  }

  std::string_view text_;
  Places places_;
  diagnostics::Findings& findings_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool failed_ = false;
};

}  // namespace

bool parse_pv(std::string_view text, Span place, PvRef& out, std::size_t& used, diagnostics::Findings& findings) {
  PvParser parser(text, place, findings);
  const bool good = !text.empty() && text[0] == '$' && parser.reference(out, false);
  used = parser.at();
  return good;
}

bool parse_format(std::string_view decoded, Span place, Format& out, diagnostics::Findings& findings) {
  return PvParser(decoded, place, findings).format(out);
}

bool is_plain(const Format& format) {
  for (const FormatPart& part : format)
    if (part.variable) return false;
  return true;
}

}  // namespace strowger::syntax
