// W0208: a transformation of addresses or lists over a number.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

LOCAL_RULE(W0208) {
  for (const ExpressionSite& site : model.index.expressions) {
    const program::Expr& e = *site.e;
    if (e.op != program::Op::Transform || e.args.empty()) continue;
    const std::string& klass = e.transformation->klass;
    if (klass == "s" || klass == "val" || klass == "sql" || klass == "num") continue;
    const program::VariableUse* use = variable_in(*e.args[0]);
    const bool number = use && use->variable->type == modules::Type::Int;
    const bool not_uri = use && klass == "uri" && (use->variable->name == "ci" || use->variable->name == "rm" || use->variable->name == "ua" ||
                                                   use->variable->name == "si" || use->variable->name == "Ri" || use->variable->name == "rb");
    if (number || not_uri)
      findings.add("W0208", e.span, {klass + "." + e.transformation->op, "$" + use->variable->name});
  }
}

}  // namespace strowger::lint
