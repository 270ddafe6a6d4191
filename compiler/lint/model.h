// All that rules know of one script: its program and the tables made from it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "compiler/lint/call_graph.h"
#include "compiler/lint/index.h"
#include "compiler/lint/taint.h"
#include "compiler/lint/typestate.h"

namespace strowger::lint {

struct Model {
  explicit Model(const program::Program& program);

  const program::Program& program;
  Index index;
  CallGraph graph;
  Typestate flow;
  Taint taint;
  std::unordered_map<std::string_view, std::size_t> words_of_file;  ///< of the main file, parts that #!ifdef leaves out too
  std::unordered_set<std::string_view> words_of_texts;              ///< of constant arguments and of parameters
};

// ---- small questions that many rules ask ----------------------------------------------------------------------------

/// The expression without conversions around it.
const program::Expr& bare(const program::Expr& e);
/// The variable that the expression is, or null: "$rU" whatever the conversions.
const program::VariableUse* variable_in(const program::Expr& e);
/// Is it this variable ("rU")?
bool is_variable(const program::Expr& e, std::string_view name);
/// The constant text or number as text; null where there is none.
const std::string* text_in(const program::Expr& e);
/// Is the expression, or one in it, a call of one of these traits?
bool has_trait(const Model& model, const program::Block& block, std::uint32_t traits);
/// Calls whose function has one of the traits, in order: indices into Index::expressions.
std::vector<std::size_t> calls_with(const Model& model, std::uint32_t traits);
/// The text of a place as it was written.
std::string_view written(text::Span span);
/// The characters between the quotes of a constant that was written as a string; empty span where it was not.
text::Span inside_quotes(text::Span span);
/// Does the script handle requests from others as a proxy: relays what it gets?
bool is_proxy(const Model& model);
/// May something that the tables do not show use the name: a text, or a part that #!ifdef leaves out? `uses` are known.
bool is_mentioned(const Model& model, std::string_view name, std::size_t uses);
/// The names of the flags, variables ... in a call's first argument as written; its span, or the call's.
text::Span span_of(const program::Operand& operand, const program::Expr& call);

}  // namespace strowger::lint
