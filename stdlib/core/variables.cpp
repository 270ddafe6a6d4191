// $null, $env and the variables that the compiler replaces by constants.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cstdlib>

#include "core.interface.h"
#include "runtime/script/call.h"
#include "runtime/script/operators.h"

namespace strowger {

Value Core::get_null(Call&) { return Value::null(); }

Text Core::get_env(Call& call, Text name) {
  constexpr std::size_t kMaxName = 255;
  char buffer[kMaxName + 1];
  if (name.empty() || name.len > kMaxName) return Text::null();
  std::memcpy(buffer, name.ptr, name.len);
  buffer[name.len] = 0;
  const char* value = std::getenv(buffer);
  return value ? call.arena->copy(std::string_view(value)) : Text::null();
}

Value Core::get_envn(Call& call, Text name) {
  const Text value = get_env(call, name);
  return value.is_null() ? Value::null() : Value::of(Operators::text_to_int(&call, value));
}

// The compiler knows every #!define and puts its value where the script reads it; at run time none is left.
Text Core::get_def(Call&, Text) { return Text::null(); }
Value Core::get_defn(Call&, Text) { return Value::null(); }

}  // namespace strowger
