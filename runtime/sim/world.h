// A world in virtual time: one clock, one network, proxies and agents. The same seed gives the same run, to the byte.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   sim::World world(seed);
//   sim::Proxy& proxy = world.add_proxy(image, "192.0.2.1:5060");
//   sim::Agent& alice = world.add_agent("alice", "192.0.2.10:5060");
//   sim::Agent& bob = world.add_agent("bob", "192.0.2.20:5060");
//   ASSERT_TRUE(world.start()) << world.log_text();
//   alice.send(alice.make_request("INVITE", "sip:bob@192.0.2.20:5060"));
//   auto invite = bob.expect("INVITE");
//   ASSERT_TRUE(invite) << world.ladder();
//   bob.reply(invite, 200, "OK");
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/abi/image.h"
#include "runtime/net/stream_framer.h"
#include "runtime/script/process.h"
#include "runtime/script/worker.h"
#include "runtime/sim/agent.h"
#include "runtime/sim/dns.h"
#include "runtime/sim/network.h"

namespace strowger::sim {

struct LogLine {
  Millis at = 0;
  LogLevel level = LogLevel::Info;
  std::string text;
};

/// Keeps log lines for tests to look at.
class MemoryLog final : public LogSink {
 public:
  explicit MemoryLog(const Millis& now) : now_(now) {}
  void write(LogLevel level, std::string_view line) override;
  std::vector<LogLine> lines;

 private:
  const Millis& now_;
};

/// A whole proxy: Process and workers over one script, without sockets or threads.
struct Proxy {
  Proxy(std::string name, const ScriptImage& image, LogSink& log) : name(std::move(name)), process(image, log) {}
  ~Proxy();
  std::string name;
  Process process;
  int worker_count = 1;
  bool started = false;
  std::vector<std::unique_ptr<Worker>> workers;
  Worker& worker(std::size_t index = 0) { return *workers[index]; }
};

class World {
 public:
  explicit World(std::uint64_t seed = 1);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  /// `listen`: "192.0.2.1:5060", "udp:192.0.2.1:5060", "tcp:...", several apart by blanks. Change process.settings
  /// before start().
  Proxy& add_proxy(const ScriptImage& image, std::string_view listen, int workers = 1, std::string_view name = "proxy");
  /// `address`: "192.0.2.10:5060" or "[2001:db8::10]:5060"; "tcp:..." makes the agent send over streams.
  Agent& add_agent(std::string_view name, std::string_view address);
  /// Starts every proxy that is not started yet; false when a module refused (see log).
  bool start();

  Millis now() const { return now_; }
  Clock clock() const { return {now_, kWallStart + now_ * 1000 + wall_step_}; }
  /// The wall clock is set, forwards or backwards; the monotonic one is not.
  void step_wall_clock(std::int64_t microseconds) { wall_step_ += microseconds; }
  /// The machine slept: time passes at once, everything due in it is late.
  void sleep(Millis duration) { now_ += duration; }
  /// Calls `job` when so much time has passed.
  void after(Millis delay, std::function<void()> job) { jobs_.emplace(now_ + delay, std::move(job)); }
  void run_for(Millis duration);
  /// True as soon as `done` holds; false when `limit` passed first.
  bool run_until(const std::function<bool()>& done, Millis limit = 40000);
  /// Wall-clock microseconds at monotonic 0: 2026-01-01 00:00:00 UTC.
  static constexpr std::int64_t kWallStart = 1767225600LL * 1000000;

  Network network;
  VirtualDns dns;
  MemoryLog log;
  bool logs(std::string_view part) const;                ///< has some log line this part?
  std::string log_text() const;

  /// What happened, one line a packet: time, from, to, first line, fate.
  std::string ladder() const;
  /// Records a failure; calls `on_failure` when set (tests: ADD_FAILURE() << text).
  void fail(std::string text);
  std::vector<std::string> failures;
  std::function<void(const std::string&)> on_failure;

  Agent* find_agent(std::string_view name);
  const std::vector<std::unique_ptr<Proxy>>& proxies() const { return proxies_; }
  /// Hands bytes to the network (agents do this).
  void send(sip::Protocol protocol, const sip::Address& from, const sip::Address& to, std::uint32_t connection,
            std::string_view bytes);
  /// Ends a stream connection: what is sent over it later is unreachable.
  void close_connection(std::uint32_t connection);

 private:
  static constexpr std::size_t kLongestMessage = 65535;
  struct Connection {
    sip::Address a, b;
    sip::Protocol protocol = sip::Protocol::Tcp;
    bool open = true, refused = false;
    net::StreamFramer to_a{kLongestMessage, true}, to_b{kLongestMessage, true};
  };
  Millis next_event(Millis limit) const;
  void step(Millis at);
  void deliver(std::size_t index);
  void deliver_stream(std::size_t index);
  void hand_over(const Packet& packet, Text bytes);
  void put_on_network(Packet packet, std::uint32_t connection);
  void report_unreachable(const Packet& packet);
  void deliver_to_proxy(Proxy& proxy, const Socket& socket, const Packet& packet, Text bytes);
  bool is_there(const Packet& packet) const;
  void empty_outbox(Proxy& proxy, Worker& worker);
  std::uint32_t connect(sip::Protocol protocol, const sip::Address& from, const sip::Address& to);
  std::string name_of(const sip::Address& address) const;

  Millis now_ = 1000;
  std::int64_t wall_step_ = 0;
  std::size_t cause_ = 0;                                ///< of what is sent now
  std::multimap<Millis, std::function<void()>> jobs_;
  std::uint64_t seed_;
  std::vector<std::unique_ptr<Proxy>> proxies_;
  std::vector<std::unique_ptr<Agent>> agents_;
  std::vector<Connection> connections_;                  ///< id is index + 1
};

/// "192.0.2.1:5060" or "[2001:db8::1]:5060"; port 5060 when absent.
std::optional<sip::Address> parse_address(std::string_view text);
/// With port.
std::string print_address(const sip::Address& address);

}  // namespace strowger::sim
