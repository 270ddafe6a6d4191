// W0117: functions and modules that later versions no longer have, with what takes their place.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <string_view>

#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

struct Old { std::string_view name, instead; };
constexpr Old kFunctions[] = {
    {"force_send_socket", "$fs, gone in the text form"},
    {"exec_dset", "exec_cmd() or an HTTP service"},
    {"t_relay_to_udp", "$du or $fs with t_relay()"},
    {"t_relay_to_tcp", "$du with ;transport=tcp and t_relay()"},
    {"t_relay_to_tls", "$du with ;transport=tls and t_relay()"},
    {"t_relay_to_sctp", "$du with ;transport=sctp and t_relay()"},
    {"radius_load_caller_avps", "radius_load_caller_avps of misc_radius"},
    {"avp_db_query", "sql_query() of sqlops"},
    {"is_present_hf_re", "is_present_hf() with a pattern variable"},
};
constexpr Old kModules[] = {
    {"mi_fifo", "jsonrpcs"}, {"mi_datagram", "jsonrpcs"}, {"mi_rpc", "jsonrpcs"}, {"xmlrpc", "jsonrpcs"}, {"xhttp_rpc", "jsonrpcs"},
    {"app_mono", "app_lua"}, {"app_python", "app_python3"}, {"app_perl", "app_lua or app_python3"},
    {"purple", "none"}, {"seas", "evapi"}, {"mediaproxy", "rtpengine"}, {"ratelimit", "pipelimit"},
    {"cpl_c", "none"}, {"osp", "none"}, {"auth_identity", "secsipid or stirshaken"}, {"jabber", "xmpp"}, {"print", "none"},
    {"print_lib", "none"}, {"auth_diameter", "ims_auth"}, {"dbtext", "db_sqlite"}, {"call_control", "cnxcc"},
};

}  // namespace

LOCAL_RULE(W0117) {
  for (const Old& old : kFunctions)
    for (std::size_t i : model.index.calls_of(std::string(old.name)))
      findings.add("W0117", model.index.expressions[i].e->span, {"function " + std::string(old.name) + "()", "instead: " + std::string(old.instead)});
  for (const syntax::LoadModule& line : model.program.ast->modules)
    for (const Old& old : kModules)
      if (line.name == old.name)
        findings.add("W0117", line.span, {"module " + line.name, "instead: " + std::string(old.instead)});
}

}  // namespace strowger::lint
