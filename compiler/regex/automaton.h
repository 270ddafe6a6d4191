// What a constant pattern becomes in the executable, and why some stay with RE2.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "compiler/regex/machine.h"
#include "runtime/abi/automaton.h"

namespace strowger::regex {

/// How groups are found once the match's ends are known: the machine `back` has said for every place of the match which
/// bytes' states lead to its end; from there the preferred one is taken. A `place` is a state that eats a byte, or the end.
///
/// Where no byte ever leaves a choice, a table says the path at once: `direct`. Then `back` and `viable` are not needed.
struct Captures {
  struct Path {
    std::uint16_t to = 0;              ///< place
    std::uint16_t save_count = 0;
    std::uint32_t save_at = 0;         ///< into saves
    std::uint32_t assertions = 0;      ///< bit Assertion - 1: must hold here
  };
  std::vector<std::uint32_t> path_at;  ///< [place]: its first path; two more: those of the match's begin, and the end
  std::vector<Path> paths;             ///< the preferred first
  std::vector<std::uint8_t> saves;     ///< 2 * group (begin) or 2 * group + 1 (end)
  std::vector<std::uint8_t> viable;    ///< [back's state * row + place / 8]: bit place % 8
  std::uint32_t row = 0;               ///< bytes
  Machine direct;                      ///< [place or begin * width + symbol]: 0, a path + 1, or kPlainStep and a place
  std::vector<std::uint16_t> ends;     ///< [place or begin]: the path to the end + 1, or 0; empty: there is no such table
};

/// Finds the leftmost longest match and its groups.
struct Searcher {
  Anchor anchored = kNowhere;          ///< where matches can begin
  Machine longest;                     ///< from a match's begin: its end is the last place that accepts
  Machine starts;                      ///< from the text's end to the left: the last place that accepts is the leftmost begin
  int groups = 0;
  Machine back;                        ///< with groups, where they are not direct: from a match's end to its begin
  Captures captures;
};

/// Nothing and `why` when it cannot be: then the pattern is RE2's.
/// `make_matcher`: whether a text matches anywhere.
std::optional<Machine> make_matcher(std::string_view pattern, Flags flags, std::string& why);
std::optional<Searcher> make_searcher(std::string_view pattern, Flags flags, std::string& why);

/// Straight code: one jump per byte. Above this, tables.
inline constexpr std::size_t kMaxCodeStates = 40;

/// For `--emit report`: "code, 5 states", "table, 120 states", or "RE2: why". `captures`: its groups or its place are used.
std::string describe(std::string_view pattern, Flags flags, bool captures);

}  // namespace strowger::regex
