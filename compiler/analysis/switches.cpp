// switch: labels are constants of one type, which decides how the subject is read (language.md 4.3).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <set>
#include <utility>

#include "compiler/analysis/lower.h"

namespace strowger::analysis {
namespace {

using Label = program::SwitchCase::Kind;

/// One label; false where it was reported.
bool lower_label(Context& context, const syntax::Case& from, program::SwitchCase& to) {
  ExprPtr value = lower(context, *from.label);
  if (!value) return false;
  const text::Span span = from.label->span;
  if (from.kind == syntax::Case::Kind::Regex) {
    if (!is_text(*value)) {
      context.findings.add("E0206", span, {"the pattern of a case label must be a constant string"});
      return false;
    }
    const std::optional<std::size_t> regex = regex_constant(context, value->text, false, false, span);
    if (!regex) return false;
    to.kind = Label::Regex;
    to.text = value->text;
    to.regex = *regex;
    return true;
  }
  if (is_int(*value)) {
    to.kind = Label::Int;
    to.number = value->number;
    return true;
  }
  if (is_text(*value)) {
    to.kind = Label::Text;
    to.text = value->text;
    return true;
  }
  context.findings.add("E0206", span, {"a case label must be constant"});
  return false;
}

void check_labels(Context& context, const program::Statement& statement, const syntax::Statement& from) {
  bool ints = false, texts = false;
  std::set<std::pair<Label, std::string>> seen;
  for (std::size_t i = 0; i < statement.cases.size(); ++i) {
    const program::SwitchCase& c = statement.cases[i];
    const text::Span span = from.cases[i].label ? from.cases[i].label->span : c.span;
    if (c.kind == Label::Default) continue;
    const bool is_number = c.kind == Label::Int;
    if (is_number ? texts : ints) {
      context.findings.add("E0206", span, {"case labels are all ints or all strings"});
      return;
    }
    (is_number ? ints : texts) = true;
    const std::string shown = is_number ? std::to_string(c.number) : c.text;
    if (!seen.insert({c.kind, shown}).second) context.findings.add("E0307", span, {shown});
  }
}

}  // namespace

void lower_switch(Context& context, const syntax::Statement& from, program::Statement& to) {
  to.kind = program::Statement::Kind::Switch;
  bool good = true;
  bool ints = false;
  for (const syntax::Case& c : from.cases) {
    program::SwitchCase out;
    out.span = c.span;
    if (c.kind != syntax::Case::Kind::Default) good = lower_label(context, c, out) && good;
    ints = ints || out.kind == Label::Int;
    out.body = lower_block(context, c.body);
    to.cases.push_back(std::move(out));
  }
  if (good) check_labels(context, to, from);
  if (!from.expr) return;
  ExprPtr subject = ints ? lower_int(context, *from.expr) : lower(context, *from.expr);
  if (subject) to.value = ints ? std::move(subject) : to_text(std::move(subject));
}

}  // namespace strowger::analysis
