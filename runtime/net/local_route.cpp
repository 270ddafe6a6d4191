// Local addresses by the kernel's routes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/local_route.h"

#include <sys/socket.h>

#include "runtime/net/udp_socket.h"
#include "runtime/script/descriptor.h"

namespace strowger::net {
namespace {

std::size_t hash_ip(const sip::Address& address) {
  std::uint64_t h = address.family;
  for (const auto byte : address.ip) h = (h ^ byte) * 0x100000001b3;
  return static_cast<std::size_t>(h ^ h >> 29);
}

sip::Address ask(const sip::Address& to) {
  const Descriptor fd(::socket(to.family == 6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return {};
  sip::Address there = to;
  there.port = 5060;                     // any will do
  sockaddr_storage storage{};
  const socklen_t length = to_sockaddr(there, storage);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&storage), length) != 0) return {};
  sip::Address local = bound_address(fd.get());
  local.port = 0;
  return local;
}

}  // namespace

std::optional<sip::Address> LocalRoutes::towards(const sip::Address& to, Steady::time_point now) {
  const std::size_t hash = hash_ip(to);
  Set& set = sets_[hash % kSets];
  Entry& entry = set.entries[hash / kSets % kOfSet];
  const auto result = [](const sip::Address& local) { return local.family != 0 ? std::optional(local) : std::nullopt; };
  {
    const std::lock_guard lock(set.mutex);
    if (entry.until > now && entry.to.same_ip(to)) return result(entry.local);
  }
  const sip::Address local = ask(to);
  ++asked_;
  const std::lock_guard lock(set.mutex);
  entry = {to, local, now + kLifetime};
  return result(local);
}

}  // namespace strowger::net
