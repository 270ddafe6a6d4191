// S0503: text of the message inside a command, a file name, a URL, a filter or a Redis command.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

const char* sink_of(std::uint32_t traits) {
  if ((traits & kExec) != 0) return "a command";
  if ((traits & kHttp) != 0) return "a URL";
  if ((traits & kFile) != 0) return "a file name";
  if ((traits & kLdap) != 0) return "an LDAP filter";
  return "a Redis command";
}

}  // namespace

RULE(S0503) {
  for (std::size_t i : calls_with(model, kExec | kHttp | kFile | kLdap | kRedis)) {
    const program::Expr& call = *model.index.expressions[i].e;
    const std::uint32_t traits = effects_of(*call.function).traits;
    // The URL, the path or the command stands first; connections are named before it.
    std::size_t at = 0;
    if (call.function->name == "http_connect" || (traits & (kLdap | kRedis)) != 0) at = 1;
    if ((traits & kLdap) != 0 && call.operands.size() == 1) at = 0;
    if (at >= call.operands.size() || !call.operands[at].value) continue;
    const std::string source = model.taint.source_in(*call.operands[at].value);
    if (source.empty()) continue;
    // A Redis command that is nothing but words and one value in a key is a habit; a blank in it adds words.
    findings.add("S0503", span_of(call.operands[at], call), {source, sink_of(traits), call.function->name});
  }
}

}  // namespace strowger::lint
