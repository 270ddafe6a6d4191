// Patterns that the compiler turned into automata: constant data of the script's object.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// compiler/codegen/automata.cpp builds these structs; runtime/script/automaton.cpp runs them. What they mean is said at
// compiler/regex/machine.h and automaton.h.
#pragma once

#include <cstdint>

namespace strowger {

struct MachineImage {
  static constexpr std::uint16_t kAccepts = 0x8000, kDead = 0, kMatched = 1;
  const std::uint8_t* classes = nullptr;   ///< [256]
  const std::uint16_t* next = nullptr;     ///< [states * width]
  std::uint32_t width = 0;                 ///< symbols and the edge
  std::uint16_t start[4] = {};             ///< by the side before: edge, newline, word, other
};

/// What a direct table holds for a place and a byte: 0, a path plus 1, or (for a path with nothing to do) the next place.
inline constexpr std::uint16_t kPlainStep = 0x8000;

struct CapturePath {
  std::uint16_t to = 0;
  std::uint16_t save_count = 0;
  std::uint32_t save_at = 0;
  std::uint32_t assertions = 0;            ///< bit 0: begin of text, then end of text, begin and end of line, \b \B \< \>
};

/// Where matches begin: at the text's first byte only, or there and behind line ends.
enum Anchor : std::uint32_t { kNowhere, kAtText, kAtLines };

struct AutomatonImage {
  MachineImage any;                        ///< does a match exist
  MachineImage longest, starts, back;      ///< `back` only where there are groups
  const std::uint16_t* ends = nullptr;     ///< [place]: the path to the match's end, plus 1; then `back` is the direct table
  const std::uint32_t* path_at = nullptr;
  const CapturePath* paths = nullptr;
  const std::uint8_t* saves = nullptr;
  const std::uint8_t* viable = nullptr;
  std::uint32_t row = 0;
  std::uint32_t places = 0;
  std::uint32_t groups = 0;
  std::uint32_t anchored = 0;              ///< of Anchor
};
static_assert(sizeof(MachineImage) == 32 && sizeof(CapturePath) == 12 && sizeof(AutomatonImage) == 184);

}  // namespace strowger
