// For tests: a process with one worker and one UDP socket around a script image made by hand.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <memory>
#include <string>
#include <stdexcept>
#include <vector>

#include "runtime/script/call.h"

namespace strowger {

/// Keeps log lines as "LEVEL: text", without a final LF.
class TestLog : public LogSink {
 public:
  void write(LogLevel level, std::string_view line) override {
    static constexpr std::string_view kNames[] = {"ALERT", "BUG", "CRITICAL", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO", "DEBUG"};
    std::string text(kNames[static_cast<int>(level) + 5]);
    text += ": ";
    text += line;
    if (!text.empty() && text.back() == '\n') text.pop_back();
    lines.push_back(std::move(text));
  }
  std::vector<std::string> lines;
};

/// Fill `image` and `modules`, then start().
class TestWorld {
 public:
  struct Sent {
    std::string bytes;
    sip::Address to;
    const Socket* from;
  };

  ScriptImage image;
  std::vector<ModuleImage> modules;
  TestLog log;
  Clock clock{1000, 1700000000000000};
  std::unique_ptr<Process> process;
  std::unique_ptr<Worker> worker;

  TestWorld() { image.toolchain_version = "test"; }
  ~TestWorld() {
    worker.reset();
    if (process) process->stop();
  }

  void start(int debug = 2, std::uint16_t port = 5070) {
    image.modules = modules.data();
    image.module_count = modules.size();
    process = std::make_unique<Process>(image, log);
    process->settings.debug = debug;
    process->hosts = {{"known.test", {4, 0, {127, 0, 0, 12}}}};
    process->random_seed = 7;
    process->add_socket(sip::Protocol::Udp, {4, port, {127, 0, 0, 1}}, Text(), 0, Text());
    ASSERT_TRUE_(process->start());
    worker = std::make_unique<Worker>(*process, 0, clock);
    process->workers.push_back(worker.get());
    worker->start();
  }

  /// One datagram from 127.0.0.11:5080 (or another port); what was sent because of it.
  std::vector<Sent> receive(std::string_view bytes, std::uint16_t port = 5080) {
    Arrival arrival;
    arrival.bytes = bytes;
    arrival.source = {4, port, {127, 0, 0, 11}};
    arrival.socket = process->sockets.front().get();
    worker->receive(arrival);
    return take();
  }
  std::vector<Sent> take() {
    std::vector<Sent> sent;
    for (const Departure& d : worker->outbox.entries()) sent.push_back({std::string(worker->outbox.bytes(d).view()), d.to, d.from});
    worker->outbox.clear();
    return sent;
  }
  void advance(Millis by) {
    clock.mono += by;
    clock.wall_us += by * 1000;
    worker->advance(clock);
  }

 private:
  static void ASSERT_TRUE_(bool started) {
    if (!started) throw std::runtime_error("the process did not start");
  }
};

/// A request from 127.0.0.11:5080 with the usual headers; `extra` are whole lines.
inline std::string test_request(std::string_view method, std::string_view uri, std::string_view via_params = "",
                                std::string_view extra = "", std::string_view body = "") {
  std::string text;
  text.append(method).append(" ").append(uri).append(" SIP/2.0\r\n");
  text.append("Via: SIP/2.0/UDP 127.0.0.11:5080").append(via_params).append(";branch=z9hG4bK-a1\r\n");
  text.append("Max-Forwards: 70\r\nFrom: <sip:alice@sip.test>;tag=t1\r\nTo: <").append(uri).append(">\r\n");
  text.append("Call-ID: c1@sip.test\r\nCSeq: 1 ").append(method).append("\r\n").append(extra);
  text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n").append(body);
  return text;
}

}  // namespace strowger
