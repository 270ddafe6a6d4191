// What compiled code calls to put texts together, and the long ways of operators whose short ways are inlined.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/abi/values.h"

namespace strowger {

struct Call;

struct Joining {
  /// Memory for a joined text; null when the arena is full.
  static char* room(Call*, std::uint64_t bytes) asm("stw.rt.room");
  /// Copies the text to `at`; the place behind it.
  static char* append(char* at, Text) asm("stw.rt.append");
  /// Prints a number of at most kIntBytes to `at`; the place behind it.
  static char* append_int(char* at, Int) asm("stw.rt.append_int");
  /// The bytes behind `used`, of room() called last, go back.
  static void trim(Call*, char* room, std::uint64_t used) asm("stw.rt.trim");
  /// Prints a number into 24 bytes.
  static Text print_int(char* room, Int) asm("stw.rt.print_int");
};

struct LongWays {
  static char* append_int(char* at, Int) asm("stw.rt.append_int_slow");
  static char* room(Call*, std::uint64_t bytes) asm("stw.rt.room_slow");
  static Value add_text(Call*, Value, Value) asm("stw.rt.add_text");
  static Int value_to_int(Call*, Value) asm("stw.rt.value_to_int_slow");
  static Text value_to_text(Call*, Value) asm("stw.rt.value_to_text_slow");
};

}  // namespace strowger
