// A pattern as a graph of states: what can be entered without a byte, and by which bytes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/regex/syntax.h"

namespace strowger::regex {

/// What stands on one side of a place in the text.
enum class Side : std::uint8_t { Edge, Newline, Word, Other };
inline constexpr int kSides = 4;

bool holds(Assertion assertion, Side left, Side right);
Side side_of(unsigned char byte);

struct Edge {
  std::uint32_t to = 0;
  Assertion assertion = Assertion::None;
  int save = -1;                ///< the place is kept here: 2 * group for its begin, 2 * group + 1 for its end
};

struct Graph {
  struct State {
    std::vector<Edge> edges;                                  ///< without a byte, the preferred first
    std::vector<std::pair<std::uint32_t, Bytes>> steps;       ///< forwards: at most one, and no edges then
  };
  std::vector<State> states;
  std::uint32_t start = 0, accept = 0;
  bool has_assertions = false;
  int groups = 0;
};

/// Nothing when it would have more than `limit` states (repeats are unrolled).
std::optional<Graph> make_graph(const Syntax& syntax, std::size_t limit);

/// The same texts read from their end; order of preference is lost.
Graph reversed(const Graph& graph);

}  // namespace strowger::regex
