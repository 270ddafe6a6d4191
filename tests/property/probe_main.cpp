// The other end of runner.cpp: main() of a compiled script that runs its request_route over messages of a file and writes
// what the script logged. No sockets, one worker.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Input:  u32 programs, u32 ids..., u32 messages, (u32 size, bytes)...; "X-Prog: 0000" in a message gets the id.
// Output: for each program, for each message: u32 lines, (u32 size, bytes)...
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "runtime/script/worker.h"

namespace {

using namespace strowger;

class Lines : public LogSink {
 public:
  void write(LogLevel level, std::string_view line) override {
    static constexpr std::string_view kPrefix = "<script>: T";
    if (level == LogLevel::Info && line.starts_with(kPrefix)) lines.emplace_back(line.substr(kPrefix.size() - 1));
  }
  std::vector<std::string> lines;
};

void pass(Worker& worker, Clock& now, Millis time) {
  now.mono += time;
  now.wall_us += time * 1000;
  worker.advance(now);
}

void put(std::uint32_t n) { std::fwrite(&n, sizeof n, 1, stdout); }

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  std::ifstream file(argv[1], std::ios::binary);
  const std::string input((std::istreambuf_iterator<char>(file)), {});
  std::size_t at = 0;
  const auto take = [&] {
    std::uint32_t n = 0;
    std::memcpy(&n, input.data() + at, sizeof n);
    at += sizeof n;
    return n;
  };
  std::vector<std::uint32_t> programs(take());
  for (std::uint32_t& id : programs) id = take();
  std::vector<std::string> messages(take());
  for (std::string& message : messages) {
    const std::uint32_t size = take();
    message = input.substr(at, size);
    at += size;
  }

  Lines log;
  Process process(stw_script, log);
  process.random_seed = 7;
  process.add_socket(sip::Protocol::Udp, {4, 5070, {127, 0, 0, 1}}, Text(), 0, Text());
  if (!process.start()) return 3;
  process.settings.debug = 2;
  Clock now{1000, 1700000000000000};
  auto owned = std::make_unique<Worker>(process, 0, now);
  Worker& worker = *owned;
  process.workers.push_back(&worker);
  worker.start();
  for (const std::uint32_t id : programs) {
    for (const std::string& message : messages) {
      std::string bytes = message;
      const std::size_t place = bytes.find("X-Prog: ");
      char number[16];
      std::snprintf(number, sizeof number, "%04u", id);
      bytes.replace(place + 8, 4, number, 4);
      log.lines.clear();
      Arrival arrival;
      arrival.bytes = Text(std::string_view(bytes));
      arrival.source = {4, 8180, {127, 0, 0, 11}};
      arrival.socket = process.sockets.front().get();
      worker.receive(arrival);
      for (int i = 0; i < 1000 && worker.scripts.waiting() > 0; ++i) pass(worker, now, 1);
      worker.outbox.clear();
      put(static_cast<std::uint32_t>(log.lines.size()));
      for (const std::string& line : log.lines) {
        put(static_cast<std::uint32_t>(line.size()));
        std::fwrite(line.data(), 1, line.size(), stdout);
      }
    }
    std::fflush(stdout);
    for (int i = 0; i < 12; ++i) pass(worker, now, 10'000);   // the transactions of the relays end
    worker.outbox.clear();
  }
  owned.reset();
  process.stop();
  return 0;
}
