// The life of the message at every point of the script: for each class of request (method, inside a dialog or not) the
// facts that hold on all ways there and on some. Routes are followed with their callers' facts.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <array>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "compiler/lint/call_graph.h"
#include "compiler/lint/effects.h"

namespace strowger::lint {

/// Requests are told apart by method (the bits of MethodBit up to PUBLISH, and one for all others) and by whether To
/// has a tag.
inline constexpr std::size_t kMethodClasses = 15;
inline constexpr std::uint32_t kAllMethods = (1u << kMethodClasses) - 1;
inline constexpr std::uint32_t kOthers = 1u << 14;
/// Folds a mask of MethodBit into classes.
inline std::uint32_t classes_of(Int methods) {
  const auto mask = static_cast<std::uint32_t>(methods);
  return (mask & 0x3fffu) | ((mask >> 14) != 0 ? kOthers : 0);
}

enum Where : unsigned { kInitial = 1, kInDialog = 2, kAnywhere = 3 };

struct Cell {
  std::uint32_t may = 0;
  std::uint32_t must = 0;
  bool live = false;
  bool operator==(const Cell&) const = default;
};

struct State {
  std::array<Cell, kMethodClasses * 2> cells;
  std::uint32_t kinds = 0;  ///< RouteKinds of the entries that come here

  bool live() const;
  /// The methods that come here, as classes.
  std::uint32_t methods(unsigned where = kAnywhere) const;
  /// Does the fact hold on some way here, for one of these requests?
  bool may(std::uint32_t facts, std::uint32_t methods = kAllMethods, unsigned where = kAnywhere) const;
  /// Is there a way here, for one of these requests, on which none of the facts is sure?
  bool lacks(std::uint32_t facts, std::uint32_t methods = kAllMethods, unsigned where = kAnywhere) const;
  void add(std::uint32_t facts);
  void clear(std::uint32_t facts);
  void keep(std::uint32_t methods, unsigned where = kAnywhere);
  void join(const State& other);
  bool operator==(const State&) const = default;
};

struct Branches { State yes, no; };

struct Typestate {
  Typestate(const Index& index, const CallGraph& graph);

  std::unordered_map<const program::Expr*, State> at_call;  ///< before a call of a function or route
  std::unordered_map<const program::Statement*, Branches> at_test;  ///< behind the condition of an if
  std::vector<std::uint32_t> kinds;    ///< by statement: the entries that reach it; 0: nothing does
  std::vector<std::uint32_t> methods;  ///< by statement: classes of requests that reach it
  std::vector<State> route_end;        ///< by route: where the last statement lets go
  std::vector<bool> returns;           ///< by route: some way through it comes back to the caller

  /// Before a call; null where nothing reaches it.
  const State* before(const program::Expr& call) const;
};

/// The name in a call of a reply function: its code where it is constant, else 0.
Int reply_code(const program::Expr& call);

}  // namespace strowger::lint
