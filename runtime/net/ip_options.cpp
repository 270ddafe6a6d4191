// Socket options of the IP layer.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/ip_options.h"

#include <netinet/in.h>
#include <sys/socket.h>

namespace strowger::net {

void set_ip_options(int fd, bool v6, bool datagrams, const IpOptions& options) {
  // Where the system refuses, a socket with its own choice is better than none.
  const auto set = [fd](int level, int option, int value) { static_cast<void>(setsockopt(fd, level, option, &value, sizeof value)); };
  if (options.type_of_service >= 0)
    v6 ? set(IPPROTO_IPV6, IPV6_TCLASS, options.type_of_service) : set(IPPROTO_IP, IP_TOS, options.type_of_service);
  if (options.free_bind) v6 ? set(IPPROTO_IPV6, IPV6_FREEBIND, 1) : set(IPPROTO_IP, IP_FREEBIND, 1);
  if (datagrams && !v6) set(IPPROTO_IP, IP_MTU_DISCOVER, options.dont_fragment ? IP_PMTUDISC_DO : IP_PMTUDISC_DONT);
}

}  // namespace strowger::net
