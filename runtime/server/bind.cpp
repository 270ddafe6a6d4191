// Binding, and words for why it did not work.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/server/bind.h"

#include <cerrno>
#include <cstring>

#include "runtime/net/stream_transport.h"
#include "runtime/server/options.h"

namespace strowger::server {
namespace {

net::Descriptor open_one(const Listen& listen, bool shared, const net::StreamLimits& streams) {
  return listen.protocol == sip::Protocol::Udp ? net::open_udp(listen.address, shared, streams.ip)
                                               : net::open_listener(listen.address, shared, streams);
}

BindFault describe(const Listen& listen, int error) {
  BindFault fault;
  fault.text = "cannot listen on " + listen.text() + ": ";
  fault.exit_code = kExitUnavailable;
  const std::string port = std::to_string(listen.address.port);
  switch (error) {
    case EADDRINUSE:
      fault.text += "the address is in use; end the process that has it (ss -" +
                    std::string(listen.protocol == sip::Protocol::Udp ? "u" : "t") + "lpn 'sport = :" + port +
                    "' shows it) or choose another with --listen";
      break;
    case EADDRNOTAVAIL:
      fault.text += "this machine does not have the address; correct it in the script or give another with --listen";
      fault.exit_code = kExitConfig;
      break;
    case EACCES:
    case EPERM:
      fault.text += "not permitted; ports below 1024 need root or CAP_NET_BIND_SERVICE";
      fault.exit_code = kExitNoPermission;
      break;
    default: fault.text += std::strerror(error);
  }
  return fault;
}

}  // namespace

std::optional<std::vector<BoundListen>> bind_all(const std::vector<Listen>& listens, int workers,
                                                 const net::StreamLimits& streams, BindFault& fault) {
  std::vector<BoundListen> all;
  for (const Listen& listen : listens) {
    BoundListen bound;
    bound.listen = listen;
    // The first socket is bound alone, so that a second proxy on the address is noticed: SO_REUSEPORT would let it in and
    // share the traffic. Where workers share the address, it is opened again for sharing.
    bound.descriptors.push_back(open_one(bound.listen, false, streams));
    if (!bound.descriptors[0]) {
      fault = describe(bound.listen, errno);
      return std::nullopt;
    }
    bound.listen.address.port = net::bound_address(bound.descriptors[0].get()).port;
    const bool reused = streams.reuse_port && listen.protocol != sip::Protocol::Udp;
    if (workers > 1 || reused) {
      bound.descriptors.clear();
      for (int i = 0; i < workers; ++i) {
        bound.descriptors.push_back(open_one(bound.listen, true, streams));
        if (!bound.descriptors.back()) {
          fault = describe(bound.listen, errno);
          return std::nullopt;
        }
      }
    }
    all.push_back(std::move(bound));
  }
  return all;
}

}  // namespace strowger::server
