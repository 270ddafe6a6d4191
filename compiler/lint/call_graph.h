// Who calls whom: route calls, blocks armed by t_on_*, and blocks that run by themselves; and in which kinds of block
// the code of a route may therefore run.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <vector>

#include "compiler/lint/index.h"

namespace strowger::lint {

struct CallEdge {
  enum class Kind { Call, ByName, Arms } kind = Kind::Call;  ///< ByName: the target is made at run time
  std::size_t from = 0, to = 0;                              ///< indices into Program::routes
  std::size_t expression = 0;                                ///< index into Index::expressions
};

struct CallGraph {
  explicit CallGraph(const Index& index);

  std::vector<CallEdge> edges;
  std::vector<std::vector<std::size_t>> out;  ///< by route: indices of edges that leave it
  std::vector<bool> used;                     ///< by route: something calls, arms or names it, or it has an entry of its own
  std::vector<std::uint32_t> kinds;           ///< by route: mask of RouteKind of the entries that reach it by calls
  std::vector<bool> entry;                    ///< by route: runs by itself
  std::vector<bool> resumed;                  ///< by route: only a text names it, as that of t_continue() does
};

}  // namespace strowger::lint
