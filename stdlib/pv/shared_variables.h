// The values of $shv, one table for all workers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <map>
#include <mutex>
#include <string>

#include "runtime/abi/values.h"

namespace strowger::pv {

struct SharedValue {
  Value::Kind kind = Value::kNull;     ///< kInt or kText
  Int number = 0;
  std::string text;
};

/// The state of the module. All workers use it: everything under the lock.
struct SharedVariables {
  std::mutex lock;
  std::map<std::string, SharedValue, std::less<>> values;
};

}  // namespace strowger::pv
