// W0118: arguments as another product writes them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

/// ds_select_dst(set, alg) of OpenSIPS 3 takes names, and flags as letters where this one takes numbers.
bool is_foreign_flags(const std::string& text) {
  for (char c : text)
    if ((c < '0' || c > '9') && c != '$') return !text.starts_with('$');
  return false;
}

}  // namespace

LOCAL_RULE(W0118) {
  const auto report = [&](const program::Expr& call, const program::Operand& operand, const char* how) {
    findings.add("W0118", span_of(operand, call), {"this argument of " + call.function->name + "()", how});
  };
  for (const char* name : {"ds_select_dst", "ds_select_domain"})
    for (std::size_t i : model.index.calls_of(name)) {
      const program::Expr& call = *model.index.expressions[i].e;
      for (std::size_t a = 0; a < call.operands.size(); ++a)
        if (const std::string* text = constant_text(call.operands[a]); text && is_foreign_flags(*text))
          report(call, call.operands[a], "numbers here; letters are options of OpenSIPS");
    }
  for (const char* name : {"t_relay"})
    for (std::size_t i : model.index.calls_of(name)) {
      const program::Expr& call = *model.index.expressions[i].e;
      if (call.operands.size() == 1) report(call, call.operands[0], "no flags here; hexadecimal flags are options of OpenSIPS");
    }
  for (const char* name : {"rtpproxy_offer", "rtpproxy_answer", "rtpproxy_manage"})
    for (std::size_t i : model.index.calls_of(name)) {
      const program::Expr& call = *model.index.expressions[i].e;
      for (const program::Operand& operand : call.operands)
        if (const std::string* text = constant_text(operand); text && text->find('=') != std::string::npos)
          report(call, operand, "single letters here; names with '=' are options of rtpengine");
    }
  for (const char* name : {"rtpengine_offer", "rtpengine_answer", "rtpengine_manage"})
    for (std::size_t i : model.index.calls_of(name)) {
      const program::Expr& call = *model.index.expressions[i].e;
      for (const program::Operand& operand : call.operands) {
        const std::string* text = constant_text(operand);
        if (text && !text->empty() && text->size() <= 6 && text->find_first_not_of("rocwfie") == std::string::npos &&
            text->find_first_of("aeiou") != std::string::npos && *text != "force")
          report(call, operand, "words here; letters are options of rtpproxy");
      }
    }
}

}  // namespace strowger::lint
