// Makes typed expressions: leaves, conversions (folded where the value is known), and the tests passes ask.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "compiler/program/program.h"

namespace strowger::analysis {

using program::ExprPtr;
using program::Op;
using program::Type;

ExprPtr make(Op op, Type type, text::Span span);
ExprPtr make_int(Int number, text::Span span);
ExprPtr make_text(std::string text, text::Span span);
ExprPtr make_null(text::Span span);
/// An operator over arguments; `can_fail` comes from them.
ExprPtr make(Op op, Type type, text::Span span, ExprPtr first, ExprPtr second = nullptr, ExprPtr third = nullptr);

bool is_int(const program::Expr& e);   ///< a constant number
bool is_text(const program::Expr& e);  ///< a constant text
bool is_null(const program::Expr& e);  ///< $null

/// The script's conversion of text to a number: empty is 0; none where the text is no number (the run time warns).
std::optional<Int> number_in(std::string_view text);

// Conversions; each returns its argument where the type is right already.
ExprPtr to_int(ExprPtr e);
ExprPtr to_text(ExprPtr e);
ExprPtr to_any(ExprPtr e);

/// A text that is never null: joined with nothing.
ExprPtr never_null(ExprPtr e);

/// Joins parts; constant neighbours melt, inner joins without limit are flattened. `format`: null prints as "<null>".
ExprPtr join(std::vector<ExprPtr> parts, bool format, Int limit, text::Span span);

}  // namespace strowger::analysis
