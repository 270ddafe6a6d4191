// I0124: a named block that no call and no function that arms blocks reaches.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

RULE(I0124) {
  for (std::size_t i = 0; i < model.program.routes.size(); ++i)
    if (!model.graph.used[i]) findings.add("I0124", place_of(model.program.routes[i], model.program), {shown(model.program.routes[i])});
}

}  // namespace strowger::lint
