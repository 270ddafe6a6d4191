// The parser of POSIX extended patterns, in the C locale.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/regex/syntax.h"

#include <algorithm>
#include <array>

namespace strowger::regex {
namespace {

constexpr int kMaxDepth = 200;
constexpr int kMaxRepeat = 32767;  // RE_DUP_MAX

constexpr bool is_lower(int c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_upper(int c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_digit(int c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(int c) { return is_lower(c) || is_upper(c); }
constexpr bool is_graph(int c) { return c > 32 && c < 127; }

struct Class {
  std::string_view name;
  bool (*holds)(int);
};
constexpr std::array kClasses = {
    Class{"alpha", is_alpha},
    Class{"digit", is_digit},
    Class{"alnum", [](int c) { return is_alpha(c) || is_digit(c); }},
    Class{"upper", is_upper},
    Class{"lower", is_lower},
    Class{"space", [](int c) { return c == 32 || (c >= 9 && c <= 13); }},
    Class{"blank", [](int c) { return c == 32 || c == 9; }},
    Class{"punct", [](int c) { return is_graph(c) && !is_alpha(c) && !is_digit(c); }},
    Class{"print", [](int c) { return c >= 32 && c < 127; }},
    Class{"graph", is_graph},
    Class{"cntrl", [](int c) { return c < 32 || c == 127; }},
    Class{"xdigit", [](int c) { return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'f'); }},
};

template <class Holds>
Bytes bytes_where(Holds holds) {
  Bytes out;
  for (int c = 0; c < 256; ++c) out[static_cast<std::size_t>(c)] = holds(c);
  return out;
}

class Parser {
 public:
  Parser(std::string_view pattern, Flags flags, std::string& why) : text_(pattern), flags_(flags), why_(why) {}

  std::optional<Syntax> run() {
    const std::optional<std::size_t> root = choice(0);
    if (!root) return std::nullopt;
    out_.root = *root;
    return std::move(out_);
  }

 private:
  using Result = std::optional<std::size_t>;

  Result fail(const char* words) {
    if (why_.empty()) why_ = words + (" at character " + std::to_string(std::min(at_, text_.size())));
    return std::nullopt;
  }
  bool more() const { return at_ < text_.size(); }
  unsigned char peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? static_cast<unsigned char>(text_[at_ + ahead]) : 0;
  }
  std::size_t add(Node node) {
    out_.nodes.push_back(std::move(node));
    return out_.nodes.size() - 1;
  }
  std::size_t add_bytes(Bytes bytes) {
    Node node;
    node.kind = Node::Kind::Bytes;
    node.bytes = bytes;
    return add(std::move(node));
  }
  std::size_t add_assertion(Assertion assertion) {
    Node node;
    node.kind = Node::Kind::Assert;
    node.assertion = assertion;
    return add(std::move(node));
  }
  unsigned char folded(unsigned char c) const {
    return flags_.ignore_case && is_lower(c) ? static_cast<unsigned char>(c - 32) : c;
  }
  /// A set of folded bytes to the set of bytes that fold into it.
  Bytes unfolded(const Bytes& set) const {
    if (!flags_.ignore_case) return set;
    return bytes_where([&](int c) { return set[folded(static_cast<unsigned char>(c))]; });
  }
  std::size_t literal(unsigned char c) {
    Bytes set;
    set.set(folded(c));
    return add_bytes(unfolded(set));
  }

  Result choice(int depth) {
    if (depth > kMaxDepth) return fail("its groups are nested too deep");
    Node node;
    node.kind = Node::Kind::Choice;
    while (true) {
      const Result branch = sequence(depth);
      if (!branch) return branch;
      node.children.push_back(*branch);
      if (!more() || peek() != '|') break;
      ++at_;
    }
    return node.children.size() == 1 ? node.children[0] : add(std::move(node));
  }

  Result sequence(int depth) {
    Node node;
    node.kind = Node::Kind::Sequence;
    while (more() && peek() != '|' && !(peek() == ')' && depth > 0)) {
      const Result item = repeated(depth);
      if (!item) return item;
      node.children.push_back(*item);
    }
    if (node.children.empty()) return add(Node{});
    return node.children.size() == 1 ? node.children[0] : add(std::move(node));
  }

  Result repeated(int depth) {
    const bool anchor = peek() == '^';
    Result item = atom(depth);
    while (item && more()) {
      Node node;
      node.kind = Node::Kind::Repeat;
      const unsigned char c = peek();
      if (c != '*' && c != '+' && c != '?' && c != '{') break;
      if (anchor) return fail("Invalid preceding regular expression");
      ++at_;
      if (c == '+') node.low = 1;
      if (c == '?') node.high = 1;
      if (c == '{' && !interval(node)) return std::nullopt;
      node.children.push_back(*item);
      item = add(std::move(node));
    }
    return item;
  }

  /// `at_` is behind the '{'.
  bool interval(Node& node) {
    const auto number = [&]() {
      int n = -1;
      for (; more() && is_digit(peek()); ++at_) n = n > kMaxRepeat ? n : (n < 0 ? 0 : n) * 10 + (peek() - '0');
      return n;
    };
    node.low = number();
    node.high = node.low;
    if (peek() == ',') {
      ++at_;
      node.high = number();
      if (node.low < 0) node.low = 0;
    }
    if (!more()) return fail("Unmatched { or \\{").has_value();
    if (peek() != '}' || node.low < 0 || (node.high >= 0 && node.high < node.low))
      return fail("Invalid content of \\{\\}").has_value();
    if (node.low > kMaxRepeat || node.high > kMaxRepeat) return fail("Regular expression too big").has_value();
    ++at_;
    return true;
  }

  Result atom(int depth) {
    const unsigned char c = peek();
    ++at_;
    switch (c) {
      case '(': return group(depth);
      case '[': return bracket();
      case '\\': return escape();
      case '.': return add_bytes(bytes_where([&](int b) { return b != 0 && !(flags_.newline && b == '\n'); }));
      case '^': return add_assertion(flags_.newline ? Assertion::LineBegin : Assertion::TextBegin);
      case '$': return add_assertion(flags_.newline ? Assertion::LineEnd : Assertion::TextEnd);
      case '*':
      case '+':
      case '?':
      case '{': return fail("Invalid preceding regular expression");
      default: return literal(c);
    }
  }

  Result group(int depth) {
    const int number = ++out_.groups;
    const Result inner = choice(depth + 1);
    if (!inner) return inner;
    if (!more()) return fail("Unmatched ( or \\(");
    ++at_;
    Node node;
    node.kind = Node::Kind::Group;
    node.group = number;
    node.children.push_back(*inner);
    return add(std::move(node));
  }

  Result escape() {
    if (!more()) return fail("Trailing backslash");
    const unsigned char c = peek();
    ++at_;
    const auto space = [](int b) { return b == 32 || (b >= 9 && b <= 13); };
    const auto word = [](int b) { return is_word(static_cast<unsigned char>(b)); };
    switch (c) {
      case 'w': return add_bytes(bytes_where(word));
      case 'W': return add_bytes(~bytes_where(word));
      case 's': return add_bytes(bytes_where(space));
      case 'S': return add_bytes(~bytes_where(space));
      case 'b': return add_assertion(Assertion::WordEdge);
      case 'B': return add_assertion(Assertion::NoWordEdge);
      case '<': return add_assertion(Assertion::WordBegin);
      case '>': return add_assertion(Assertion::WordEnd);
      case '`': return add_assertion(Assertion::TextBegin);
      case '\'': return add_assertion(Assertion::TextEnd);
      default:
        if (c >= '1' && c <= '9') return fail("back-references are not supported");
        return escaped(c);
    }
  }

  // glibc folds texts to capital letters but not what is escaped: where case is ignored, an escaped small letter fits nothing.
  std::size_t escaped(unsigned char c) {
    Bytes set;
    set.set(c);
    return add_bytes(unfolded(set));
  }

  /// One end of a range: a byte, `[.x.]` or `[=x=]`.
  bool bracket_byte(unsigned char& byte) {
    if (peek() == '[' && (peek(1) == '.' || peek(1) == '=')) {
      if (peek(3) != peek(1) || peek(4) != ']') return fail("Invalid collation character").has_value();
      byte = peek(2);
      at_ += 5;
      return true;
    }
    byte = peek();
    ++at_;
    return true;
  }

  Result bracket() {
    const bool negated = peek() == '^' && more();
    if (negated) ++at_;
    Bytes set;
    for (bool first = true;; first = false) {
      if (!more()) return fail("Unmatched [, [^, [:, [., or [=");
      if (peek() == ']' && !first) break;
      if (peek() == '[' && peek(1) == ':') {
        if (!named_class(set)) return std::nullopt;
        continue;
      }
      unsigned char low = 0;
      if (!bracket_byte(low)) return std::nullopt;
      unsigned char high = low;
      if (peek() == '-' && at_ + 1 < text_.size() && peek(1) != ']') {
        ++at_;
        if (!bracket_byte(high)) return std::nullopt;
      }
      if (folded(high) < folded(low)) return fail("Invalid range end");
      for (int c = folded(low); c <= folded(high); ++c) set.set(static_cast<std::size_t>(c));
    }
    ++at_;
    set = unfolded(set);
    if (!negated) return add_bytes(set);
    set.flip();
    if (flags_.newline) set.reset('\n');
    return add_bytes(set);
  }

  bool named_class(Bytes& set) {
    const std::size_t end = text_.find(":]", at_ + 2);
    if (end == std::string_view::npos) return fail("Unmatched [, [^, [:, [., or [=").has_value();
    std::string_view name = text_.substr(at_ + 2, end - at_ - 2);
    if (flags_.ignore_case && (name == "upper" || name == "lower")) name = "alpha";
    for (const Class& known : kClasses) {
      if (known.name != name) continue;
      set |= bytes_where(known.holds);
      at_ = end + 2;
      return true;
    }
    return fail("Invalid character class name").has_value();
  }

  std::string_view text_;
  Flags flags_;
  std::string& why_;
  std::size_t at_ = 0;
  Syntax out_;
};

}  // namespace

bool is_word(unsigned char byte) { return is_alpha(byte) || is_digit(byte) || byte == '_'; }

std::optional<Syntax> parse(std::string_view pattern, Flags flags, std::string& why) {
  why.clear();
  return Parser(pattern, flags, why).run();
}

}  // namespace strowger::regex
