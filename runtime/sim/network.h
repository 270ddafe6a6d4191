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

/// How a path treats what goes over it; probabilities are of one datagram, connection or message of a stream. Messages of
/// streams keep their order and are neither lost nor doubled.
struct Conditions {
  Millis latency = 1;         ///< every datagram takes this long
  Millis jitter = 0;          ///< plus 0..jitter: more than the distance between two datagrams reorders them
  double loss = 0;
  double duplicate = 0;
  double refuse = 0;          ///< a connection is not accepted
  double reset = 0;           ///< a message of a stream arrives in part, and the connection ends there
  double full = 0;            ///< a proxy's send buffer takes no message: its owner is told at once
  bool tear = false;          ///< streams are read byte by byte; else in up to three pieces
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
  /// The packet that was being delivered when this one was sent (index + 1); 0: a timer, or nothing of the network.
  std::size_t cause = 0;
  Millis delivered = -1;             ///< when; -1 not (yet)
  std::size_t sent_before = 0;       ///< how many packets had been sent when it was delivered
  std::size_t delivery = 0;          ///< deliveries are counted from 1
  bool cut = false;                  ///< reset in the middle of it
  enum class Fate : std::uint8_t { Travelling, Delivered, Lost, Duplicate, Unreachable, Refused, Reset } fate = Fate::Travelling;
};

/// Carries packets; knows no nodes. Simultaneous arrivals come in the order of sending.
class Network {
 public:
  explicit Network(std::uint64_t seed) : random_(seed) {}

  Conditions conditions;             ///< of paths that have none of their own
  /// From this address to that one (not back).
  void set_conditions(const sip::Address& from, const sip::Address& to, const Conditions& conditions);

  /// What two addresses (one of them, when the other is empty) send to each other before `end` is lost; streams stand still.
  void part(const sip::Address& a, const sip::Address& b, Millis end);
  const Conditions& path(const sip::Address& from, const sip::Address& to) const;

  void send(Millis now, Packet packet);
  /// When the next packet arrives, if one is on its way.
  std::optional<Millis> next_arrival() const;
  /// The index in packets() of the next one that arrives at `now` or before.
  std::optional<std::size_t> take(Millis now);
  /// Everything that was sent, in order.
  const std::vector<Packet>& packets() const { return packets_; }
  void mark(std::size_t index, Packet::Fate fate) { packets_[index].fate = fate; }
  void arrived(std::size_t index, Millis now) {
    packets_[index].delivered = now;
    packets_[index].sent_before = packets_.size();
    packets_[index].delivery = ++deliveries_;
  }
  /// One that never left.
  void refuse(Millis now, Packet packet);
  Random& random() { return random_; }

 private:
  void schedule(Packet packet);

  Random random_;
  std::size_t deliveries_ = 0;
  std::vector<Packet> packets_;
  std::map<std::pair<Millis, std::size_t>, std::size_t> arrivals_;    ///< (when, order) -> index
  std::vector<std::pair<std::pair<sip::Address, sip::Address>, Conditions>> paths_;
  std::map<std::uint32_t, Millis> last_of_connection_;
  struct Partition {
    sip::Address a, b;
    Millis end;
  };
  std::vector<Partition> partitions_;
  const Partition* partition(Millis now, const sip::Address& from, const sip::Address& to) const;
};

}  // namespace strowger::sim
