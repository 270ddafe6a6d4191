// Makes the world of a seed, runs it, and looks at what is left.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/sim/run_seed.h"

#include <memory>

#include "runtime/sim/world.h"
#include "stdlib/tm/table.h"
#include "tests/sim/invariants.h"
#include "tests/sim/parties.h"
#include "tests/sim/scripts.h"

namespace strowger::simtest {
namespace {

constexpr std::string_view kProxy = "192.0.2.1:5060";

void choose_conditions(sim::Conditions& conditions, sim::Random& random, Links links, std::string& description) {
  conditions.latency = 1 + random.below(20);
  if (random.chance(0.5)) conditions.jitter = random.below(200);
  if (random.chance(0.7)) conditions.loss = random.below(31) / 100.0;
  if (random.chance(0.4)) conditions.duplicate = random.below(16) / 100.0;
  if (links == Links::Streams) {
    conditions.tear = random.chance(0.2);
    if (random.chance(0.3)) conditions.refuse = random.below(30) / 100.0;
    if (random.chance(0.3)) conditions.reset = random.below(15) / 100.0;
    if (random.chance(0.3)) conditions.full = random.below(15) / 100.0;
  }
  char text[160];
  std::snprintf(text, sizeof text, "latency %d+%d loss %.2f duplicate %.2f refuse %.2f reset %.2f full %.2f%s", static_cast<int>(conditions.latency),
                static_cast<int>(conditions.jitter), conditions.loss, conditions.duplicate, conditions.refuse, conditions.reset,
                conditions.full, conditions.tear ? " torn" : "");
  description = text;
}

}  // namespace

Outcome run_seed(std::uint64_t seed, Links links, bool want_ladder) {
  sim::Random random(seed * 2 + (links == Links::Streams ? 1 : 0) + 0x5eed);
  Outcome outcome;
  std::size_t script_count = 0;
  const Script* const all = scripts(script_count);
  const Script& script = all[random.below(static_cast<std::uint32_t>(script_count))];
  ScriptImage image;
  fill_image(image, script);
  sim::World world(seed);
  const int workers = random.chance(0.25) ? 2 : 1;
  sim::Proxy& proxy = world.add_proxy(image, std::string(kProxy) + " tcp:" + std::string(kProxy), workers);
  choose_conditions(world.network.conditions, random, links, outcome.description);
  outcome.description = std::string(script.name) + ", " + outcome.description;

  const bool streams = links == Links::Streams;
  const std::uint32_t caller_count = 1 + random.below(2), callee_count = 4;
  std::vector<sim::Agent*> caller_agents;
  for (std::uint32_t i = 0; i < caller_count; ++i) {
    const bool tcp = streams && random.chance(0.75);
    caller_agents.push_back(&world.add_agent("a" + std::to_string(i), (tcp ? "tcp:192.0.2.1" : "192.0.2.1") + std::to_string(i) + ":5060"));
  }
  std::vector<std::unique_ptr<Callee>> callees;
  for (std::uint32_t i = 0; i < callee_count; ++i) {
    sim::Agent& agent = world.add_agent("b" + std::to_string(i), "192.0.2.2" + std::to_string(i) + ":5060");
    callees.push_back(std::make_unique<Callee>(world, agent, random));
    agent.on_message = [callee = callees.back().get()](const sim::Received& message) { return callee->got(message); };
  }
  if (!world.start()) {
    outcome.broken.push_back("the proxy did not start");
    return outcome;
  }
  std::vector<std::size_t> chunks;
  for (const auto& worker : proxy.workers) chunks.push_back(worker->pool.chunks_in_use());

  const std::uint32_t calls = 1 + random.below(5);
  outcome.calls = calls;
  std::map<std::string, std::unique_ptr<Caller>, std::less<>> callers;
  for (auto* agent : caller_agents)
    agent->on_message = [&callers](const sim::Received& message) {
      const SipText text = read(message.text);
      const auto found = callers.find(text.call_id);
      if (found != callers.end() && text.status != 0) found->second->got(message, text);
      return true;
    };
  for (std::uint32_t i = 0; i < calls; ++i) {
    const bool to_stream = streams && random.chance(0.75);
    const std::string target = std::string("sip:callee@192.0.2.1") + (to_stream ? ";transport=tcp" : "");
    auto caller = std::make_unique<Caller>(world, *caller_agents[random.below(caller_count)], random, static_cast<int>(i), target);
    world.after(random.below(4000), [it = caller.get()] { it->begin(); });
    callers.emplace(caller->call_id(), std::move(caller));
  }

  // What goes wrong meanwhile.
  const sip::Address proxy_address = *sim::parse_address(kProxy);
  if (random.chance(0.2)) {
    const Millis begin = random.below(10000), length = 200 + random.below(12000);
    sim::Agent* const whom = random.chance(0.5) ? caller_agents[0] : world.find_agent("b" + std::to_string(random.below(4)));
    world.after(begin, [&world, whom, proxy_address, length] { world.network.part(whom->address, proxy_address, world.now() + length); });
    outcome.description += ", partition";
  }
  if (random.chance(0.15)) {
    const std::int64_t step = (static_cast<std::int64_t>(random.below(7200)) - 3600) * 1000000;
    world.after(random.below(9000), [&world, step] { world.step_wall_clock(step); });
    outcome.description += ", clock step";
  }
  if (random.chance(0.1)) {
    const Millis length = 100 + random.below(20000);
    world.after(random.below(9000), [&world, length] { world.sleep(length); });
    outcome.description += ", sleep";
  }
  Expectations expectations{&script};
  if (random.chance(0.1)) {
    expectations.memory_ended = true;
    const std::size_t limit = 1 + random.below(12);
    world.after(random.below(8000), [&proxy, limit] {
      for (auto& worker : proxy.workers) worker->pool.set_limit(worker->pool.chunks_in_use() + limit);
    });
    world.after(12000, [&proxy] {
      for (auto& worker : proxy.workers) worker->pool.set_limit(SIZE_MAX);
    });
    outcome.description += ", memory ends";
  }

  world.run_for(10000);
  const auto quiet = [&] {
    for (const auto& worker : proxy.workers)
      if (tm::table_of(*worker).size() != 0 || worker->scripts.waiting() != 0) return false;
    return true;
  };
  world.run_for(40000);
  for (int i = 0; i < 8; ++i) {
    world.run_for(50000);   // every party has given up in the end
    if (quiet() && i >= 2) break;
  }

  outcome.packets = world.network.packets().size();
  outcome.broken = broken_invariants(world, proxy_address, expectations);
  for (std::size_t i = 0; i < proxy.workers.size(); ++i) {
    Worker& worker = *proxy.workers[i];
    const auto left = [&](std::size_t count, const char* what) {
      if (count) outcome.broken.push_back(std::to_string(count) + " " + what + " left in worker " + std::to_string(i));
    };
    left(tm::table_of(worker).size(), "transactions");
    left(worker.timers.armed(), "timers");
    left(worker.scripts.waiting(), "waiting scripts");
    left(worker.pool.chunks_in_use() - chunks[i], "chunks");
  }
  if (want_ladder || !outcome.broken.empty()) outcome.ladder = world.ladder();
  return outcome;
}

}  // namespace strowger::simtest
