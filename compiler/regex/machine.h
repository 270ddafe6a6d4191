// Deterministic machines that read a text byte by byte and then its edge.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "compiler/regex/graph.h"

namespace strowger::regex {

/// What a machine is asked.
struct Question {
  bool backwards = false;   ///< reads from the right to the left (the graph is reversed(), too)
  bool anywhere = false;    ///< a match may begin at every place, not only where reading starts
  bool first_only = false;  ///< any match will do: the state kMatched is entered as soon as there is one
  bool keep_sets = false;   ///< the states' sets are wanted, and states are not merged
};

struct Machine {
  static constexpr std::uint16_t kAccepts = 0x8000;  ///< in `next`: there is a match up to the place before this symbol
  static constexpr std::uint16_t kDead = 0;          ///< nothing can match any more
  static constexpr std::uint16_t kMatched = 1;       ///< first_only: it has matched

  std::array<std::uint8_t, 256> classes{};           ///< a byte's symbol
  std::uint32_t width = 0;                           ///< symbols; the last one is the edge of the text
  std::vector<std::uint16_t> next;                   ///< [state * width + symbol]; first_only: the edge gives kMatched or kDead
  std::array<std::uint16_t, kSides> start{};         ///< by what stands before the first byte that is read
  std::vector<std::vector<std::uint32_t>> sets;      ///< keep_sets: the graph's states, sorted

  std::size_t size() const { return width ? next.size() / width : 0; }
};

/// Nothing when it needs more than `limit` states or too much work.
std::optional<Machine> make_machine(const Graph& graph, Question question, std::size_t limit);

}  // namespace strowger::regex
