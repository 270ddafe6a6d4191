// S0514: a hash table that remote senders can fill without end.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <set>

#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(S0514) {
  std::set<std::string> told, open;
  if (const program::ParameterValue* tables = model.index.parameter("htable", "htable"))
    for (const std::string& text : tables->texts)
      if (text.find("autoexpire") == std::string::npos && text.find("maxsize") == std::string::npos)
        open.insert(text.substr(0, text.find("=>")));
  for (const Occurrence& o : model.index.occurrences) {
    if (!o.writes || o.use->variable->name != "sht" || !o.use->has_key || !o.use->table_key.value) continue;
    if (o.value && bare(*o.value).op == program::Op::Null) continue;
    const std::string& table = model.program.tables[o.use->key.constant];
    if (!open.count(table) || told.count(table)) continue;
    const program::Expr& key = *o.use->table_key.value;
    std::string source = model.taint.source_in(key);
    if (source.empty() && is_variable(key, "si")) source = "$si";
    if (source.empty() && key.op == program::Op::Concat)
      for (const program::ExprPtr& part : key.args)
        if (is_variable(*part, "si")) source = "$si";
    if (source.empty()) continue;
    told.insert(table);
    findings.add("S0514", o.span, {table, source});
  }
}

}  // namespace strowger::lint
