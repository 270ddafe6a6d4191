// The virtual network: datagrams on their way, with latency, loss, duplication and reordering from a seed.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/script/timer_wheel.h"
#include "runtime/sim/random.h"
#include "runtime/sip/address.h"

namespace strowger::sim {

/// How a path treats datagrams. Messages of streams keep their order and are neither lost nor doubled.
struct Conditions {
  Millis latency = 1;         ///< every datagram takes this long
  Millis jitter = 0;          ///< plus 0..jitter: more than the distance between two datagrams reorders them
  double loss = 0;            ///< probability
  double duplicate = 0;       ///< probability
};

/// One message between two addresses, as it was recorded.
struct Packet {
  Millis sent = 0;
  Millis arrives = 0;
  sip::Protocol protocol = sip::Protocol::Udp;
  sip::Address from, to;
  std::uint32_t connection = 0;      ///< streams: the same number in both directions; 0 for datagrams
  std::uint64_t cookie = 0;          ///< a proxy's mark: whom to tell when it cannot be sent (streams)
  std::uint32_t worker = 0;          ///< of that proxy
  std::string bytes;
  enum class Fate : std::uint8_t { Travelling, Delivered, Lost, Duplicate, Unreachable } fate = Fate::Travelling;
};

/// Carries packets; knows no nodes. Simultaneous arrivals come in the order of sending.
class Network {
 public:
  explicit Network(std::uint64_t seed) : random_(seed) {}

  Conditions conditions;             ///< of paths that have none of their own
  /// From this address to that one (not back).
  void set_conditions(const sip::Address& from, const sip::Address& to, const Conditions& conditions);

  void send(Millis now, Packet packet);
  /// When the next packet arrives, if one is on its way.
  std::optional<Millis> next_arrival() const;
  /// The index in packets() of the next one that arrives at `now` or before.
  std::optional<std::size_t> take(Millis now);
  /// Everything that was sent, in order.
  const std::vector<Packet>& packets() const { return packets_; }
  void mark(std::size_t index, Packet::Fate fate) { packets_[index].fate = fate; }

 private:
  const Conditions& path(const sip::Address& from, const sip::Address& to) const;
  void schedule(Packet packet);

  Random random_;
  std::vector<Packet> packets_;
  std::map<std::pair<Millis, std::size_t>, std::size_t> arrivals_;    ///< (when, order) -> index
  std::vector<std::pair<std::pair<sip::Address, sip::Address>, Conditions>> paths_;
  std::map<std::uint32_t, Millis> last_of_connection_;
};

}  // namespace strowger::sim
