// W0805: a socket that listens on every address, or that advertises a private one.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/rule.h"

namespace strowger::lint {
namespace {

bool is_any(const std::string& host) { return host == "0.0.0.0" || host == "::" || host == "*" || host == "any"; }
bool is_private(const std::string& host) {
  if (host.starts_with("10.") || host.starts_with("192.168.") || host.starts_with("127.") || host.starts_with("169.254.")) return true;
  if (!host.starts_with("172.")) return false;
  const int second = std::atoi(host.c_str() + 4);
  return second >= 16 && second <= 31;
}

}  // namespace

LOCAL_RULE(W0805) {
  for (const syntax::SocketSpec& socket : model.program.listens) {
    if (is_any(socket.host) && socket.advertise_host.empty()) findings.add("W0805", socket.span, {"this socket has every address of the host: Via and Record-Route cannot name one that works"});
    if (!socket.advertise_host.empty() && is_private(socket.advertise_host) && !is_private(socket.host))
      findings.add("W0805", socket.span, {"others cannot reach the private address that is advertised"});
  }
}

}  // namespace strowger::lint
