// The text between a variable's parentheses, by the kind of key its declaration names.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <utility>

#include "compiler/analysis/lower.h"
#include "compiler/syntax/parse.h"

namespace strowger::analysis {
namespace {

using modules::ArgKind;

/// A key that is one variable, as `$avp($var(n))`: its text at run time.
ExprPtr lower_key_variable(Context& context, const std::string& text, text::Span span, std::string_view owner) {
  syntax::PvRef inner;
  std::size_t used = 0;
  if (!syntax::parse_pv(text, span, inner, used, context.findings)) return nullptr;
  if (used != text.size()) {
    context.findings.add("E0221", span, {std::string(owner), "has a key that is neither a name nor one variable"});
    return nullptr;
  }
  return lower_variable(context, inner);
}

/// `var` and `vz` are one store; the names of the others keep them apart.
std::string slot_name(const modules::Variable& variable, const std::string& key) {
  return (variable.name == "vz" ? std::string("var") : variable.name) + ":" + key;
}

bool resolve_table_key(Context& context, const syntax::PvRef& pv, text::Span span, program::VariableUse& use) {
  const std::size_t arrow = pv.inner.find("=>");
  if (arrow == std::string::npos || arrow == 0) {
    context.findings.add("E0221", pv.span, {"$" + pv.name, "needs a key 'table=>name'"});
    return false;
  }
  std::string table = pv.inner.substr(0, arrow);
  while (!table.empty() && (table.back() == ' ' || table.back() == '\t')) table.pop_back();
  std::size_t start = arrow + 2;
  while (start < pv.inner.size() && (pv.inner[start] == ' ' || pv.inner[start] == '\t')) ++start;
  use.key.text = table;
  use.key.constant = context.table(table);
  use.table_key.kind = ArgKind::Format;
  use.table_key.span = span;
  use.table_key.value = lower_format(context, std::string_view(pv.inner).substr(start), span);
  return use.table_key.value != nullptr;
}

}  // namespace

bool resolve_key(Context& context, const syntax::PvRef& pv, program::VariableUse& use) {
  const WithinText within(context);
  const modules::Variable& variable = *use.variable;
  const std::string shown = "$" + pv.name;
  if (!pv.has_inner) {
    if (!variable.key || variable.key_optional) return true;
    context.findings.add("E0221", pv.span, {shown, "needs a name in parentheses"});
    return false;
  }
  if (!variable.key) {
    context.findings.add("E0221", pv.span, {shown, "takes no parentheses"});
    return false;
  }
  const modules::Argument& declared = *variable.key;
  const text::Span span = pv.inner_span.file ? pv.inner_span : pv.span;
  use.has_key = true;
  use.key.kind = declared.kind;
  use.key.span = span;
  if (pv.inner.empty() && declared.kind != ArgKind::Format && declared.kind != ArgKind::Word) {
    context.findings.add("E0221", pv.span, {shown, "has an empty key"});
    return false;
  }
  if (!has_form(declared.form, pv.inner)) {
    context.findings.add("E0221", span, {shown, "has as its key " + declared.form.shown + ", but not '" + pv.inner + "'"});
    return false;
  }
  switch (declared.kind) {
    case ArgKind::Slot:
      use.key.text = pv.inner;
      use.key.number = static_cast<Int>(context.slot(slot_name(variable, pv.inner)));
      return true;
    case ArgKind::Name:
      if (pv.inner[0] == '$') {
        ExprPtr name = lower_key_variable(context, pv.inner, span, shown);
        if (!name) return false;
        use.key.value = to_text(std::move(name));
        return true;
      }
      // `s:name` is the long form of `name`.
      use.key.text = pv.inner.rfind("s:", 0) == 0 ? pv.inner.substr(2) : pv.inner;
      return true;
    case ArgKind::Word:
      if (!declared.among.empty() && std::find(declared.among.begin(), declared.among.end(), pv.inner) == declared.among.end()) {
        std::string known;
        for (const std::string& word : declared.among) known += (known.empty() ? "" : ", ") + word;
        context.findings.add("E0221", span, {shown, "has no '" + pv.inner + "', but: " + known});
        return false;
      }
      if (!check_declared(context, variable.module, declared.declared_by, pv.inner, span)) return false;
      use.key.text = pv.inner;
      return true;
    case ArgKind::Table:
      return resolve_table_key(context, pv, span, use);
    case ArgKind::Format:
      use.key.value = lower_format(context, pv.inner, span);
      return use.key.value != nullptr;
    case ArgKind::Header:
      if (pv.inner[0] == '$') {
        ExprPtr name = lower_key_variable(context, pv.inner, span, shown);
        if (!name) return false;
        use.key.value = to_text(std::move(name));
        return true;
      }
      break;
    case ArgKind::Int:
      if (pv.inner[0] == '$') {
        ExprPtr value = lower_key_variable(context, pv.inner, span, shown);
        if (!value) return false;
        use.key.value = to_int(std::move(value));
        return true;
      }
      break;
    default:
      break;
  }
  std::optional<program::Operand> key = operand_from_text(context, declared, pv.inner, span, {shown, 1});
  if (!key) return false;
  use.key = std::move(*key);
  return true;
}

}  // namespace strowger::analysis
