// Wishes by number.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tls/state.h"

namespace strowger::tls {

std::uint32_t Wishes::put(Wish wish) {
  const std::lock_guard lock(mutex_);
  if (last_ != 0 && ring_[last_ % kRoom] == wish) return last_;   // the usual case: one name for all
  if (++last_ == 0) ++last_;
  ring_[last_ % kRoom] = std::move(wish);
  return last_;
}

std::optional<Wish> Wishes::take(std::uint32_t number) const {
  const std::lock_guard lock(mutex_);
  if (number == 0 || last_ - number >= kRoom) return std::nullopt;
  return ring_[number % kRoom];
}

}  // namespace strowger::tls
