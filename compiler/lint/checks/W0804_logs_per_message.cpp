// W0804: a log line for every message that comes in.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(W0804) {
  const program::CoreParameter* debug = model.index.core_parameter("debug");
  const Int level = debug ? debug->number : 0;
  const auto level_of = [](const program::Expr& call) -> Int {
    const std::string& name = call.function->name;
    if (name == "xinfo") return 2;
    if (name == "xnotice") return 1;
    if (name == "xwarn") return 0;
    if (name == "xerr") return -1;
    if (name == "xdbg") return 3;
    if (call.operands.size() == 2 && call.operands[0].kind == modules::ArgKind::LogLevel && !call.operands[0].value) return call.operands[0].number;
    return -1;  // xlog(text) and log(text) say it as an error
  };
  for (std::size_t i : calls_with(model, kLog)) {
    const ExpressionSite& site = model.index.expressions[i];
    const StatementSite& statement = model.index.statements[site.statement];
    const program::Route& route = model.program.routes[statement.route];
    const bool top = statement.parent == kNone && route.name.empty() && (route.kind == kRequestRoute || route.kind == kCoreReplyRoute || route.kind == kOnsendRoute);
    // After the first answer or relay it is no longer every message.
    if (!top || level_of(*site.e) > level || level_of(*site.e) < -1) continue;
    bool first_part = true;
    for (std::size_t p = 0; p < statement.position; ++p) first_part = first_part && (*statement.block)[p]->kind != program::Statement::Kind::If;
    if (first_part && statement.block->size() > 1) findings.add("W0804", site.e->span);
  }
}

}  // namespace strowger::lint
