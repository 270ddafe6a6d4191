// The hash that destinations are chosen by: the same for the same texts in every build, as peers with the same list rely on it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>

#include "runtime/script/core_hash.h"

namespace strowger::dispatcher {

/// Takes texts one after the other; the result does not tell where one ended, but for its tail of less than four bytes.
class CoreHash {
 public:
  void add(Text text) { sum_ += core_hash_sum(text); }
  /// Never 0.
  std::uint32_t result() const {
    const std::uint32_t hash = core_hash_of(sum_);
    return hash ? hash : 1;
  }

 private:
  std::uint32_t sum_ = 0;
};

}  // namespace strowger::dispatcher
