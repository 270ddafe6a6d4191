// $HN: what this host is called.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <netdb.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "ipops.interface.h"
#include "runtime/script/call.h"

namespace strowger {
namespace {

struct HostNames {
  std::string name, full, domain, address;
};

/// Asked once, before the first message: the system's resolver may take its time.
HostNames read() {
  HostNames names;
  char buffer[256] = {};
  if (::gethostname(buffer, sizeof buffer - 1) != 0) return names;
  names.full = buffer;
  addrinfo hints{}, *found = nullptr;
  hints.ai_family = AF_INET;
  hints.ai_socktype = SOCK_DGRAM;
  hints.ai_flags = AI_CANONNAME;
  if (::getaddrinfo(buffer, nullptr, &hints, &found) == 0) {
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
    if (found->ai_canonname) names.full = found->ai_canonname;
    if (::getnameinfo(found->ai_addr, found->ai_addrlen, buffer, sizeof buffer, nullptr, 0, NI_NUMERICHOST) == 0) names.address = buffer;
  }
  const std::size_t dot = names.full.find('.');
  names.name = names.full.substr(0, dot);
  if (dot != std::string::npos) names.domain = names.full.substr(dot + 1);
  return names;
}

}  // namespace

void Ipops::start(Process& process) { process.module_state[slot] = new HostNames(read()); }

void Ipops::stop(Process& process) {
  delete static_cast<HostNames*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

Text Ipops::get_HN(Call& call, Text key) {
  const auto& names = *static_cast<const HostNames*>(call.process().module_state[slot]);
  const std::string* part = key.view() == "n" ? &names.name : key.view() == "f" ? &names.full : key.view() == "d" ? &names.domain
                          : key.view() == "i" ? &names.address : nullptr;
  return part && !part->empty() ? Text(std::string_view(*part)) : Text::null();
}

}  // namespace strowger
