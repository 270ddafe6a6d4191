// What is known about an expression when flow analysis has said nothing more than its type does.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/program/program.h"

namespace strowger::program {

Fact fact_of(const Program& program, const Expr& e) {
  const auto found = program.facts.find(&e);
  return found != program.facts.end() ? found->second : declared_fact(e);
}

Fact declared_fact(const Expr& e) {
  if (e.op == Op::Int) return {kHoldsInt, e.number};
  if (e.op == Op::Null) return {kHoldsNull, {}};
  switch (e.type) {
    case Type::Int:
      return {kHoldsInt, {}};
    case Type::Text:
      return {static_cast<std::uint8_t>(e.nullable ? kHoldsText | kHoldsNull : kHoldsText), {}};
    case Type::Any:
      return {};
  }
  return {};
}

}  // namespace strowger::program
