// The small questions that many rules ask.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/model.h"

#include <algorithm>
#include <cctype>

#include "compiler/lint/walk.h"

namespace strowger::lint {

using program::Expr;
using program::Op;

namespace {

/// Calls `use` with every word of letters, digits and underscores.
template <typename Use>
void each_word(std::string_view text, Use use) {
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at;
    while (end < text.size() && is_word(text[end])) ++end;
    if (end > at) use(text.substr(at, end - at));
    at = std::max(end, at + 1);
  }
}

}  // namespace

Model::Model(const program::Program& program_in)
    : program(program_in), index(program_in), graph(index), flow(index, graph), taint(index) {
  if (program.ast->root) each_word(program.ast->root->content, [&](std::string_view word) { ++words_of_file[word]; });
  const auto add = [&](std::string_view word) { words_of_texts.insert(word); };
  for (const program::ParameterValue& value : program.parameters)
    for (const std::string& text : value.texts) each_word(text, add);
  for (const ExpressionSite& site : index.expressions)
    for (const program::Operand& operand : site.e->operands)
      if (const std::string* text = constant_text(operand)) each_word(*text, add);
}

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

bool is_mentioned(const Model& model, std::string_view name, std::size_t uses) {
  std::size_t in_file = 0;
  bool in_texts = false, any = false;
  each_word(name, [&](std::string_view word) {
    const auto at = model.words_of_file.find(word);
    const std::size_t count = at == model.words_of_file.end() ? 0 : at->second;
    in_file = any ? std::min(in_file, count) : count;
    in_texts = (!any || in_texts) && model.words_of_texts.count(word) > 0;
    any = true;
  });
  return in_texts || in_file > uses;
}

text::Span span_of(const program::Operand& operand, const Expr& call) {
  return operand.span.file ? operand.span : call.span;
}

}  // namespace strowger::lint
