// Work in a thread of its own.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/aside.h"

namespace strowger {
namespace {

constexpr Millis kLongest = 60'000;

}  // namespace

Aside::~Aside() {
  if (thread_.joinable()) thread_.join();
}

Aside::Result Aside::run(Worker& worker, std::function<void()> work) {
  if (busy_.exchange(true, std::memory_order_acquire)) return Result::Busy;
  if (!worker.scripts.may_wait()) {         // before the first message, or at the end
    work();
    busy_.store(false, std::memory_order_release);
    return Result::Done;
  }
  const Ticket ticket = worker.scripts.ticket();
  {
    const std::lock_guard guard(lock_);
    if (thread_.joinable()) thread_.join();   // it has ended, or is about to
    thread_ = std::thread([this, ticket, scripts = &worker.scripts, work = std::move(work)] {
      work();
      busy_.store(false, std::memory_order_release);   // before the answer: whoever hears of it may ask again
      scripts->post(ticket);
    });
  }
  return worker.scripts.wait(ticket, kLongest) == Waited::Answered ? Result::Done : Result::Gone;
}

}  // namespace strowger
