// Waiting: leaving the stack, being answered, going on.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/park.h"

#include "runtime/script/call.h"
#include "runtime/script/request_key.h"
#include "runtime/script/worker.h"

namespace strowger {

// ---- on the thread's own stack -------------------------------------------------------------------------------------

[[gnu::noinline]] static void free_texts(Worker& worker) { worker.retired_texts.clear(); }

void Scripts::run(ScriptStack::Job job, void* argument) {
  after_switch(stack_.run(job, argument));
  if (!ready_.empty()) [[unlikely]] go_on();
}

void Scripts::after_switch(bool ended) {
  if (!ended) [[unlikely]] ended = make_room();
  if (ended && !worker_.retired_texts.empty()) [[unlikely]] free_texts(worker_);
}

/// A job that has begun to wait: its frames give room to others. True when they could not, and the job has ended meanwhile.
[[gnu::noinline]] bool Scripts::make_room() {
  do {
    Wait& wait = waits_[parking_];
    if (stack_.take(wait.frames)) {
      frame_bytes_ += wait.frames.bytes();
      return false;
    }
    worker_.timers.cancel(wait.timer);
    wait.state = Wait::State::Ended;
    wait.result = Waited::Refused;
  } while (!stack_.stay());
  return true;
}

void Scripts::go_on() {
  if (going_on_ || stack_.busy()) return;
  going_on_ = true;
  while (!ready_.empty()) {
    Wait& wait = waits_[ready_.front()];
    ready_.pop_front();
    frame_bytes_ -= wait.frames.bytes();
    after_switch(stack_.resume(wait.frames));
  }
  going_on_ = false;
}

void Scripts::end() {
  ended_ = true;
  for (std::uint32_t slot = 0; slot < waits_.size(); ++slot)
    if (waits_[slot].state == Wait::State::Parked) end_wait(slot, Waited::Refused, 0);
  go_on();
}

// ---- answers -------------------------------------------------------------------------------------------------------

Scripts::Wait* Scripts::find(Ticket ticket) {
  if (!ticket || ticket.slot >= waits_.size()) return nullptr;
  Wait& wait = waits_[ticket.slot];
  return wait.number == ticket.number && wait.state != Wait::State::Free ? &wait : nullptr;
}

void Scripts::end_wait(std::uint32_t slot, Waited result, std::int64_t value) {
  Wait& wait = waits_[slot];
  worker_.timers.cancel(wait.timer);
  const bool is_parked = wait.state == Wait::State::Parked;
  wait.state = Wait::State::Ended;
  wait.result = result;
  wait.value = value;
  if (is_parked) ready_.push_back(slot);
}

bool Scripts::answer(Ticket ticket, std::int64_t value) {
  const Wait* const wait = find(ticket);
  if (wait == nullptr || wait->state == Wait::State::Ended) return false;
  end_wait(ticket.slot, Waited::Answered, value);
  go_on();
  return true;
}

void Scripts::post(Ticket ticket, std::int64_t value) {
  post_job([this, ticket, value] { answer(ticket, value); });
}

void Scripts::post_job(std::function<void()> job) {
  {
    const std::lock_guard guard(post_mutex_);
    posted_.push_back(std::move(job));
    has_posted_.store(true, std::memory_order_release);
  }
  if (wake) wake();
}

void Scripts::take_posted() {
  std::vector<std::function<void()>> all;
  {
    const std::lock_guard guard(post_mutex_);
    all.swap(posted_);
    has_posted_.store(false, std::memory_order_release);
  }
  for (auto& job : all) enter(std::move(job));
}

// ---- in a script ---------------------------------------------------------------------------------------------------

Ticket Scripts::ticket() {
  if (free_.empty()) {
    waits_.emplace_back();
    free_.push_back(static_cast<std::uint32_t>(waits_.size() - 1));
  }
  const std::uint32_t slot = free_.back();
  free_.pop_back();
  if (++next_number_ == 0) ++next_number_;
  Wait& wait = waits_[slot];
  wait.number = next_number_;
  wait.state = Wait::State::Open;
  wait.timer.slot = slot;
  wait.timer.owner = this;
  wait.timer.fire = [](Worker&, Timer& timer) {
    auto& due = static_cast<WaitTimer&>(timer);
    due.owner->end_wait(due.slot, Waited::TimedOut, 0);
  };
  return {slot, next_number_};
}

void Scripts::release(std::uint32_t slot) {
  Wait& wait = waits_[slot];
  wait.state = Wait::State::Free;
  free_.push_back(slot);
}

Waited Scripts::wait(Ticket ticket, Millis longest, std::int64_t* answer) {
  Wait* const wait = find(ticket);
  if (wait == nullptr) return Waited::Refused;
  if (wait->state == Wait::State::Open) {
    if (longest <= 0) {
      wait->result = Waited::TimedOut;
    } else if (!may_wait() || waiting_ >= kMaxWaiting) {
      ++refused;
      wait->result = Waited::Refused;
    } else {
      worker_.timers.arm(wait->timer, worker_.now.mono + longest);
      park(ticket.slot);
    }
  }
  const Waited result = wait->result;
  if (answer != nullptr) *answer = wait->value;
  release(ticket.slot);
  return result;
}

void Scripts::park(std::uint32_t slot) {
  ++parked;
  ++waiting_;
  waits_[slot].state = Wait::State::Parked;
  // What others may use or free meanwhile.
  void* states[kMaxRunStates];
  for (std::size_t i = 0; i < state_count_; ++i) states[i] = states_[i].leave(worker_);
  RunningRoute* const chain = running;
  running = nullptr;
  const auto hold = worker_.process.services.hold_transaction;
  Call* outermost = nullptr;
  for (RunningRoute* at = chain; at != nullptr; at = at->outer) {
    outermost = at->call;
    if (hold != nullptr && at->call->transaction != nullptr) hold(at->call->transaction, 1);
  }
  std::string_view key;
  if (outermost != nullptr && outermost->transaction == nullptr && outermost->route_kind == kRequestRoute &&
      !outermost->live->made_here)
    key = request_key(*outermost->live, *outermost->arena).view();
  if (!key.empty() && !requests_.insert(key).second) key = {};
  parking_ = slot;

  stack_.wait();

  if (!key.empty()) requests_.erase(key);
  for (RunningRoute* at = chain; at != nullptr; at = at->outer)
    if (hold != nullptr && at->call->transaction != nullptr) hold(at->call->transaction, -1);
  running = chain;
  for (std::size_t i = state_count_; i-- > 0;) states_[i].enter(worker_, states[i]);
  --waiting_;
}

bool Scripts::is_waiting(LiveMessage& live) const {
  sip::Arena scratch(worker_.pool);
  const Text key = request_key(live, scratch);
  return !key.empty() && requests_.contains(key.view());
}

void Scripts::add_run_state(RunState state) {
  if (state_count_ < kMaxRunStates) states_[state_count_++] = state;
}

}  // namespace strowger
