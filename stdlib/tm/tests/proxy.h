// For tests: a proxy with tm in the simulated world; its routes are functions of the test.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "runtime/sim/world.h"
#include "stdlib/tm/table.h"
#include "tm.interface.h"

namespace strowger::tm {

inline ModuleImage tm_module() {
  ModuleImage module;
  module.name = "tm";
  module.start = Tm::start;
  module.worker_start = Tm::worker_start;
  module.reply_in = Tm::reply_in;
  module.script_end = Tm::script_end;
  return module;
}

class ProxyTest : public testing::Test {
 protected:
  /// Call first; `image` may be filled before.
  void start(RouteFunction request_route, std::uint64_t seed = 1, std::string_view listen = "192.0.2.1:5060 tcp:192.0.2.1:5060") {
    module = tm_module();
    image.modules = &module;
    image.module_count = 1;
    image.request_route = request_route;
    image.toolchain_version = "test";
    world = std::make_unique<sim::World>(seed);
    world->on_failure = [](const std::string& text) { ADD_FAILURE() << text; };
    proxy = &world->add_proxy(image, listen);
    alice = &world->add_agent("alice", "192.0.2.10:5060");
    bob = &world->add_agent("bob", "192.0.2.20:5060");
    carol = &world->add_agent("carol", "192.0.2.30:5060");
    dave = &world->add_agent("dave", "192.0.2.40:5060");
    ASSERT_TRUE(world->start()) << world->log_text();
    chunks_before = proxy->worker().pool.chunks_in_use();
  }
  void TearDown() override {
    if (HasFailure() && world) std::fprintf(stderr, "%s%s", world->ladder().c_str(), world->log_text().c_str());
  }
  Table& table() { return table_of(proxy->worker()); }

  static sim::RequestParts parts(int n) {
    sim::RequestParts p;
    p.call_id = "call-" + std::to_string(n);
    p.branch = "z9hG4bK-a-" + std::to_string(n);
    p.from = "<sip:alice@example.org>;tag=a" + std::to_string(n);
    return p;
  }
  std::string invite(std::string_view uri = "sip:bob@192.0.2.20", int n = 1) const { return alice->make_request("INVITE", uri, parts(n)); }
  /// The ACK to a failure: same Via branch.
  std::string ack_failure(std::string_view uri = "sip:bob@192.0.2.20", int n = 1, std::string to_tag = "b1") const {
    auto p = parts(n);
    p.to += ";tag=" + to_tag;
    return alice->make_request("ACK", uri, p);
  }
  std::string cancel(std::string_view uri = "sip:bob@192.0.2.20", int n = 1, std::string headers = "") const {
    auto p = parts(n);
    p.headers = std::move(headers);
    return alice->make_request("CANCEL", uri, p);
  }
  int sent_to(const sim::Agent& agent, std::string_view what) const {
    int count = 0;
    for (const sim::Packet& packet : world->network.packets())
      if (packet.to == agent.address && packet.bytes.starts_with(what) && packet.fate != sim::Packet::Fate::Duplicate) ++count;
    return count;
  }
  /// Runs until every transaction must have ended; nothing may be left.
  void expect_empty_afterwards() {
    world->run_for(400000);
    EXPECT_EQ(table().size(), 0u);
    EXPECT_EQ(proxy->worker().pool.chunks_in_use(), chunks_before);
    EXPECT_EQ(proxy->worker().timers.armed(), 0u);
  }

  ModuleImage module;
  ScriptImage image;
  std::unique_ptr<sim::World> world;
  sim::Proxy* proxy = nullptr;
  sim::Agent *alice = nullptr, *bob = nullptr, *carol = nullptr, *dave = nullptr;
  std::size_t chunks_before = 0;
};

}  // namespace strowger::tm
