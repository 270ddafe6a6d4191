// Fuzzes a whole stateful proxy in the simulator: the input is a list of what its neighbours do. Nothing may be left at the end.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "runtime/sim/world.h"
#include "stdlib/tm/table.h"
#include "tests/fuzz/input.h"
#include "tests/sim/scripts.h"
#include "tests/sim/sip_text.h"

using namespace strowger;  // NOLINT: one short program

namespace {

void require(bool good, const char* what, const sim::World& world) {
  if (good) return;
  std::fprintf(stderr, "broken: %s\n%s", what, world.ladder().c_str());
  std::abort();
}

constexpr const char* kMethods[] = {"INVITE", "ACK", "CANCEL", "BYE", "MESSAGE", "OPTIONS", "PRACK", "invite"};
constexpr int kStatuses[] = {100, 180, 183, 199, 200, 202, 299, 302, 401, 407, 404, 408, 486, 487, 500, 503, 600, 603, 699, 0, 99, 700};

std::string request(Input& input) {
  const std::string method = kMethods[input.below(8)], number = std::to_string(input.below(4));
  std::string text = method + " sip:" + (input.below(8) ? "callee@192.0.2.1" : "x@192.0.2.20:5060;transport=tcp") + " SIP/2.0\r\n";
  const std::uint32_t vias = input.below(8) == 0 ? input.below(3) : 1;
  for (std::uint32_t i = 0; i < vias; ++i) text += "Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-" + number + (input.below(6) ? "" : ";rport") + "\r\n";
  if (input.below(8) == 0) text += "Via: SIP/2.0/UDP 192.0.2.10;branch=" + number + "\r\n";   // RFC 2543
  if (input.below(4) == 0) text += "Route: <sip:192.0.2.1;lr>, <sip:192.0.2.22;lr>\r\n";
  if (input.below(6) == 0) text += "Record-Route: <sip:192.0.2.99;lr>\r\n";
  text += "From: <sip:a@x>;tag=a\r\nTo: <sip:b@x>" + std::string(input.below(3) ? "" : ";tag=b") + "\r\nCall-ID: c" + number +
          "\r\nCSeq: " + (input.below(8) ? "1 " : "2 ") + method + "\r\nMax-Forwards: 70\r\n";
  const std::string body = input.below(4) ? "" : input.bytes(100);
  return text + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, data + size};
  std::size_t script_count = 0;
  const simtest::Script* const scripts = simtest::scripts(script_count);
  ScriptImage image;
  simtest::fill_image(image, scripts[input.below(static_cast<std::uint32_t>(script_count))]);
  sim::World world(1 + input.byte());
  sim::Proxy& proxy = world.add_proxy(image, "192.0.2.1:5060 tcp:192.0.2.1:5060");
  std::vector<sim::Agent*> agents{&world.add_agent("a0", "192.0.2.10:5060"), &world.add_agent("a1", "tcp:192.0.2.11:5060")};
  for (const char* callee : {"192.0.2.20:5060", "192.0.2.21:5060", "192.0.2.22:5060", "192.0.2.23:5060"}) agents.push_back(&world.add_agent("b", callee));
  std::vector<std::pair<sim::Agent*, sim::Received>> got;
  for (auto* agent : agents)
    agent->on_message = [&got, agent](const sim::Received& message) {
      if (got.size() < 64) got.emplace_back(agent, message);
      return true;
    };
  if (!world.start()) std::abort();
  Worker& worker = proxy.worker();
  const std::size_t chunks = worker.pool.chunks_in_use();
  for (int step = 0; step < 60 && !input.empty(); ++step) {
    switch (input.below(9)) {
      case 0:
      case 1: agents[input.below(2)]->send(request(input)); break;
      case 2:
      case 3: {   // somebody answers what it got
        if (got.empty()) break;
        const auto [agent, message] = got[input.below(static_cast<std::uint32_t>(got.size()))];
        const int status = kStatuses[input.below(std::size(kStatuses))];
        agent->reply(message, status, "Reason", input.below(4) ? "b" : "c", input.below(6) ? "" : "Contact: <sip:n@192.0.2.23>\r\n");
        break;
      }
      case 4: {   // something that was on its way comes again, damaged
        const auto& packets = world.network.packets();
        if (packets.empty()) break;
        sim::Packet packet = packets[input.byte() * 4u % packets.size()];
        for (std::uint32_t i = input.below(4); i > 0 && !packet.bytes.empty(); --i)
          packet.bytes[(input.byte() << 3) % packet.bytes.size()] = static_cast<char>(input.byte());
        if (input.below(5) == 0) packet.bytes.resize(packet.bytes.size() / 2);
        world.send(packet.protocol, agents[input.below(6)]->address, proxy.process.sockets[0]->address, 0, packet.bytes);
        break;
      }
      case 5: world.run_for(1 + input.byte() * 4); break;
      case 6: world.run_for(500 * (1 + input.byte())); break;
      case 7: agents[input.below(2)]->send(input.bytes(200)); break;
      case 8:
        worker.pool.set_limit(input.below(2) ? SIZE_MAX : worker.pool.chunks_in_use() + input.below(8));
        world.network.conditions.full = input.below(4) ? 0 : 0.3;
        break;
    }
    world.run_for(5);
  }
  worker.pool.set_limit(SIZE_MAX);
  world.run_for(500000);
  require(strowger::tm::table_of(worker).size() == 0, "a transaction is left", world);
  require(worker.timers.armed() == 0, "a timer is left", world);
  require(worker.scripts.waiting() == 0, "a script is left", world);
  require(worker.pool.chunks_in_use() == chunks, "memory is left", world);
  return 0;
}
