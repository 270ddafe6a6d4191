// W0411: a header that holds the message together is removed or written by hand.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <cctype>

#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}
bool is_framing(const std::string& name) {
  const std::string n = lower(name);
  return n == "via" || n == "from" || n == "to" || n == "call-id" || n == "cseq" || n == "content-length" || n == "max-forwards" || n == "v" ||
         n == "f" || n == "t" || n == "i" || n == "l";
}

}  // namespace

LOCAL_RULE(W0411) {
  for (std::size_t i : model.index.calls_of("remove_hf")) {
    const program::Expr& call = *model.index.expressions[i].e;
    if (call.operands.empty() || call.operands[0].value || call.operands[0].kind != modules::ArgKind::Header) continue;
    const std::string& name = model.program.headers[call.operands[0].constant].name;
    if (is_framing(name)) findings.add("W0411", call.span, {name, "removed"});
  }
  for (const char* function : {"append_hf", "insert_hf"})
    for (std::size_t i : model.index.calls_of(function)) {
      const program::Expr& call = *model.index.expressions[i].e;
      const program::Expr* value = call.operands.empty() ? nullptr : call.operands[0].value.get();
      if (value && value->op == program::Op::Concat && !value->args.empty()) value = value->args[0].get();
      if (!value || value->op != program::Op::Text) continue;
      const std::string name = value->text.substr(0, value->text.find_first_of(": "));
      if (is_framing(name)) findings.add("W0411", call.span, {name, "added a second time"});
    }
}

}  // namespace strowger::lint
