// Virtual DNS: names and servers that answer at once, late, wrongly or never. Runs on the workers' timers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   world.dns.address("gw.test", "192.0.2.20");
//   world.dns.server("_sip._udp.gw.test", 10, 50, 5070, "one.gw.test");
//   world.dns.mood("slow.test").delay = 5000;
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/dns/channel.h"
#include "runtime/script/timer_wheel.h"
#include "runtime/sim/random.h"

namespace strowger::sim {

class VirtualDns {
 public:
  explicit VirtualDns(std::uint64_t seed) : random_(seed ^ 0x646e73) {}

  /// How the servers treat questions for a name.
  struct Mood {
    Millis delay = 5;                      ///< of each answer
    double loss = 0;                       ///< chance that a try is lost; there are two, five seconds apart
    bool never = false, fails = false;     ///< no answer at all; an answer that says that the server failed
  };

  /// An A or AAAA record.
  void address(std::string_view name, std::string_view ip, std::uint32_t ttl = 60);
  /// An SRV record.
  void server(std::string_view name, int priority, int weight, int port, std::string_view target, std::uint32_t ttl = 60);
  /// A NAPTR record with flag "s".
  void service(std::string_view name, int order, int preference, std::string_view service, std::string_view replacement, std::uint32_t ttl = 60);
  void remove(std::string_view name);
  /// Of one name, or of all others ("").
  Mood& mood(std::string_view name) { return moods_[std::string(name)]; }

  std::unique_ptr<dns::Channel> channel_for(Worker& worker);
  /// "NAME TYPE" of every question that reached a server, in order.
  std::vector<std::string> asked;

 private:
  class Channel;
  dns::Record& add(std::string_view name, dns::Type type, std::uint32_t ttl);
  dns::Answer answer_to(const std::string& name, dns::Type type) const;
  /// When the answer is there, and whether there is one.
  Millis time_of(const std::string& name, bool& answered);

  std::map<std::pair<std::string, dns::Type>, dns::Answer> answers_;
  std::map<std::string, Mood> moods_;
  Random random_;
};

}  // namespace strowger::sim
