// Listen sockets as operators see them: order and names.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/listed_sockets.h"

#include "runtime/sip/host_text.h"

namespace strowger {

std::vector<const Socket*> listed_sockets(const Process& process) {
  std::vector<const Socket*> listed;
  for (const sip::Protocol protocol : {sip::Protocol::Udp, sip::Protocol::Tcp, sip::Protocol::Tls})
    for (const auto& socket : process.sockets)
      if (socket->protocol == protocol && !socket->carried) listed.push_back(socket.get());
  return listed;
}

Text listed_name(const Process& process, const Socket& socket) {
  for (const Alias& alias : process.aliases)
    if (alias.declares == &socket) return std::string_view(alias.host);
  return sip::without_brackets(socket.host);
}

bool is_multicast(const sip::Address& address) {
  return address.family == 4 ? (address.ip[0] & 0xf0) == 0xe0 : address.family == 6 && address.ip[0] == 0xff;
}

}  // namespace strowger
