// Format strings: "user $rU" as a join of texts and variables (language.md 9).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <utility>

#include "compiler/analysis/lower.h"
#include "compiler/syntax/parse.h"

namespace strowger::analysis {

ExprPtr lower_format(Context& context, std::string_view decoded, text::Span span, Int limit) {
  syntax::Format format;
  if (!syntax::parse_format(decoded, span, format, context.findings)) return nullptr;
  std::vector<ExprPtr> parts;
  bool good = true;
  const bool outer = std::exchange(context.in_format, true);
  for (const syntax::FormatPart& part : format) {
    ExprPtr piece = part.variable ? lower_variable(context, *part.variable) : make_text(part.literal, part.span);
    good = good && piece;
    if (piece) parts.push_back(std::move(piece));
  }
  context.in_format = outer;
  return good ? join(std::move(parts), true, limit, span) : nullptr;
}

}  // namespace strowger::analysis
