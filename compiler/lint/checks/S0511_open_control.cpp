// S0511: a control interface that listens on every address, or answers HTTP from everywhere.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

bool is_everywhere(const std::string& text) {
  return text.find("0.0.0.0") != std::string::npos || text.find("tcp:*") != std::string::npos || text.find("udp:*") != std::string::npos ||
         text.find("[::]") != std::string::npos;
}

}  // namespace

LOCAL_RULE(S0511) {
  for (const syntax::ModParam& line : model.program.ast->modparams) {
    const bool control = line.module_pattern == "ctl" || line.module_pattern == "jsonrpcs" || line.module_pattern == "evapi" ||
                         line.module_pattern == "rtp_media_server" || line.module_pattern == "xmlrpc" || line.module_pattern == "app_jsdt";
    if (control && line.is_text && is_everywhere(line.text)) findings.add("S0511", line.value_span, {line.module_pattern + " listens on every address"});
  }
  for (const char* name : {"jsonrpc_dispatch", "dispatch_xhttp_pi", "dispatch_rpc", "xhttp_pi_dispatch"})
    for (std::size_t i : model.index.calls_of(name)) {
      const ExpressionSite& site = model.index.expressions[i];
      const State* state = model.flow.before(*site.e);
      if (!state || state->kinds != kEventRoute || state->may(kTrusted | kAuthenticated)) continue;
      if (model.program.routes[model.index.route_of(site)].name != "xhttp:request") continue;
      findings.add("S0511", site.e->span, {std::string(name) + "() answers HTTP requests from everywhere"});
    }
}

}  // namespace strowger::lint
