// W0120: a table, connection or set that no parameter defines.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <set>

#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0120) {
  const auto heads = [](const program::ParameterValue* value) {
    std::set<std::string> out;
    if (value)
      for (const std::string& text : value->texts) out.insert(text.substr(0, text.find("=>")));
    return out;
  };
  if (model.index.is_loaded("htable")) {
    const std::set<std::string> tables = heads(model.index.parameter("htable", "htable"));
    std::set<std::string> told;
    for (const Occurrence& o : model.index.occurrences) {
      if (!o.use->variable->name.starts_with("sht") || !o.use->has_key || o.use->key.kind != modules::ArgKind::Table) continue;
      const std::string& table = model.program.tables[o.use->key.constant];
      if (!tables.count(table) && told.insert(table).second)
        findings.add("W0120", o.span, {"hash table '" + table + "'", "modparam(\"htable\", \"htable\", \"" + table + "=>size=8\")"});
    }
  }
  // Location tables: one that is only looked up was never saved to.
  std::set<std::string> saved;
  for (std::size_t i : model.index.calls_of("save"))
    if (const std::string* text = constant_text(model.index.expressions[i].e->operands[0])) saved.insert(*text);
  const bool saves = !saved.empty();
  const auto check_location = [&](const char* function, bool writes) {
    for (std::size_t i : model.index.calls_of(function)) {
      const program::Expr& call = *model.index.expressions[i].e;
      const std::string* text = call.operands.empty() ? nullptr : constant_text(call.operands[0]);
      if (!text || text->empty() || *text == "location" || *text == "aliases") continue;  // kamctl's table
      const bool known = saved.count(*text) > 0;
      if (writes) {
        bool read = false;
        for (const char* reader : {"lookup", "registered", "lookup_branches", "reg_fetch_contacts"})
          for (std::size_t j : model.index.calls_of(reader))
            if (const std::string* other = constant_text(model.index.expressions[j].e->operands[0]); other && *other == *text)
              read = true;
        if (!read) findings.add("W0120", call.span, {"location table '" + *text + "'", "the same name in save() and lookup()"});
      } else if (!known) {
        findings.add("W0120", call.span, {"location table '" + *text + "'", saves ? "the name that save() has" : "save() of that name"});
      }
    }
  };
  check_location("save", true);
  check_location("lookup", false);
  check_location("registered", false);
}

}  // namespace strowger::lint
