// Format strings: "user $rU" as a join of texts and variables (language.md 9).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cctype>
#include <utility>

#include "compiler/analysis/lower.h"
#include "compiler/syntax/parse.h"

namespace strowger::analysis {

void report_shell_variable(Context& context, text::Span span, const std::string& written) {
  context.findings.add_fault(context.shell, "W0210", span, {written}).help("write '$" + written + "' for a variable of the shell");
}

ExprPtr lower_format(Context& context, std::string_view decoded, text::Span span, Int limit) {
  syntax::Format format;
  const bool may_be_shell = !context.shell.empty() && !context.building();
  if (may_be_shell) {
    diagnostics::Findings faults;
    if (!syntax::parse_format(decoded, span, format, faults)) {
      const text::Span at = faults.all().empty() ? span : faults.all().front().span;
      std::string written = at.file ? at.file->content.substr(at.offset, at.length) : "$";
      std::size_t end = 1;
      while (end < written.size() && (std::isalnum(static_cast<unsigned char>(written[end])) || written[end] == '_')) ++end;
      report_shell_variable(context, at, written.substr(0, end));
      return make_text(std::string(decoded), span);
    }
  } else if (!syntax::parse_format(decoded, span, format, context.findings)) {
    return nullptr;
  }
  std::vector<ExprPtr> parts;
  bool good = true;
  const WithinText within(context);
  for (const syntax::FormatPart& part : format) {
    ExprPtr piece = part.variable ? lower_variable(context, *part.variable) : make_text(part.literal, part.span);
    if (!piece && may_be_shell) piece = make_text("$" + part.variable->name, part.span);
    good = good && piece;
    if (piece) parts.push_back(std::move(piece));
  }
  return good ? join(std::move(parts), true, limit, span) : nullptr;
}

}  // namespace strowger::analysis
