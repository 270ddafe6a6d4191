// A script as a tree of text, so that parts can be dropped while it stays a script.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace strowger::property {

struct Node {
  enum class Kind { Text, Expr, Statement, Block };
  Kind kind = Kind::Text;
  std::string text;          ///< Text only
  std::vector<Node> parts;

  static Node of(std::string text) { return {Kind::Text, std::move(text), {}}; }
};

/// One program: routes p17, p17_1, p17_2 ... that only call routes behind them.
struct Program {
  int id = 0;
  std::vector<Node> routes;  ///< bodies: Block nodes
  bool has_branch = false;   ///< the last one is branch_route[p17_b], which a t_relay() in the middle of p17 runs
};

std::string route_name(int program, std::size_t route);
/// The routes of a program as script text, indented.
std::string print(const Program& program);
std::size_t count_statements(const Node& node);

/// Drops statements and replaces expressions by parts of them as long as `fails` stays true.
Program shrink(Program program, const std::function<bool(const Program&)>& fails);

}  // namespace strowger::property
