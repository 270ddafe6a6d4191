// The expressions of `#!ifexp`: precedence climbing over numbers and texts.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/syntax/condition.h"

#include <cctype>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace strowger::syntax {
namespace {

using Value = ConditionValue;
constexpr int kMaxDepth = 100;

struct Operator {
  std::string_view text;
  int level;  ///< higher binds tighter
  bool right = false;
};

// Longer spellings first.
constexpr Operator kOperators[] = {
    {"**", 10, true}, {"<<", 7}, {">>", 7}, {"<=", 6}, {">=", 6}, {"==", 6}, {"!=", 6}, {"&&", 2}, {"||", 1},
    {"/", 10},        {"*", 10}, {"%", 10}, {"+", 9},  {"-", 9},  {"<", 6},  {">", 6},  {"&", 5},  {"|", 4},
    {"^", 3},
};

std::string text_of(const Value& value) {
  if (value.is_text) return value.text;
  char buffer[40];
  std::snprintf(buffer, sizeof buffer, "%g", value.number);
  return buffer;
}

double number_of(const Value& value) { return value.is_text ? std::strtod(value.text.c_str(), nullptr) : value.number; }

std::int64_t integer_of(const Value& value) {
  const double number = number_of(value);
  if (!(number > -9.2e18 && number < 9.2e18)) return 0;
  return static_cast<std::int64_t>(number);
}

Value number(double n) { return {false, n, {}}; }

class Evaluator {
 public:
  Evaluator(std::string_view text, const DefineLookup& lookup) : text_(text), lookup_(lookup) {}

  std::optional<Value> run(std::string& error) {
    Value value = binary(0);
    skip();
    if (error_.empty() && at_ != text_.size()) fail("unexpected '" + std::string(text_.substr(at_, 1)) + "'");
    if (!error_.empty()) {
      error = error_;
      return std::nullopt;
    }
    return value;
  }

 private:
  void skip() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  Value fail(std::string words) {
    if (error_.empty()) error_ = std::move(words);
    at_ = text_.size();
    return {};
  }

  Value binary(int least) {
    Value left = unary();
    for (;;) {
      skip();
      const Operator* found = nullptr;
      for (const Operator& op : kOperators)
        if (text_.substr(at_).starts_with(op.text)) {
          found = &op;
          break;
        }
      if (!found || found->level < least || !error_.empty()) return left;
      at_ += found->text.size();
      const Value right = binary(found->right ? found->level : found->level + 1);
      left = apply(found->text, left, right);
    }
  }

  Value unary() {
    skip();
    if (++depth_ > kMaxDepth) return fail("nested too deep");
    Value out;
    const char c = at_ < text_.size() ? text_[at_] : '\0';
    if (c == '-') {
      ++at_;
      out = number(-number_of(unary()));
    } else if (c == '!') {
      ++at_;
      out = number(unary().truth() ? 0 : 1);
    } else if (c == '^') {
      ++at_;
      out = number(static_cast<double>(~integer_of(unary())));
    } else if (c == '(') {
      ++at_;
      out = binary(0);
      skip();
      if (at_ < text_.size() && text_[at_] == ')') {
        ++at_;
      } else {
        fail("a ')' is missing");
      }
    } else {
      out = primary(c);
    }
    --depth_;
    return out;
  }

  Value primary(char c) {
    if (c == '"' || c == '\'') {
      const std::size_t close = text_.find(c, at_ + 1);
      if (close == std::string_view::npos) return fail("a string is not closed");
      Value value{true, 0, std::string(text_.substr(at_ + 1, close - at_ - 1))};
      at_ = close + 1;
      return value;
    }
    if (std::isdigit(static_cast<unsigned char>(c)) || c == '.') {
      const std::string rest(text_.substr(at_, 64));
      char* end = nullptr;
      const double n = std::strtod(rest.c_str(), &end);
      if (end == rest.c_str()) return fail("unexpected '.'");
      at_ += static_cast<std::size_t>(end - rest.c_str());
      return number(n);
    }
    std::size_t end = at_;
    while (end < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[end])) || text_[end] == '_')) ++end;
    if (end == at_) return fail(c ? "unexpected '" + std::string(1, c) + "'" : "a value is missing");
    const std::optional<std::string> value = lookup_(text_.substr(at_, end - at_));
    at_ = end;
    if (!value) return number(0);
    if (value->empty()) return number(1);
    std::string text = *value;
    if (text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front())
      text = text.substr(1, text.size() - 2);
    return {true, 0, std::move(text)};
  }

  Value apply(std::string_view op, const Value& a, const Value& b) {
    if (op == "&&") return number(a.truth() && b.truth());
    if (op == "||") return number(a.truth() || b.truth());
    if (a.is_text) {
      const std::string right = text_of(b);
      const int order = a.text.compare(right);
      if (op == "+") return {true, 0, a.text + right};
      if (op == "==") return number(order == 0);
      if (op == "!=") return number(order != 0);
      if (op == "<") return number(order < 0);
      if (op == "<=") return number(order <= 0);
      if (op == ">") return number(order > 0);
      if (op == ">=") return number(order >= 0);
    }
    const double x = number_of(a), y = number_of(b);
    if (op == "==") return number(x == y);
    if (op == "!=") return number(x != y);
    if (op == "<") return number(x < y);
    if (op == "<=") return number(x <= y);
    if (op == ">") return number(x > y);
    if (op == ">=") return number(x >= y);
    if (op == "+") return number(x + y);
    if (op == "-") return number(x - y);
    if (op == "*") return number(x * y);
    if (op == "**") return number(std::pow(x, y));
    if (op == "/" || op == "%") {
      if (y == 0) return fail("division by zero");
      return number(op == "/" ? x / y : std::fmod(x, y));
    }
    const std::int64_t m = integer_of(a), n = integer_of(b);
    if (op == "<<") return number(static_cast<double>(static_cast<std::int64_t>(static_cast<std::uint64_t>(m) << (n & 63))));
    if (op == ">>") return number(static_cast<double>(m >> (n & 63)));
    if (op == "&") return number(static_cast<double>(m & n));
    if (op == "|") return number(static_cast<double>(m | n));
    return number(static_cast<double>(m ^ n));
  }

  std::string_view text_;
  const DefineLookup& lookup_;
  std::size_t at_ = 0;
  int depth_ = 0;
  std::string error_;
};

}  // namespace

std::optional<ConditionValue> evaluate_condition(std::string_view expression, const DefineLookup& lookup,
                                                 std::string& error) {
  return Evaluator(expression, lookup).run(error);
}

}  // namespace strowger::syntax
