// W0217: a constant that is no SIP URI is assigned to a destination.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

/// A URI of a scheme that a proxy can send to, with a host.
bool is_uri(const std::string& text) {
  std::size_t at = 0;
  if (text.starts_with("sip:")) at = 4;
  else if (text.starts_with("sips:")) at = 5;
  else if (text.starts_with("tel:") || text.starts_with("urn:")) return text.size() > 4;
  else return false;
  const std::string rest = text.substr(at);
  return !rest.empty() && rest.find_first_of(" \t\"<>") == std::string::npos && rest.back() != '@' && rest[0] != ';';
}

}  // namespace

LOCAL_RULE(W0217) {
  const auto check = [&](const std::string& name, const program::Expr& value) {
    const program::Expr& inner = bare(value);
    if ((name != "$du" && name != "$ru") || inner.op != program::Op::Text) return;
    if (inner.text.empty() || is_uri(inner.text)) return;
    findings.add("W0217", inner.span, {inner.text, name});
  };
  for (const Occurrence& o : model.index.occurrences)
    if (o.writes && o.value) check(o.name, *o.value);
}

}  // namespace strowger::lint
