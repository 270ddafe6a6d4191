// W0807: TCP connections end before the registrations that use them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

LOCAL_RULE(W0807) {
  const program::CoreParameter* lifetime = model.index.core_parameter("tcp_connection_lifetime");
  const program::ParameterValue* expires = model.index.parameter("registrar", "default_expires");
  if (!lifetime || !expires || model.index.calls_of("save").empty() || expires->numbers.empty()) return;
  const program::ParameterValue* most = model.index.parameter("registrar", "max_expires");
  Int longest = expires->numbers.back();
  if (most && !most->numbers.empty() && most->numbers.back() > 0) longest = most->set_by_script ? most->numbers.back() : longest;
  if (lifetime->number <= 0 || lifetime->number >= longest) return;
  for (const syntax::GlobalParam& p : model.program.ast->globals)
    if (p.name == "tcp_connection_lifetime") findings.add("W0807", p.span, {std::to_string(lifetime->number), std::to_string(longest)});
}

}  // namespace strowger::lint
