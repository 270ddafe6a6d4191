// main() of what `strowger test` builds: plays one scenario against the script that is linked in, and tells how it went.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   PLAYER SCENARIO [SEED]
//
// Standard output, a line each: `failed LINE` and `| words` below it, `> a line of the ladder`, `covered INDEX`
// for every statement that ran, and `played` at the end (without it, the proxy crashed).
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "runtime/sim/player.h"

namespace {

void print_lines(const char* prefix, const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) std::printf("%s%s\n", prefix, line.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  using namespace strowger;
  if (argc < 2) return 64;
  const rlimit minute{60, 60};
  if (setrlimit(RLIMIT_CPU, &minute) != 0) std::perror("setrlimit");   // then nothing ends a script that loops
  std::ifstream file(argv[1], std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  const sim::Scenario scenario = sim::parse_scenario(text.str());
  if (!file || !scenario.faults.empty()) return 65;   // the driver has read it before
  sim::Player player(scenario, stw_script, argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1);
  if (const auto failure = player.play()) {
    std::printf("failed %u\n", failure->line);
    print_lines("| ", failure->words);
  }
  print_lines("> ", player.world().ladder());
  const Coverage& coverage = stw_script.coverage;
  for (std::uint64_t i = 0; i < coverage.count; ++i)
    if (coverage.ran[i] != 0) std::printf("covered %llu\n", static_cast<unsigned long long>(i));
  std::printf("played\n");
  return std::fflush(stdout) == 0 ? 0 : 74;
}
