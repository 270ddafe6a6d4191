// W0410: text of a new header that does not end its line, or whose name is no header name.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cctype>

#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

/// The constant text at the start and at the end of a value; nothing where a variable stands there.
const std::string* edge(const program::Expr& value, bool last) {
  if (value.op == program::Op::Text) return &value.text;
  if (value.op != program::Op::Concat || value.args.empty()) return nullptr;
  const program::Expr& part = last ? *value.args.back() : *value.args.front();
  return part.op == program::Op::Text ? &part.text : nullptr;
}
/// A script's own variable may bring the end of line with it.
bool may_end_line(const program::Expr& value) {
  if (value.op != program::Op::Concat || value.args.empty()) return value.op != program::Op::Text;
  const program::VariableUse* use = variable_in(*value.args.back());
  return use && use->variable->writable && !is_message_text(*use->variable);
}
bool is_token(const std::string& name) {
  if (name.empty()) return false;
  for (unsigned char c : name)
    if (!std::isalnum(c) && std::string_view("-.!%*_+`'~").find(static_cast<char>(c)) == std::string_view::npos) return false;
  return true;
}

}  // namespace

LOCAL_RULE(W0410) {
  for (const char* name : {"append_hf", "insert_hf", "append_to_reply"})
    for (std::size_t i : model.index.calls_of(name)) {
      const program::Expr& call = *model.index.expressions[i].e;
      if (call.operands.empty() || !call.operands[0].value) continue;
      const program::Expr& value = *call.operands[0].value;
      if (const std::string* first = edge(value, false)) {
        const std::size_t colon = first->find(':');
        std::string head = first->substr(0, colon);
        while (!head.empty() && (head.back() == ' ' || head.back() == '\t')) head.pop_back();
        if ((colon != std::string::npos || value.op == program::Op::Text) && !is_token(head)) {
          findings.add("W0410", span_of(call.operands[0], call), {"'" + head + "' is no header name"});
          continue;
        }
      }
      const std::string* last = edge(value, true);
      const bool ended = last ? last->ends_with("\r\n") || last->ends_with("\n") : may_end_line(value);
      if (ended) continue;
      diagnostics::Finding& finding = findings.add("W0410", span_of(call.operands[0], call), {"the line is not ended by \\r\\n"});
      const text::Span inside = inside_quotes(call.operands[0].span);
      if (inside.file && written(call.operands[0].span)[0] == '"')
        finding.fix({inside.file, inside.offset + inside.length, 0, nullptr}, "\\r\\n");
    }
}

}  // namespace strowger::lint
