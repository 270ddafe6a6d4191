// Which addresses a proxy listens on: from the command line or the script, with names and interfaces resolved.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/script/core_param.h"
#include "runtime/abi/image.h"
#include "runtime/script/resolve.h"
#include "runtime/sip/address.h"

namespace strowger::server {

/// One address to bind.
struct Listen {
  sip::Protocol protocol = sip::Protocol::Udp;
  sip::Address address;
  std::string advertised_host;
  std::uint16_t advertised_port = 0;
  std::string name;
  std::string host_name;                 ///< the name that was resolved, which is ours, too; empty for addresses and interfaces
  std::vector<std::string> other_names;  ///< names of further declarations of the same address

  std::string text() const;              ///< "udp:127.0.0.1:5060"
};

/// An address of this machine and the interface that has it.
struct LocalAddress {
  std::string interface;
  sip::Address address;
};

struct ListenSources {
  std::vector<std::string> options;      ///< --listen; when there are any, the script's are not used
  std::vector<LocalAddress> locals;
  std::vector<HostName> hosts;           ///< /etc/hosts
};

std::vector<LocalAddress> local_addresses();

/// Every address once, in order. Without a protocol both UDP and TCP (unless disable_tcp); without a port the parameter
/// `port` or 5060; an interface stands for its IPv4 addresses (and IPv6 with auto_bind_ipv6), a wildcard for all of its family. Nothing, with a sentence, on a bad one.
std::optional<std::vector<Listen>> resolve_listens(const ScriptImage& image, const ListenSources& sources, std::string& why);

}  // namespace strowger::server
