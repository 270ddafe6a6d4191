// Slots ($var): what compiled code and the runtime tell each other about them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>

#include "runtime/abi/values.h"

namespace strowger {

/// Bytes from one slot to the next: a Value, then the storage of its text (SlotVariable in runtime/script/worker.h).
inline constexpr std::size_t kSlotStride = 48;

/// How a value is stored in a slot: bits.
enum StoreHow : std::uint32_t {
  kStaysInRun = 1,   ///< the text need not be copied: it holds for the run
  kNullStays = 2,    ///< null is stored as null, else as 0
  kNeverNull = 4,    ///< the compiler counts on a text: where there is none (no memory) it becomes ""
};

/// ScriptImage::slots: bits of NamedInt::value.
enum SlotBits : Int {
  kStartsAsZero = 1,   ///< rather than as null
  kLocalToRun = 2,     ///< no run reads what another one wrote: its text may be gone when the run is
};

}  // namespace strowger
