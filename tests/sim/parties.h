// Callers and callees of the simulation: user agents as RFC 3261 wants them, with choices by chance.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "runtime/sim/random.h"
#include "runtime/sim/world.h"
#include "tests/sim/sip_text.h"

namespace strowger::simtest {

/// A request of a caller with its retransmissions (timers A, E) and its end (timers B, F).
class ClientRequest {
 public:
  ClientRequest(sim::World& world, sim::Agent& agent, std::string text, bool invite);
  ~ClientRequest() { *alive_ = false; }
  void stop() { running_ = false; }

 private:
  void again(Millis interval);
  sim::World& world_;
  sim::Agent& agent_;
  std::string text_;
  bool invite_, running_ = true;
  Millis end_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

/// One call (or another request) of a caller.
class Caller {
 public:
  Caller(sim::World& world, sim::Agent& agent, sim::Random& random, int number, std::string target);
  void begin();
  void got(const sim::Received& message, const SipText& text);
  std::string call_id() const { return "call-" + std::to_string(number_); }

 private:
  std::string request(std::string_view method, std::string_view uri, int cseq, const std::string& branch, std::string_view to_tag,
                      std::string_view routes) const;
  void cancel();
  void acknowledge(const SipText& reply, bool then_bye);
  sim::World& world_;
  sim::Agent& agent_;
  sim::Random& random_;
  int number_;
  std::string target_, method_;
  bool cancels_ = false, rude_ = false, hangs_up_ = true;
  bool provisional_ = false, final_ = false, cancel_wanted_ = false;
  std::unique_ptr<ClientRequest> invite_, cancel_;
  std::map<std::string, std::unique_ptr<ClientRequest>, std::less<>> byes_;   // by To tag
  int requests_ = 1;
};

/// All that is sent to one callee.
class Callee {
 public:
  Callee(sim::World& world, sim::Agent& agent, sim::Random& random);
  bool got(const sim::Received& message);

 private:
  struct Server {
    sim::Received request;
    std::string tag, last;
    int status = 0;
    bool acknowledged = false, twice = false, ignores_cancel = false;
  };
  void answer(Server& server, int status);
  void repeat(const std::string& key, Millis interval, Millis end);
  void plan_invite(const std::string& key, Server& server);
  Server* find(const std::string& key);
  sim::World& world_;
  sim::Agent& agent_;
  sim::Random& random_;
  std::map<std::string, Server, std::less<>> servers_;   // by Via branch and method
  int tags_ = 0;
};

}  // namespace strowger::simtest
