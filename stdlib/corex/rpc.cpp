// corex.list_sockets: the listen sockets with names and advertised addresses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/listed_sockets.h"
#include "runtime/script/rpc.h"
#include "runtime/sip/host_text.h"

#include <algorithm>

#include "corex.interface.h"

namespace strowger {

void Corex::rpc_corex_list_sockets(RpcCall& call) {
  RpcReply& out = call.reply;
  for (const Socket* socket : listed_sockets(call.process())) {
    out.begin_struct();
    out.add_named("PROTO", sip::name_of(socket->protocol));
    out.add_named("NAME", listed_name(call.process(), *socket));
    out.begin_struct("ADDRLIST");
    out.add_named("ADDR", sip::without_brackets(socket->host));
    out.end_struct();
    out.add_named("PORT", std::string_view(std::to_string(socket->address.port)));
    out.add_named("MCAST", is_multicast(socket->address) ? "yes" : "no");
    out.add_named("MHOMED", "no");
    out.add_named("VIRTUAL", "no");
    out.add_named("SOCKNAME", socket->name.empty() ? Text("-") : socket->name);
    out.add_named("ADVERTISE", socket->advertised_host.empty() ? Text("-") : sip::without_brackets(socket->advertised_host));
    out.end_struct();
  }
}

void Corex::rpc_corex_list_aliases(RpcCall& call) {
  RpcReply& out = call.reply;
  const auto& aliases = call.process().aliases;
  for (auto at = aliases.rbegin(); at != aliases.rend(); ++at) {
    const Alias& alias = *at;
    if (alias.declares) continue;
    out.begin_struct();
    out.add_named("PROTO", alias.protocol == sip::Protocol::Any ? Text("*") : sip::name_of(alias.protocol));
    out.add_named("ADDR", std::string_view(alias.host));
    out.add_named("PORT", static_cast<Int>(alias.port));
    out.end_struct();
  }
}

void Corex::rpc_corex_debug(RpcCall& call) {
  int& level = call.process().settings.debug;
  const int old = __atomic_load_n(&level, __ATOMIC_RELAXED);
  call.reply.begin_struct();
  if (const auto number = call.next_int()) {
    __atomic_store_n(&level, static_cast<int>(std::clamp<Int>(*number, -9, 9)), __ATOMIC_RELAXED);
    call.reply.add_named("old", Int{old});
    call.reply.add_named("new", Int{level});
  } else {
    call.reply.add_named("debug", Int{old});
  }
  call.reply.end_struct();
}

}  // namespace strowger
