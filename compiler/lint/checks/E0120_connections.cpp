// E0120: an SQL connection that no sqlcon parameter defines: Kamailio does not start.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <set>

#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(E0120) {
  if (!model.index.is_loaded("sqlops")) return;
  std::set<std::string> known;
  for (const syntax::ModParam& line : model.program.ast->modparams)
    if (line.name == "sqlcon" && line.is_text) known.insert(line.text.substr(0, line.text.find_first_of("= ")));
  for (const char* name : {"sql_query", "sql_xquery", "sql_pvquery", "sql_query_async"})
    for (std::size_t i : model.index.calls_of(name)) {
      const program::Expr& call = *model.index.expressions[i].e;
      const std::string* connection = call.operands.empty() ? nullptr : constant_text(call.operands[0]);
      if (!connection || connection->empty() || (*connection)[0] == '$' || known.count(*connection)) continue;
      findings.add("E0120", span_of(call.operands[0], call), {*connection});
    }
}

}  // namespace strowger::lint
