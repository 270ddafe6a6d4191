// Typed expressions and the conversions between Int, Text and Any (language.md 5.3).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/analysis/build.h"

#include <charconv>
#include <utility>

namespace strowger::analysis {

ExprPtr make(Op op, Type type, text::Span span) {
  auto e = std::make_unique<program::Expr>();
  e->op = op;
  e->type = type;
  e->span = span;
  return e;
}

ExprPtr make_int(Int number, text::Span span) {
  ExprPtr e = make(Op::Int, Type::Int, span);
  e->number = number;
  return e;
}

ExprPtr make_text(std::string text, text::Span span) {
  ExprPtr e = make(Op::Text, Type::Text, span);
  e->text = std::move(text);
  return e;
}

ExprPtr make_null(text::Span span) {
  ExprPtr e = make(Op::Null, Type::Any, span);
  e->nullable = true;
  return e;
}

ExprPtr make(Op op, Type type, text::Span span, ExprPtr first, ExprPtr second, ExprPtr third) {
  ExprPtr e = make(op, type, span);
  for (ExprPtr* arg : {&first, &second, &third}) {
    if (!*arg) continue;
    e->can_fail = e->can_fail || (*arg)->can_fail;
    e->args.push_back(std::move(*arg));
  }
  return e;
}

bool is_int(const program::Expr& e) { return e.op == Op::Int; }
bool is_text(const program::Expr& e) { return e.op == Op::Text; }
bool is_null(const program::Expr& e) { return e.op == Op::Null; }

std::optional<Int> number_in(std::string_view text) {
  if (text.empty()) return 0;
  const char* end = text.data() + text.size();
  const char* start = text.data();
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
    std::uint64_t bits = 0;
    for (char c : text.substr(2)) {
      const int digit = c >= '0' && c <= '9'   ? c - '0'
                        : c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                               : -1;
      if (digit < 0) return std::nullopt;
      bits = bits * 16 + static_cast<std::uint64_t>(digit);  // wraps, as at run time
    }
    return static_cast<Int>(bits);
  }
  if (*start == '+') {
    if (++start == end || *start == '-') return std::nullopt;
  }
  Int number = 0;
  const auto [stop, error] = std::from_chars(start, end, number, 10);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

ExprPtr to_int(ExprPtr e) {
  if (e->type == Type::Int) return e;
  if (is_null(*e)) return make_int(0, e->span);
  if (is_text(*e)) {
    if (const std::optional<Int> number = number_in(e->text)) return make_int(*number, e->span);
  }
  const text::Span span = e->span;
  return make(Op::ToInt, Type::Int, span, std::move(e));
}

ExprPtr to_text(ExprPtr e) {
  if (e->type == Type::Text) return e;
  if (is_null(*e)) return make_text("", e->span);
  if (is_int(*e)) return make_text(std::to_string(e->number), e->span);
  const text::Span span = e->span;
  const bool nullable = e->type == Type::Any && e->nullable;
  ExprPtr out = make(Op::ToText, Type::Text, span, std::move(e));
  out->nullable = nullable;
  return out;
}

ExprPtr to_any(ExprPtr e) {
  if (e->type == Type::Any) return e;
  const text::Span span = e->span;
  const bool nullable = e->nullable;
  ExprPtr out = make(Op::ToAny, Type::Any, span, std::move(e));
  out->nullable = nullable;
  return out;
}

ExprPtr never_null(ExprPtr e) {
  if (e->type != Type::Text || !e->nullable) return e;
  const text::Span span = e->span;
  return make(Op::Concat, Type::Text, span, std::move(e));
}

ExprPtr join(std::vector<ExprPtr> parts, bool format, Int limit, text::Span span) {
  ExprPtr out = make(Op::Concat, Type::Text, span);
  out->format = format;
  out->limit = limit;
  const auto append = [&](ExprPtr part) {
    if (is_null(*part)) part = make_text(format ? "<null>" : "", part->span);
    if (is_int(*part)) part = make_text(std::to_string(part->number), part->span);
    if (is_text(*part)) {
      if (part->text.empty()) return;
      if (!out->args.empty() && is_text(*out->args.back())) {
        out->args.back()->text += part->text;
        out->args.back()->span = text::Span::join(out->args.back()->span, part->span);
        return;
      }
    }
    out->can_fail = out->can_fail || part->can_fail;
    out->args.push_back(std::move(part));
  };
  for (ExprPtr& part : parts) {
    if (part->op == Op::Concat && !format && !part->format && part->limit == 0) {
      for (ExprPtr& inner : part->args) append(std::move(inner));
    } else {
      append(std::move(part));
    }
  }
  if (out->args.empty()) return make_text("", span);
  if (out->args.size() == 1 && is_text(*out->args[0]) &&
      (limit == 0 || static_cast<Int>(out->args[0]->text.size()) <= limit)) {
    out->args[0]->span = span;
    return std::move(out->args[0]);
  }
  out->nullable = limit != 0;  // too long: failed
  return out;
}

}  // namespace strowger::analysis
