// Scripts that wait. A worker enters script code through Scripts::enter(); a function that needs an answer which is not there
// yet takes a ticket, hands it to whoever will have the answer, and calls wait(): the script's frames leave the stack, the
// worker does other things, and wait() returns when somebody answered the ticket or the time is over. Sans-I/O: time is the
// worker's, answers come through answer() or post(). What must hold for code that may run in a waiting script's frames stands
// in docs/internals/waiting.md.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "runtime/script/script_stack.h"
#include "runtime/script/timer_wheel.h"

namespace strowger {

struct Call;
struct LiveMessage;

/// Names one wait of one worker; false when there is none. Used once.
struct Ticket {
  std::uint32_t slot = 0, number = 0;
  explicit operator bool() const { return number != 0; }
};

/// How a wait ended.
enum class Waited : std::uint8_t {
  Answered,
  TimedOut,
  Refused,     ///< it could not wait at all: too many wait, or the proxy ends
};

/// A route that runs: links of a chain from the innermost outwards, on the script's stack.
struct RunningRoute {
  Call* call;
  RunningRoute* outer;
};

/// Script-visible state that a worker keeps outside of calls ($var, iterators). A script that waits takes its own along.
struct RunState {
  void* (*leave)(Worker&) = nullptr;          ///< the state of the script that begins to wait; null: there is none
  void (*enter)(Worker&, void*) = nullptr;    ///< gives it back (null: none) when the script goes on, and frees what leave() made
};

class Scripts {
 public:
  static constexpr std::size_t kMaxWaiting = 131072;   ///< per worker; more are refused
  static constexpr std::size_t kMaxRunStates = 16;

  explicit Scripts(Worker& worker) : worker_(worker) {}
  Scripts(const Scripts&) = delete;
  Scripts& operator=(const Scripts&) = delete;
  bool good() const { return stack_.good(); }

  /// Runs what may run script code; at once when script code runs already. `argument` is valid until the first wait.
  void enter(ScriptStack::Job job, void* argument) {
    if (stack_.busy()) return job(argument);
    run(job, argument);
  }
  /// `job` is moved to where it stays valid.
  template <class F>
  void enter(F job) {
    enter([](void* argument) {
      F own = std::move(*static_cast<F*>(argument));
      own();
    }, &job);
  }

  /// For the running script's next wait(). Every ticket must be waited for, soon.
  Ticket ticket();
  /// Waits until the ticket is answered, `longest` milliseconds at most (0: just looks). An answer that is there already does
  /// not park the script. Only what lies in arenas, on the heap or in frames of this script may be touched afterwards.
  Waited wait(Ticket ticket, Millis longest, std::int64_t* answer = nullptr);
  /// wait() that nobody answers. False when it was refused.
  bool sleep(Millis duration) { return wait(ticket(), duration) == Waited::TimedOut; }
  /// In this worker's thread. The script goes on at the latest when the worker is done with what it does now. False when
  /// nobody waits (any more).
  bool answer(Ticket ticket, std::int64_t value = 0);
  /// answer() from any thread.
  void post(Ticket ticket, std::int64_t value = 0);
  /// From any thread: the worker runs the job when it is done with what it does now. Jobs may wait.
  void post_job(std::function<void()> job);
  bool has_posted() const { return has_posted_.load(std::memory_order_acquire); }
  void take_posted();
  /// Called by post() and post_job(), from any thread, so that the worker's loop calls Worker::advance(); set by the shell.
  std::function<void()> wake;

  /// May wait() wait here?
  bool may_wait() const { return stack_.busy() && !ended_ && must_go_on_ == 0; }
  /// While it lives no script waits: it runs in the middle of something, such as the sending of a message.
  struct NoWaits {
    explicit NoWaits(Scripts& scripts) : scripts_(scripts) { ++scripts_.must_go_on_; }
    ~NoWaits() { --scripts_.must_go_on_; }
    NoWaits(const NoWaits&) = delete;
    NoWaits& operator=(const NoWaits&) = delete;

   private:
    Scripts& scripts_;
  };
  std::size_t waiting() const { return waiting_; }
  /// Bytes of the frames of all waiting scripts.
  std::size_t frame_bytes() const { return frame_bytes_; }
  /// Ends all waits as refused, and those that come later.
  void end();

  /// Is it a repetition of a request whose script waits and has made no transaction?
  bool is_repetition(LiveMessage& live) const { return !requests_.empty() && is_waiting(live); }

  /// In a module's worker_start().
  void add_run_state(RunState state);
  std::uint64_t next_run() { return ++runs_; }
  RunningRoute* running = nullptr;     ///< innermost route that runs

  std::uint64_t parked = 0, refused = 0, absorbed = 0;   ///< counted

 private:
  struct WaitTimer : Timer {
    Scripts* owner = nullptr;
    std::uint32_t slot = 0;
  };
  struct Wait {
    WaitTimer timer;
    ScriptStack::Frames frames;
    std::int64_t value = 0;
    std::uint32_t number = 0;
    enum class State : std::uint8_t { Free, Open, Parked, Ended } state = State::Free;
    Waited result = Waited::Answered;
  };
  void run(ScriptStack::Job job, void* argument);
  void after_switch(bool ended);
  bool make_room();
  bool is_waiting(LiveMessage& live) const;
  void go_on();
  void end_wait(std::uint32_t slot, Waited result, std::int64_t value);
  void park(std::uint32_t slot);
  void release(std::uint32_t slot);
  Wait* find(Ticket ticket);

  Worker& worker_;
  ScriptStack stack_;
  std::deque<Wait> waits_;             ///< addresses stay
  std::vector<std::uint32_t> free_;
  std::deque<std::uint32_t> ready_;    ///< slots of ended waits whose scripts are to go on
  std::uint32_t parking_ = 0;          ///< slot of the wait that has just left the stack
  std::uint32_t next_number_ = 0;
  std::size_t waiting_ = 0, frame_bytes_ = 0;
  std::uint64_t runs_ = 0;
  bool going_on_ = false, ended_ = false;
  int must_go_on_ = 0;
  RunState states_[kMaxRunStates];
  std::size_t state_count_ = 0;
  std::unordered_set<std::string_view> requests_;   ///< keys of waiting requests without a transaction, in their arenas
  std::mutex post_mutex_;
  std::vector<std::function<void()>> posted_;
  std::atomic<bool> has_posted_{false};
};

}  // namespace strowger
