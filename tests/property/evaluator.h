// What a script means, slow and obvious: a walk over the AST, written from the language's reference and from nothing of the
// compiler's or the runtime's.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "compiler/syntax/ast.h"
#include "tests/property/message.h"

namespace strowger::property {

struct Value {
  enum Kind { Null, Failed, Number, Text } kind = Null;
  std::int64_t number = 0;
  std::string text;
  bool own_text = false;   ///< a Number whose text is not its decimal form
  static Value of(std::int64_t n) { return {Number, n, "", false}; }
  static Value of(std::string s) { return {Text, 0, std::move(s), false}; }
  static Value of(std::int64_t n, std::string s) { return {Number, n, std::move(s), true}; }
  static Value failed() { return {Failed, 0, "", false}; }
  bool undefined() const { return kind == Null || kind == Failed; }
};

struct EvaluatorOptions {
  int bits = 64;                   ///< of integers: 32 is Kamailio 5.6.3
  int max_while_loops = 12;
};

/// Runs one script over messages; what lasts from message to message stays in it.
class Evaluator {
 public:
  Evaluator(const syntax::Ast& ast, EvaluatorOptions options) : ast_(ast), options_(options) {}

  /// The lines that xinfo() wrote. `too_big` tells that the run left what this test compares (long texts, many steps).
  std::vector<std::string> run(const Message& message, int program);
  bool too_big = false;
  struct TooBig {};        ///< thrown where what happens is not compared

  // ---- what transformations use ----
  std::int64_t to_number(const Value& value) const;
  std::string to_text(const Value& value) const;
  std::int64_t wrap(std::int64_t n) const { return options_.bits == 32 ? static_cast<std::int32_t>(n) : n; }
  bool decimal(const std::string& text, std::int64_t& out) const;   ///< sign and digits, in range
  Value read(const syntax::PvRef& pv);

 private:
  struct StopScript {};
  struct ExpressionError {};
  enum class Flow { On, Break, Leave };
  struct Record { std::vector<std::pair<std::string, std::deque<Value>>> fields; };

  Flow block(const syntax::Block& statements);
  Flow statement(const syntax::Statement& s);
  Flow loop(const syntax::Statement& s);
  Flow choose(const syntax::Statement& s);
  Flow end(const syntax::Statement& s);
  std::int64_t relay();                                 ///< runs the armed branch route
  std::int64_t call_route(const std::string& name);
  std::int64_t call(const syntax::Expr& e, bool is_statement = false);  ///< the raw code
  std::int64_t function(const syntax::Expr& e, std::int64_t rc_before);
  Value assigned(const syntax::Expr& e);                ///< a right side: raw codes of calls
  Value expression(const syntax::Expr& e);
  Value unary(const syntax::Expr& e);
  Value binary(const syntax::Expr& e);
  Value arithmetic(const syntax::Expr& e);
  bool equal(const Value& a, const Value& b) const;
  std::optional<std::int64_t> constant(const syntax::Expr& e);
  std::int64_t number(const syntax::Expr& e);           ///< where an int is wanted
  std::string format(const std::string& text);
  Value format_argument(const std::string& text);       ///< the variable that a string names

  Value variable(const syntax::PvRef& pv);
  Value of_message(const syntax::PvRef& pv, bool& known);
  Value header(const syntax::PvRef& pv);
  Value xavp(const std::string& path);
  std::int64_t index_of(const syntax::PvRef& pv, bool& all);
  std::int64_t assign(const syntax::PvRef& target, const Value& value);
  std::int64_t assign_uri(const std::string& name, const Value& value);
  std::int64_t assign_xavp(const std::string& path, const Value& value);
  void check(const Value& value) { if (value.text.size() > 3000) throw TooBig{}; }

  const syntax::Ast& ast_;
  EvaluatorOptions options_;
  std::map<std::string, syntax::Format> formats_;        // read once
  std::map<std::string, syntax::PvRef> named_;
  // Kept from message to message.
  std::map<std::string, Value> vars_, nullable_vars_, shared_, table_;
  // Of one message.
  const Message* message_ = nullptr;
  int program_ = 0;
  std::map<std::string, std::deque<Value>> avps_;
  std::map<std::string, std::deque<Record>> xavps_;
  std::map<std::string, Value> xavus_;
  std::string ruri_;
  Value du_;
  std::uint32_t flags_ = 0, script_flags_ = 0;
  std::string branch_route_;
  bool dropped_ = false;
  std::int64_t rc_ = 0, last_ = 1;
  long steps_ = 0;
  std::vector<std::string> trace_;
};

/// Applies one `{class.op,args}`.
Value transform(Evaluator& evaluator, const Value& in, const syntax::Transform& t);

}  // namespace strowger::property
