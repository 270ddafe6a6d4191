// Decides when, how often and whether a packet arrives.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sim/network.h"

#include <algorithm>

namespace strowger::sim {

void Network::set_conditions(const sip::Address& from, const sip::Address& to, const Conditions& conditions) {
  const auto key = std::make_pair(from, to);
  for (auto& [path, value] : paths_) {
    if (path == key) {
      value = conditions;
      return;
    }
  }
  paths_.emplace_back(key, conditions);
}

const Conditions& Network::path(const sip::Address& from, const sip::Address& to) const {
  for (const auto& [key, value] : paths_)
    if (key.first == from && key.second == to) return value;
  return conditions;
}

void Network::part(const sip::Address& a, const sip::Address& b, Millis end) { partitions_.push_back({a, b, end}); }

const Network::Partition* Network::partition(Millis now, const sip::Address& from, const sip::Address& to) const {
  const auto is = [](const sip::Address& set, const sip::Address& address) { return set.family == 0 || set == address; };
  for (const Partition& one : partitions_)
    if (now < one.end && ((is(one.a, from) && is(one.b, to)) || (is(one.a, to) && is(one.b, from)))) return &one;
  return nullptr;
}

void Network::schedule(Packet packet) {
  const std::size_t index = packets_.size();
  if (packet.fate != Packet::Fate::Lost) arrivals_.emplace(std::make_pair(packet.arrives, index), index);
  packets_.push_back(std::move(packet));
}

void Network::send(Millis now, Packet packet) {
  const Conditions& path = this->path(packet.from, packet.to);
  const auto jitter = [&] { return static_cast<Millis>(random_.below(static_cast<std::uint32_t>(path.jitter) + 1)); };
  packet.sent = now;
  packet.arrives = now + path.latency + jitter();
  const Partition* const parted = partition(now, packet.from, packet.to);
  if (packet.connection != 0) {
    if (parted) packet.arrives += parted->end - now;
    packet.cut = random_.chance(path.reset);
    Millis& last = last_of_connection_[packet.connection];
    packet.arrives = last = std::max(last, packet.arrives);
    schedule(std::move(packet));
    return;
  }
  const bool lost = random_.chance(path.loss) || parted != nullptr, twice = random_.chance(path.duplicate);
  if (lost) packet.fate = Packet::Fate::Lost;
  if (!lost && twice) {
    Packet copy = packet;
    copy.arrives = now + path.latency + jitter();
    schedule(std::move(packet));
    copy.fate = Packet::Fate::Duplicate;
    schedule(std::move(copy));
    return;
  }
  schedule(std::move(packet));
}

void Network::refuse(Millis now, Packet packet) {
  packet.sent = packet.arrives = now;
  packet.fate = Packet::Fate::Refused;
  packets_.push_back(std::move(packet));
}

std::optional<Millis> Network::next_arrival() const {
  if (arrivals_.empty()) return std::nullopt;
  return arrivals_.begin()->first.first;
}

std::optional<std::size_t> Network::take(Millis now) {
  if (arrivals_.empty() || arrivals_.begin()->first.first > now) return std::nullopt;
  const std::size_t index = arrivals_.begin()->second;
  arrivals_.erase(arrivals_.begin());
  return index;
}

}  // namespace strowger::sim
