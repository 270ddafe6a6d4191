// Core parameters of the compiled script, by name: for what is read at the start, and seldom.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string_view>

#include "runtime/abi/image.h"

namespace strowger {

/// Null when the script does not set it; the last one counts.
inline const CoreParam* find_core_param(const ScriptImage& image, std::string_view name) {
  for (std::uint64_t i = image.core_param_count; i-- > 0;)
    if (image.core_params[i].name.view() == name) return &image.core_params[i];
  return nullptr;
}

inline Int core_number(const ScriptImage& image, std::string_view name, Int otherwise) {
  const CoreParam* const param = find_core_param(image, name);
  return param != nullptr ? param->number : otherwise;
}

}  // namespace strowger
