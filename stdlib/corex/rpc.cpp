// corex.list_sockets: the listen sockets with names and advertised addresses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/rpc.h"

#include "corex.interface.h"

namespace strowger {

void Corex::rpc_corex_list_sockets(RpcCall& call) {
  RpcReply& out = call.reply;
  for (const auto& socket : call.process().sockets) {
    out.begin_struct();
    out.add_named("PROTO", sip::name_of(socket->protocol));
    out.add_named("NAME", socket->host);
    out.begin_struct("ADDRLIST");
    out.add_named("ADDR", socket->host);
    out.end_struct();
    out.add_named("PORT", std::string_view(std::to_string(socket->address.port)));
    out.add_named("MCAST", "no");
    out.add_named("MHOMED", "no");
    out.add_named("VIRTUAL", "no");
    out.add_named("SOCKNAME", socket->name.empty() ? Text("-") : socket->name);
    std::string advertised = "-";
    if (!socket->advertised_host.empty()) {
      advertised = std::string(sip::name_of(socket->protocol).view()) + ":" + std::string(socket->advertised_host.view()) + ":" +
                   std::to_string(socket->advertised_port != 0 ? socket->advertised_port : socket->address.port);
    }
    out.add_named("ADVERTISE", std::string_view(advertised));
    out.end_struct();
  }
}

}  // namespace strowger
