// Reading words, numbers and strings out of a .module declaration.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/modules/cursor.h"

#include <charconv>

namespace strowger::modules {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_word(char c) { return is_letter(c) || is_digit(c); }

}  // namespace

text::Span Cursor::span(std::size_t offset, std::size_t length) const {
  text::Span s;
  s.file = &file_;
  s.offset = static_cast<std::uint32_t>(offset);
  s.length = static_cast<std::uint32_t>(length);
  return s;
}

bool Cursor::more() {
  while (at_ < end_) {
    if (is_blank(peek())) {
      ++at_;
    } else if (peek() == '#') {
      while (at_ < end_ && peek() != '\n') ++at_;
    } else {
      return true;
    }
  }
  return false;
}

bool Cursor::take(char c) {
  if (!next_is(c)) return false;
  last_begin_ = at_++;
  return true;
}

bool Cursor::expect(char c) { return take(c) || expected(std::string("'") + c + "'"); }

bool Cursor::next_is_word() { return more() && is_letter(peek()); }

bool Cursor::expected(std::string_view what) {
  std::size_t where = at_;
  if (more()) where = at_;
  last_begin_ = where;
  std::size_t length = 0;
  while (where + length < end_ && is_word(file_.content[where + length])) ++length;
  findings_.add("E0801", span(where, length > 0 ? length : (where < end_ ? 1 : 0)), {std::string(what)});
  return false;
}

diagnostics::Finding& Cursor::report(std::string_view code, std::vector<std::string> facts) {
  return findings_.add(code, last(), std::move(facts));
}

std::string_view Cursor::word(std::string_view what) {
  if (!more() || !is_letter(peek())) {
    expected(what);
    return {};
  }
  last_begin_ = at_;
  while (at_ < end_ && is_word(peek())) ++at_;
  return cut(last_begin_);
}

std::string_view Cursor::dotted(std::string_view what) {
  if (!more() || !(is_word(peek()) || peek() == '?')) {
    expected(what);
    return {};
  }
  last_begin_ = at_;
  while (at_ < end_ && (is_word(peek()) || peek() == '?' || (peek() == '.' && is_word(peek(1))))) ++at_;
  return cut(last_begin_);
}

std::string_view Cursor::item(std::string_view what) {
  if (!more()) {
    expected(what);
    return {};
  }
  last_begin_ = at_;
  while (at_ < end_ && !is_blank(peek())) ++at_;
  return cut(last_begin_);
}

std::string_view Cursor::rest_of_line() {
  while (at_ < end_ && (peek() == ' ' || peek() == '\t')) ++at_;
  last_begin_ = at_;
  while (at_ < end_ && peek() != '\n') ++at_;
  std::string_view line = cut(last_begin_);
  while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
  return line;
}

std::optional<Int> Cursor::number(std::string_view what) {
  if (!more() || !(is_digit(peek()) || ((peek() == '-' || peek() == '+') && is_digit(peek(1))))) {
    expected(what);
    return std::nullopt;
  }
  last_begin_ = at_;
  const bool negative = peek() == '-';
  if (peek() == '-' || peek() == '+') ++at_;
  int base = 10;
  if (peek() == '0' && (peek(1) == 'x' || peek(1) == 'X')) {
    base = 16;
    at_ += 2;
  }
  const std::size_t digits = at_;
  while (at_ < end_ && is_word(peek())) ++at_;
  const std::string_view text = cut(digits);
  Int value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc{} || stop != text.data() + text.size()) {
    report("E0801", {std::string(what)});
    return std::nullopt;
  }
  return negative ? -value : value;
}

std::optional<std::string> Cursor::string(std::string_view what) {
  if (!next_is('"')) {
    expected(what);
    return std::nullopt;
  }
  last_begin_ = at_++;
  std::string value;
  while (at_ < end_ && peek() != '"' && peek() != '\n') {
    char c = peek();
    if (c == '\\' && at_ + 1 < end_) {
      ++at_;
      c = peek();
      if (c == 'n') c = '\n';
      else if (c == 'r') c = '\r';
      else if (c == 't') c = '\t';
    }
    value += c;
    ++at_;
  }
  if (peek() != '"') {
    report("E0801", {"'\"' at the end of the text"});
    return std::nullopt;
  }
  ++at_;
  return value;
}

}  // namespace strowger::modules
