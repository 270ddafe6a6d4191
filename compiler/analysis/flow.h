// The states that flow analysis moves through a route: what every slot ($var) may hold.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/program/program.h"

namespace strowger::analysis {

/// What one slot may hold at a point of the program.
struct Held {
  std::uint8_t holds = 0;        ///< set of program::Holds
  bool foreign = false;          ///< it may be what another run wrote
  std::optional<Int> number;     ///< always this number

  bool operator==(const Held&) const = default;
  void join(const Held& other) {
    if (other.holds == 0) return;
    if (holds == 0) {
      *this = other;
      return;
    }
    holds |= other.holds;
    foreign = foreign || other.foreign;
    if (number != other.number) number.reset();
  }
};

/// All slots at one point; unreachable until something joins it.
struct FlowState {
  bool reachable = false;
  std::vector<Held> slots;

  void join(const FlowState& other) {
    if (!other.reachable) return;
    if (!reachable) {
      *this = other;
      return;
    }
    for (std::size_t i = 0; i < slots.size(); ++i) slots[i].join(other.slots[i]);
  }
  bool operator==(const FlowState&) const = default;
};

}  // namespace strowger::analysis
