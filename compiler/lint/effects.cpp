// The table of effects.def, and what interfaces say of the functions that it does not hold.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/effects.h"

#include <algorithm>
#include <unordered_map>

namespace strowger::lint {

const Effects& effects_of(const modules::Function& function) {
  static const std::unordered_map<std::string_view, Effects> table = {
#define FN(name, traits, always, when_true, clears) {#name, {traits, always, when_true, clears}},
#include "compiler/lint/effects.def"
#undef FN
  };
  static const Effects none, replies{kReplies, 0, 0, 0}, relays{kRelays, kRelayTried, kRelayed, 0};
  const auto at = table.find(function.name);
  if (at != table.end()) return at->second;
  const auto does = [&](const char* word) {
    return std::find(function.does.begin(), function.does.end(), word) != function.does.end();
  };
  if (does("relay")) return relays;
  return does("reply") ? replies : none;
}

}  // namespace strowger::lint
