// I0907: a flag that is used by its bare number in several places.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <cctype>
#include <map>

#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

struct Uses { std::size_t count = 0; text::Span first; };

}  // namespace

RULE(I0907) {
  std::map<std::string, Uses> flags;
  for (const char* name : {"setflag", "isflagset", "resetflag", "setbflag", "isbflagset", "resetbflag"})
    for (std::size_t i : model.index.calls_of(name)) {
      const program::Expr& call = *model.index.expressions[i].e;
      if (call.operands.empty()) continue;
      const std::string_view text = written(call.operands[0].span);
      if (text.empty() || !std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c) != 0 || c == '"'; })) continue;
      const std::string kind = std::string(name).find("bflag") == std::string::npos ? "flag " : "branch flag ";
      Uses& uses = flags[kind + std::string(text)];
      const text::Span span = call.operands[0].span;
      if (uses.count++ == 0 || span.offset < uses.first.offset) uses.first = span;
    }
  for (const auto& [name, uses] : flags)
    if (uses.count >= 3) findings.add("I0907", uses.first, {name, std::to_string(uses.count)});
}

}  // namespace strowger::lint
