// Whole proxies over many seeds. STROWGER_SEEDS=100000 runs more of them, STROWGER_SEED=17 one with its ladder.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>

#include "tests/sim/run_seed.h"

namespace strowger::simtest {
namespace {

std::uint64_t environment(const char* name, std::uint64_t usual) {
  const char* const given = std::getenv(name);
  return given && *given ? std::strtoull(given, nullptr, 10) : usual;
}

void run_seeds(const char* what, Links links, std::uint64_t usual) {
  const std::uint64_t one = environment("STROWGER_SEED", 0);
  const std::uint64_t first = one ? one : environment("STROWGER_FIRST_SEED", 1), count = one ? 1 : environment("STROWGER_SEEDS", usual);
  std::size_t packets = 0, calls = 0, bad = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (std::uint64_t seed = first; seed < first + count && bad < 3; ++seed) {
    const Outcome outcome = run_seed(seed, links, one != 0);
    packets += outcome.packets;
    calls += outcome.calls;
    if (one) std::printf("%s\n%s", outcome.description.c_str(), outcome.ladder.c_str());
    if (outcome.broken.empty()) continue;
    ++bad;
    std::string text;
    for (const std::string& line : outcome.broken) text += "  " + line + "\n";
    ADD_FAILURE() << what << ": seed " << seed << " (" << outcome.description << ")\n" << text << (one ? "" : outcome.ladder);
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  std::printf("%s: %llu seeds from %llu, %zu calls, %zu packets, %zu seeds with broken invariants, %.0f seeds a second\n", what,
              static_cast<unsigned long long>(count), static_cast<unsigned long long>(first), calls, packets, bad,
              static_cast<double>(count) / seconds);
}

// What broke an invariant once.
TEST(Simulation, SeedsOfOldFaults) {
  for (const std::uint64_t seed : {3051724,    // a caller behind a partition repeats its INVITE until it is forgotten, and cancels what begins then
                                   4027690}) { // a 2xx whose route waits, and a failure of another branch, both due after a sleep
    const Outcome outcome = run_seed(seed, Links::Datagrams, true);
    EXPECT_TRUE(outcome.broken.empty()) << outcome.broken.front() << '\n' << outcome.ladder;
  }
}

TEST(Simulation, Datagrams) { run_seeds("datagrams", Links::Datagrams, 2000); }
TEST(Simulation, StreamsAndFaults) { run_seeds("streams and faults", Links::Streams, 1000); }

}  // namespace
}  // namespace strowger::simtest
