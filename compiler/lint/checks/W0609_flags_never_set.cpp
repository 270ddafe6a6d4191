// W0609: a flag is asked for, but nothing sets it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <set>

#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0609) {
  std::set<Int> set;
  bool whole = false;
  for (std::size_t i : model.index.calls_of("setflag"))
    if (const auto& operands = model.index.expressions[i].e->operands; !operands.empty() && !operands[0].value) set.insert(operands[0].number);
    else whole = true;
  for (const char* name : {"$mf", "$mF", "$Mf", "$Mf(*)"})
    for (std::size_t i : model.index.uses_of(name)) whole = whole || model.index.occurrences[i].writes;
  for (const Occurrence& o : model.index.occurrences) whole = whole || (o.use->variable->name == "Mf" && o.writes);
  // Modules set flags that parameters name.
  for (const program::ParameterValue& value : model.program.parameters)
    if (value.set_by_script && value.parameter->name.find("flag") != std::string::npos) set.insert(value.numbers.begin(), value.numbers.end());
  for (const syntax::ModParam& line : model.program.ast->modparams)
    if (line.name.find("flag") != std::string::npos && !line.is_text) set.insert(line.number);
  if (whole) return;
  std::set<Int> told;
  for (std::size_t i : model.index.calls_of("isflagset")) {
    const program::Expr& call = *model.index.expressions[i].e;
    if (call.operands.empty() || call.operands[0].value || set.count(call.operands[0].number)) continue;
    if (!told.insert(call.operands[0].number).second) continue;
    // A part that #!ifdef leaves out may set it.
    const text::Span span = span_of(call.operands[0], call);
    const std::string name = span.expansion ? *span.expansion : std::string(written(span));
    if (name.empty() || model.program.ast->root->content.find("setflag(" + name + ")") != std::string::npos) continue;
    findings.add("W0609", call.span, {std::to_string(call.operands[0].number)});
  }
}

}  // namespace strowger::lint
