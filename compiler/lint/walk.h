// Visits every statement and expression of a program, inner ones after outer ones.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <functional>

#include "compiler/program/program.h"

namespace strowger::lint {

struct Visitor {
  std::function<void(const program::Statement&)> statement;
  std::function<void(const program::Expr&)> expression;
};

void walk(const program::Block& block, const Visitor& visitor);
void walk(const program::Expr& e, const Visitor& visitor);

}  // namespace strowger::lint
