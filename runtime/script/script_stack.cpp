// Switching stacks with Boost.Context, and moving frames. Frames may be copied because they come back to the same addresses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/script_stack.h"

#include <sys/mman.h>
#include <unistd.h>

#include <boost/context/detail/fcontext.hpp>
#include <cstring>
#include <new>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/common_interface_defs.h>
#define STROWGER_ASAN 1
#define STROWGER_NO_ASAN [[clang::no_sanitize("address")]]
#endif
#if __has_feature(thread_sanitizer)
#include <sanitizer/tsan_interface.h>
#define STROWGER_TSAN 1
#endif
#endif

#ifndef STROWGER_NO_ASAN
#define STROWGER_NO_ASAN
#endif

namespace strowger {
namespace {

using boost::context::detail::jump_fcontext;
using boost::context::detail::make_fcontext;
using boost::context::detail::transfer_t;

#if STROWGER_ASAN || STROWGER_TSAN
constexpr bool kStackPerJob = true;    // their books are about addresses: a job keeps its whole stack while it waits
#else
constexpr bool kStackPerJob = false;
#endif

std::size_t page() { return static_cast<std::size_t>(sysconf(_SC_PAGESIZE)); }

/// Its first byte above a page that faults; null when there is no memory.
char* map_stack() {
  void* const memory = mmap(nullptr, ScriptStack::kSize + page(), PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (memory == MAP_FAILED) return nullptr;
  if (mprotect(memory, page(), PROT_NONE) == 0) return static_cast<char*>(memory) + page();
  munmap(memory, ScriptStack::kSize + page());
  return nullptr;
}

void unmap_stack(char* low) {
  if (low != nullptr) munmap(low - page(), ScriptStack::kSize + page());
}

}  // namespace

/// What the sanitizers are told: before and behind each switch, on the side of the thread's stack and on the job's.
struct ScriptStack::Books {
#if STROWGER_ASAN
  static void leave_main(ScriptStack& s) { __sanitizer_start_switch_fiber(&s.main_fake_, s.low_, kSize); }
  static void back_in_main(ScriptStack& s) { __sanitizer_finish_switch_fiber(s.main_fake_, nullptr, nullptr); }
  static void leave_job(ScriptStack& s, void*& fake) { __sanitizer_start_switch_fiber(&fake, s.main_low_, s.main_size_); }
  /// The job's books are closed: nothing of them is left behind.
  static void end_job(ScriptStack& s) { __sanitizer_start_switch_fiber(nullptr, s.main_low_, s.main_size_); }
  static void back_in_job(ScriptStack& s, void* fake) { __sanitizer_finish_switch_fiber(fake, &s.main_low_, &s.main_size_); }
  static void* make_fiber() { return nullptr; }
  static void end_fiber(void*) {}
#elif STROWGER_TSAN
  static void leave_main(ScriptStack& s) {
    s.main_fiber_ = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(s.fiber_, 0);
  }
  static void back_in_main(ScriptStack&) {}
  static void leave_job(ScriptStack& s, void*&) { __tsan_switch_to_fiber(s.main_fiber_, 0); }
  static void end_job(ScriptStack& s) { __tsan_switch_to_fiber(s.main_fiber_, 0); }
  static void back_in_job(ScriptStack&, void*) {}
  static void* make_fiber() { return __tsan_create_fiber(0); }
  static void end_fiber(void* fiber) {
    if (fiber != nullptr) __tsan_destroy_fiber(fiber);
  }
#else
  static void leave_main(ScriptStack&) {}
  static void back_in_main(ScriptStack&) {}
  static void leave_job(ScriptStack&, void*&) {}
  static void end_job(ScriptStack&) {}
  static void back_in_job(ScriptStack&, void*) {}
  static void* make_fiber() { return nullptr; }
  static void end_fiber(void*) {}
#endif

  /// The outermost frame of the stack: one job after the other. It outlives the books of each.
  STROWGER_NO_ASAN [[noreturn]] static void loop(transfer_t from) {
    auto& self = *static_cast<ScriptStack*>(from.data);
    for (;;) {
      back_in_job(self, nullptr);
      self.main_ = from.fctx;
      self.job_(self.argument_);
      self.ended_ = true;
      end_job(self);
      from = jump_fcontext(self.main_, nullptr);
    }
  }
};

ScriptStack::ScriptStack() : low_(map_stack()) {
  if (low_ != nullptr) make_idle();
}

ScriptStack::~ScriptStack() {
  Books::end_fiber(fiber_);
  unmap_stack(low_);
}

void ScriptStack::make_idle() {
  base_ = low_ + kSize;
  if (fiber_ == nullptr) fiber_ = Books::make_fiber();
  idle_ = make_fcontext(base_, kSize, Books::loop);
}

bool ScriptStack::switch_to(void* context) {
  busy_ = true;
  ended_ = false;
  Books::leave_main(*this);
  const transfer_t from = jump_fcontext(context, this);
  Books::back_in_main(*this);
  busy_ = false;
  (ended_ ? idle_ : waiting_) = from.fctx;
  return ended_;
}

bool ScriptStack::run(Job job, void* argument) {
  job_ = job;
  argument_ = argument;
  return switch_to(idle_);
}

void ScriptStack::wait() {
  void* fake = nullptr;
  Books::leave_job(*this, fake);
  const transfer_t from = jump_fcontext(main_, nullptr);
  Books::back_in_job(*this, fake);
  main_ = from.fctx;
}

bool ScriptStack::take(Frames& out) {
  const auto size = static_cast<std::size_t>(base_ - static_cast<char*>(waiting_));
  if (kStackPerJob) {
    char* const other = map_stack();
    if (other == nullptr) return false;
    out.bytes_ = low_;
    out.fiber_ = fiber_;
    low_ = other;
    fiber_ = nullptr;
  } else {
    out.bytes_ = static_cast<char*>(::operator new(size, std::nothrow));
    if (out.bytes_ == nullptr) return false;
    std::memcpy(out.bytes_, waiting_, size);
  }
  out.context_ = waiting_;
  out.size_ = size;
  make_idle();
  return true;
}

bool ScriptStack::stay() { return switch_to(waiting_); }

bool ScriptStack::resume(Frames& frames) {
  if (kStackPerJob) {
    unmap_stack(low_);
    Books::end_fiber(fiber_);
    low_ = frames.bytes_;
    base_ = low_ + kSize;
    fiber_ = frames.fiber_;
  } else {
    std::memcpy(frames.context_, frames.bytes_, frames.size_);
    ::operator delete(frames.bytes_);
  }
  frames.bytes_ = nullptr;
  frames.size_ = 0;
  return switch_to(frames.context_);
}

}  // namespace strowger
