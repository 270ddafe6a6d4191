// S0506: a password in the text of the script.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <set>

#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

/// "mysql://user:password@host/db" with something that looks like a password.
bool has_password(const std::string& text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string::npos) return false;
  const std::size_t at = text.find('@', scheme + 3);
  const std::size_t colon = text.find(':', scheme + 3);
  if (at == std::string::npos || colon == std::string::npos || colon > at || colon + 1 == at) return false;
  const std::string password = text.substr(colon + 1, at - colon - 1);
  return password.find('/') == std::string::npos && password[0] != '$';
}
bool is_secret_name(const std::string& name) {
  return name == "secret" || name == "password" || name == "passwd" || name.ends_with("_password") || name == "auth_password" || name == "api_key";
}

}  // namespace

LOCAL_RULE(S0506) {
  std::set<const std::string*> defines;
  for (const syntax::ModParam& line : model.program.ast->modparams) {
    if (!line.is_text || line.text.empty()) continue;
    if (!has_password(line.text) && !is_secret_name(line.name)) continue;
    // One define used for many parameters is one secret.
    if (line.value_span.expansion && !defines.insert(line.value_span.expansion).second) continue;
    findings.add("S0506", line.value_span, {line.module_pattern, line.name});
  }
}

}  // namespace strowger::lint
