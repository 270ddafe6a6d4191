// Runs a pattern's automata over a text.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/abi/automaton.h"
#include "runtime/abi/values.h"

namespace strowger {

struct Automata {
  /// Whether a match is anywhere in the text: one step per byte, until it is known.
  static bool matches(const MachineImage* any, const char* text, std::uint64_t length) asm("stw.rt.match_table");

  /// The leftmost longest match that begins at `from` or later, and its groups, as Pattern::search() says. Two passes over the
  /// text, and one more over the match where groups are asked for.
  static bool search(const AutomatonImage& automaton, Text subject, std::size_t from, Text* groups, int count);
};

}  // namespace strowger
