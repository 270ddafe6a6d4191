// A worker's $var variables as compiled code stores them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// During a run a text in a slot is a view: into a constant, the run's arena, or (of a slot that outlives runs) its own
// storage. Where a later run may read it, it moves into the storage when the run ends.
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/abi/slots.h"
#include "runtime/script/worker.h"

namespace strowger {

struct Call;

static_assert(sizeof(SlotVariable) == kSlotStride && offsetof(SlotVariable, value) == 0);

struct SlotOperators {
  /// The first of the worker's slots; each is a SlotVariable.
  static SlotVariable* slots(Call*) asm("stw.rt.slots");
  /// The texts of these slots get storage of their own, at the end of a run.
  static void keep_slots(Call*, const std::uint32_t* slots, std::uint64_t count) asm("stw.rt.keep_slots");
  /// Stores any value (`how`: bits of StoreHow); 1, or -1 and a log line where it had failed.
  static Int assign_any(Call*, Value* slot, Value, std::uint32_t how, std::uint32_t line) asm("stw.rt.assign_any");
  /// Stores a text that is null (`failed`: because it could not be evaluated).
  static Int assign_no_text(Call*, Value* slot, std::uint64_t failed, std::uint32_t how,
                            std::uint32_t line) asm("stw.rt.assign_no_text");
};

/// The text in a slot gets storage of its own. What lay there before stays until the outermost run ends.
void keep_in_storage(Worker& worker, SlotVariable& slot);
/// Gives slots their first values.
void start_slots(Worker& worker);
/// The values of a script that begins to wait (null: there are none), and giving them back: Scripts::add_run_state().
void* leave_slots(Worker& worker);
void enter_slots(Worker& worker, void* left);

}  // namespace strowger
