// What generated code calls for the language itself: conversions, comparisons, joining, matching, core conditions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Semantics: reference/semantics-verified.md, with 64-bit integers. The compiler names these by their symbols; short ones
// live in *_hot.cpp and inline into routes.
#pragma once

#include "runtime/abi/image.h"
#include "runtime/abi/values.h"

namespace strowger {

/// The left sides of core conditions, in the order of syntax::CoreWord.
enum class ConditionWord : std::int32_t {
  Method, Uri, Status, FromUri, ToUri, SrcIp, DstIp, SndIp, ToIp, SrcPort, DstPort, SndPort, ToPort, Af, SndAf, MsgLen,
  Proto, SndProto, Myself
};

/// An address block: family 4 or 6, address in network order (4 or 16 bytes used), prefix length.
struct NetworkConstant {
  std::uint32_t family;
  std::uint32_t prefix;
  unsigned char address[16];
};

struct Operators {
  // Conversions. Text that is no number gives 0 and a warning; empty and null give 0 silently.
  static Int text_to_int(Call*, Text) asm("stw.rt.text_to_int");
  static Text int_to_text(Call*, Int) asm("stw.rt.int_to_text");
  static Int value_to_int(Call*, Value) asm("stw.rt.value_to_int");
  /// The number of an int; INT64_MIN and an error line for what is none (log levels held in variables).
  static Int int_only(Call*, Value) asm("stw.rt.int_only");
  static Text value_to_text(Call*, Value) asm("stw.rt.value_to_text");       ///< null stays null
  /// As a format prints it: decimal, "<null>" for undefined, "" for failed.
  static Text format_value(Call*, Value) asm("stw.rt.format_value");
  static Text format_text(Text) asm("stw.rt.format_text");

  // By the type of the left operand at run time.
  static Value add_any(Call*, Value, Value) asm("stw.rt.add_any");
  static bool eq_any(Call*, Value, Value) asm("stw.rt.eq_any");

  static bool text_eq(Text, Text) asm("stw.rt.text_eq");            ///< null equals ""
  static bool text_ieq(Text, Text) asm("stw.rt.text_ieq");          ///< ASCII case ignored
  /// Joins `count` parts (null parts count as empty) in the call's arena; failed when longer than `limit` (0: none).
  static Text concat(Call*, const Text* parts, std::uint64_t count, std::uint64_t limit) asm("stw.rt.concat");
  /// Copies into the call's arena.
  static Text keep(Call*, Text) asm("stw.rt.keep");

  /// A header name made at run time, with its id; lives as long as the call's arena. Null for an empty one.
  static const HeaderName* header_name(Call*, Text) asm("stw.rt.header_name");

  static bool match(Call*, const Regex*, Text) asm("stw.rt.match");
  /// 1, 0, or -1 with a logged error where the pattern does not compile. Always ignores case (`=~`).
  static std::int32_t match_dynamic(Call*, Text subject, Text pattern) asm("stw.rt.match_dynamic");

  /// Division by zero and the like: logs, sets Call::expression_error.
  static void division_by_zero(Call*, std::uint32_t line) asm("stw.rt.division_by_zero");
  static void loop_limit(Call*, std::uint32_t line) asm("stw.rt.loop_limit");
  /// An assignment whose right side failed or that was refused.
  static void assignment_failed(Call*, std::uint32_t line) asm("stw.rt.assignment_failed");
  /// Counts one nested route call; false (and a log line) when max_recursive_level is reached.
  static bool enter_route(Call*, Text name, Int limit) asm("stw.rt.enter_route");
  static void leave_route(Call*) asm("stw.rt.leave_route");
  /// The `route[name]` block, or null and a log line.
  static RouteFunction find_route(Call*, Text name) asm("stw.rt.find_route");

  // Core conditions.
  static Text condition_text(Call*, std::int32_t word) asm("stw.rt.condition_text");
  static Int condition_int(Call*, std::int32_t word) asm("stw.rt.condition_int");
  static bool condition_myself(Call*, std::int32_t word) asm("stw.rt.condition_myself");
  static bool condition_network(Call*, std::int32_t word, const NetworkConstant*) asm("stw.rt.condition_network");
  static bool condition_host(Call*, std::int32_t word, Text) asm("stw.rt.condition_host");
};

}  // namespace strowger
