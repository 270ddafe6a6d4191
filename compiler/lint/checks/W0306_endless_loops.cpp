// W0306: a loop whose condition nothing in it changes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <set>

#include "compiler/lint/rule.h"
#include "compiler/lint/walk.h"

namespace strowger::lint {
namespace {

using program::Statement;

}  // namespace

RULE(W0306) {
  for (const StatementSite& site : model.index.statements) {
    const Statement& s = *site.s;
    if (s.kind != Statement::Kind::While) continue;
    bool leaves = false;
    std::set<std::string> read, written_here;
    bool other = false;  // something in the condition may change by itself
    Visitor condition;
    condition.expression = [&](const program::Expr& e) {
      if (e.op == program::Op::Variable) read.insert(model.index.name_of(e.use));
      other = other || e.op == program::Op::Call || e.op == program::Op::CallRoute || e.op == program::Op::CallRouteNamed;
    };
    walk(*s.value, condition);
    Visitor body;
    body.statement = [&](const Statement& in) {
      leaves = leaves || in.kind == Statement::Kind::Break || in.kind == Statement::Kind::Return ||
               in.kind == Statement::Kind::Exit || in.kind == Statement::Kind::Drop;
      if (in.use.variable) written_here.insert(model.index.name_of(in.use));
    };
    body.expression = [&](const program::Expr& e) {
      if (e.op == program::Op::Assign) written_here.insert(model.index.name_of(e.use));
      // Calls may write what they are handed, iterators move on.
      other = other || e.op == program::Op::CallRoute || e.op == program::Op::CallRouteNamed ||
              (e.op == program::Op::Call && (effects_of(*e.function).traits & (kLog | kReplies)) == 0);
    };
    walk(s.then, body);
    const bool constant = s.value->op == program::Op::Int && s.value->number != 0;
    bool changes = false;
    for (const std::string& name : read) {
      changes = changes || written_here.count(name);
      // The values of an AVP go away one by one; $(avp(x)[$var(i)]) changes with its index.
      changes = changes || name.find('*') != std::string::npos || name.starts_with("$T") || name == "$rc";
    }
    if (leaves || (!constant && (other || changes || read.empty()))) continue;
    findings.add("W0306", s.value->span);
  }
}

}  // namespace strowger::lint
