// S0512: TLS versions before 1.2, certificates that are not verified, ciphers that are broken.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {

LOCAL_RULE(S0512) {
  for (const syntax::ModParam& line : model.program.ast->modparams) {
    if (line.module_pattern != "tls" && line.module_pattern != "http_client" && line.module_pattern != "http_async_client") continue;
    const std::string& name = line.name;
    const std::string& text = line.text;
    if (name == "tls_method" && line.is_text && (text.starts_with("SSL") || text == "TLSv1" || text == "TLSv1+" || text.starts_with("TLSv1.0") || text.starts_with("TLSv1.1")))
      findings.add("S0512", line.value_span, {"'" + text + "' allows TLS versions before 1.2"});
    else if ((name == "verify_certificate" || name == "verify_peer" || name == "tls_verify_peer") && !line.is_text && line.number == 0)
      findings.add("S0512", line.value_span, {"certificates of others are not verified"});
    else if (name == "cipher_list" && line.is_text)
      for (const char* weak : {"NULL", "RC4", "EXPORT", "LOW", "MD5", "DES"}) {
        const std::size_t at = text.find(weak);
        if (at == std::string::npos || (at > 0 && (text[at - 1] == '!' || text[at - 1] == '-' || text[at - 1] == '3'))) continue;
        findings.add("S0512", line.value_span, {std::string("the cipher list allows ") + weak});
        break;
      }
  }
}

}  // namespace strowger::lint
