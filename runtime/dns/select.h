// Which servers a SIP URI stands for, in which order (RFC 3263 §4, RFC 2782).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/dns/records.h"

namespace strowger::dns {

/// The dns_* parameters that decide what is asked, and what the proxy can send over.
struct Rules {
  bool try_naptr = false;                  ///< dns_try_naptr
  bool try_ipv6 = true;                    ///< dns_try_ipv6
  bool ipv4_only = false, ipv6_only = false, prefer_ipv6 = false;   ///< dns_cache_flags 1, 2, 4
  bool srv_weights = false;                ///< dns_srv_lb: the weights are chances; else heavier ones come first
  bool own_order = true;                   ///< dns_naptr_ignore_rfc: our preferences before the order of NAPTR records
  bool failover = false;                   ///< use_dns_failover: more than one target is wanted
  std::array<int, 7> preference = {0, 30, 20, 10, 20, 0, 0};   ///< by Protocol; higher first, negative: never
  std::array<bool, 7> has4 = {}, has6 = {};    ///< by Protocol: is there a socket of the family?
  bool has(sip::Protocol protocol) const { return has4[static_cast<std::size_t>(protocol)] || has6[static_cast<std::size_t>(protocol)]; }
};

/// What a selection asks. answers may take time: the caller waits inside.
class Lookup {
 public:
  virtual ~Lookup() = default;
  /// Never null; Failed where nobody could be asked.
  virtual SharedAnswer find(std::string_view name, Type type) = 0;
  virtual std::uint64_t random() = 0;
};

/// What is to be reached. `host` is no IP address.
struct Wanted {
  std::string host;
  std::uint16_t port = 0;                          ///< 0: not said
  sip::Protocol protocol = sip::Protocol::Any;     ///< Any: not said
  bool secure = false;                             ///< a sips URI
};

struct Target {
  sip::Address address;                            ///< with port
  sip::Protocol protocol = sip::Protocol::Udp;
};

/// The targets of one request, tried one after the other; names of SRV records are looked up when their turn comes.
class Targets {
 public:
  static constexpr std::size_t kMost = 16;         ///< servers and addresses that are ever tried

  /// Asks for NAPTR and SRV records as the rules say.
  Targets(const Rules& rules, Lookup& lookup, const Wanted& wanted);
  /// The next one; nothing when there are no more.
  std::optional<Target> next(const Rules& rules, Lookup& lookup);
  /// May next() give something?
  bool more() const { return at_ < servers_.size() || next_address_ < addresses_.size(); }

 private:
  struct Server { std::string name; std::uint16_t port; sip::Protocol protocol; };
  void add_srv(const Rules& rules, Lookup& lookup, const std::string& name, sip::Protocol protocol);
  void add_naptr(const Rules& rules, Lookup& lookup, const Wanted& wanted);
  void add(std::string name, std::uint16_t port, sip::Protocol protocol);

  std::vector<Server> servers_;
  std::size_t at_ = 0;
  std::vector<Target> addresses_;                  ///< of the server that was looked up last
  std::size_t next_address_ = 0, given_ = 0;
};

/// 5060, or 5061 over TLS.
std::uint16_t default_port(sip::Protocol protocol);
/// Servers of one SRV answer in the order to try them (RFC 2782): by priority; within one by weight, as chances or heaviest first.
std::vector<const Record*> order_of(const Answer& srv, bool weights, Lookup& lookup);

}  // namespace strowger::dns
