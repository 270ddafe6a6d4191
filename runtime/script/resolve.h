// Host names that need no DNS: those of the hosts file.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runtime/sip/address.h"

namespace strowger {

/// A name of the hosts file, in lower case; names may occur several times (IPv4 and IPv6).
struct HostName {
  std::string name;
  sip::Address address;
};

/// The lines "address name..." of a hosts file's text; comments and lines that are not such are skipped.
std::vector<HostName> parse_hosts(std::string_view text);
/// The file's names; none when it cannot be read.
std::vector<HostName> read_hosts(const char* path);

}  // namespace strowger
