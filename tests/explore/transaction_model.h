// What a stateful proxy's transaction has to do, written from RFC 3261 §16.7, §17, §9 and RFC 6026 and from what Kamailio 5.6.3
// was seen to do (docs/language/differences.md, tm's reference), not from stdlib/tm: a value with a clock, events in,
// messages out. explore_test.cpp compares the two.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

namespace strowger::explore {

/// What happens to the proxy. `branch` counts from 0.
struct Event {
  enum Kind : std::uint8_t {
    Timer,          ///< time passes until the next timer of the model
    Again,          ///< the caller repeats its request
    Cancel,         ///< the caller's CANCEL
    Ack,            ///< the caller's ACK to a failure
    AckSuccess,     ///< the caller's ACK to a 2xx, to the first branch's address
    Reply,          ///< `branch` answers `status`
    CancelReply,    ///< `branch` answers 200 to CANCEL
    Unreachable,    ///< what was sent to `branch` could not be sent
  } kind;
  std::uint8_t branch = 0;
  std::int16_t status = 0;
};
std::string describe(const Event& event);

/// "up 180 b0", "up 408 -" (made here), "up 200 CANCEL", "b1 INVITE", "b0 ACK".
using Output = std::multiset<std::string>;

struct Setup {
  bool invite = true;
  bool reliable_up = false, reliable_down = false;
  int branches = 1;
  std::vector<std::int16_t> statuses;    ///< what branches answer
};

class TransactionModel {
 public:
  /// The request came and was relayed to all branches at once.
  TransactionModel(const Setup& setup, Output& out);

  bool gone() const { return server_ == Server::Gone; }
  std::vector<Event> possible() const;
  /// How long until the next timer.
  std::int64_t next_timer() const;
  Output apply(const Event& event);
  /// Equal keys: no difference can be seen from here on.
  std::string key() const;
  /// Final replies sent to the caller that are no repetition.
  int failures_sent = 0, successes_sent = 0;

 private:
  enum class Server : std::uint8_t { Proceeding, Completed, Confirmed, Accepted, Gone };
  struct Branch {
    enum class Phase : std::uint8_t { Calling, Proceeding, Done } phase = Phase::Calling;
    std::int64_t repeat = -1, limit = -1, cancel_repeat = -1, cancel_limit = -1;
    std::int32_t interval = 0, cancel_interval = 0;
    bool canceling = false, cancel_sent = false, faked = false, timed_out = false, answered = false;
    std::int16_t final = 0;
  };
  void reply(Output& out, std::size_t at, int status);
  void provisional(Output& out, std::size_t at, int status);
  void fire(Output& out);
  void send_cancel(Output& out, std::size_t at);
  void want_cancel(Output& out, std::size_t except);
  void end(Output& out, std::size_t at, int status, bool faked);
  void time_out(Output& out, std::size_t at);
  void conclude(Output& out);
  void up(Output& out, const std::string& text, int status);
  bool pending() const;
  void arm_limit(Branch& branch, std::int64_t after);
  std::vector<std::int64_t> timers() const;

  Setup setup_;
  std::int64_t now_ = 0, expires_, end_ = -1, repeat_ = -1;
  std::int32_t interval_ = 0;
  Server server_ = Server::Proceeding;
  bool canceled_ = false;
  std::string last_;
  std::vector<Branch> branches_;
};

}  // namespace strowger::explore
