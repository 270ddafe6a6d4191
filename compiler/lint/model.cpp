// The small questions that many rules ask.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/model.h"

#include "compiler/lint/walk.h"

namespace strowger::lint {

using program::Expr;
using program::Op;

const Expr& bare(const Expr& e) {
  const Expr* at = &e;
  while ((at->op == Op::ToAny || at->op == Op::ToInt || at->op == Op::ToText || at->op == Op::Truth ||
          (at->op == Op::Concat && !at->format && at->args.size() == 1)) &&
         !at->args.empty())
    at = at->args[0].get();
  return *at;
}

const program::VariableUse* variable_in(const Expr& e) {
  const Expr& inner = bare(e);
  return inner.op == Op::Variable ? &inner.use : nullptr;
}

bool is_variable(const Expr& e, std::string_view name) {
  const program::VariableUse* use = variable_in(e);
  return use && use->variable->name == name;
}

const std::string* text_in(const Expr& e) {
  const Expr& inner = bare(e);
  return inner.op == Op::Text ? &inner.text : nullptr;
}

bool has_trait(const Model& model, const program::Block& block, std::uint32_t traits) {
  bool found = false;
  Visitor visitor;
  visitor.expression = [&](const Expr& e) {
    found = found || (e.op == Op::Call && (effects_of(*e.function).traits & traits) != 0);
  };
  walk(block, visitor);
  return found;
}

std::vector<std::size_t> calls_with(const Model& model, std::uint32_t traits) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < model.index.expressions.size(); ++i) {
    const Expr& e = *model.index.expressions[i].e;
    if (e.op == Op::Call && (effects_of(*e.function).traits & traits) != 0) out.push_back(i);
  }
  return out;
}

std::string_view written(text::Span span) {
  if (!span.file || span.expansion) return {};
  return std::string_view(span.file->content).substr(span.offset, span.length);
}

text::Span inside_quotes(text::Span span) {
  const std::string_view text = written(span);
  if (text.size() < 2 || text.front() != text.back() || (text[0] != '"' && text[0] != '\'')) return {};
  return {span.file, span.offset + 1, span.length - 2, nullptr};
}

bool is_proxy(const Model& model) { return !calls_with(model, kRelays).empty(); }

std::size_t mentions(const Model& model, std::string_view words) {
  const text::SourceFile* root = model.program.ast->root;
  if (!root || words.empty()) return 0;
  std::size_t count = 0;
  for (std::size_t at = root->content.find(words); at != std::string::npos; at = root->content.find(words, at + words.size())) ++count;
  return count;
}

text::Span span_of(const program::Operand& operand, const Expr& call) {
  return operand.span.file ? operand.span : call.span;
}

}  // namespace strowger::lint
