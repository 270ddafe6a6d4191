// W0412: a header is read after it was changed, before the change is applied.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <cctype>

#include "compiler/lint/rule.h"
#include "compiler/lint/walk.h"

namespace strowger::lint {
namespace {

using program::Expr;
using program::Op;
std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}
/// The header that a call edits, in lower case.
std::string edited(const Model& model, const program::Statement& s) {
  if (s.kind != program::Statement::Kind::Evaluate || s.value->op != Op::Call || s.value->operands.empty()) return {};
  const std::string& name = s.value->function->name;
  const program::Operand& first = s.value->operands[0];
  if (name == "remove_hf" && first.kind == modules::ArgKind::Header && !first.value)
    return lower(model.program.headers[first.constant].name);
  if ((name != "append_hf" && name != "insert_hf") || !first.value) return {};
  const Expr* value = first.value.get();
  if (value->op == Op::Concat && !value->args.empty()) value = value->args[0].get();
  return value->op == Op::Text ? lower(value->text.substr(0, value->text.find_first_of(": "))) : std::string();
}

}  // namespace

RULE(W0412) {
  for (const StatementSite& site : model.index.statements) {
    const std::string header = edited(model, *site.s);
    if (header.empty()) continue;
    bool done = false;
    for (std::size_t i = site.position + 1; i < site.block->size() && !done; ++i) {
      Visitor visitor;
      program::Block const& block = *site.block;
      const Expr* reader = nullptr;
      visitor.expression = [&](const Expr& e) {
        if (e.op == Op::Call && e.function->name == "msg_apply_changes") done = true;
        const bool asks = e.op == Op::Call && e.function->name == "is_present_hf" && !e.operands.empty() && !e.operands[0].value;
        if (asks && lower(model.program.headers[e.operands[0].constant].name) == header) reader = &e;
        const bool reads = e.op == Op::Variable && e.use.variable->name == "hdr" && e.use.has_key && !e.use.key.value &&
                           e.use.key.kind == modules::ArgKind::Header;
        if (reads && lower(model.program.headers[e.use.key.constant].name) == header) reader = &e;
      };
      const program::Statement& s = *block[i];
      if (s.value) walk(*s.value, visitor);
      if (!done) walk(s.then, visitor);
      if (!done) walk(s.otherwise, visitor);
      if (reader && !done) {
        findings.add("W0412", reader->span, {header}).note("it is changed here", site.s->span);
        done = true;
      }
    }
  }
}

}  // namespace strowger::lint
