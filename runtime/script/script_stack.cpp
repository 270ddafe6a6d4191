// Switching stacks, and moving frames. Frames may be copied because they come back to the same addresses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/script_stack.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <new>

#ifndef STROWGER_OWN_SWITCH
#include <boost/context/detail/fcontext.hpp>
#endif

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

ScriptStack::ScriptStack() : low_(map_stack()) {
  if (low_ != nullptr) make_idle();
}

#ifdef STROWGER_OWN_SWITCH

// A job is called as a function, on the other stack: what a function must keep is pushed onto the stack that is left.
// (x86-64, System V.) Below `main` is what the thread's stack has pushed; the lowest frame of the other stack knows where
// that place is, since the job may end long after it began, when the thread's stack is another.
#define STROWGER_PUSH "pushq %rbp\n pushq %rbx\n pushq %r12\n pushq %r13\n pushq %r14\n pushq %r15\n"
#define STROWGER_POP "popq %r15\n popq %r14\n popq %r13\n popq %r12\n popq %rbx\n popq %rbp\n"

/// Calls `job` on the stack below `base`, a multiple of 16. True when it has ended, false when it has called leave().
[[gnu::naked, gnu::noinline]] bool ScriptStack::call_on(void**, char*, Job, void*) {
  asm(STROWGER_PUSH
      "movq %rsp, (%rdi)\n"
      "movq %rsi, %rsp\n"
      "pushq %rdi\n"
      "pushq %rdi\n"
      ".cfi_undefined %rip\n"                 // no debugger looks further
      "movq %rcx, %rdi\n"
      "callq *%rdx\n"
      "popq %rdi\n"
      "movq (%rdi), %rsp\n"
      "movl $1, %eax\n" STROWGER_POP "retq\n");
}

/// Back to a job that has called leave(). As call_on().
[[gnu::naked, gnu::noinline]] bool ScriptStack::go_to(void**, void*) {
  asm(STROWGER_PUSH
      "movq %rsp, (%rdi)\n"
      "movq %rsi, %rsp\n" STROWGER_POP "retq\n");
}

/// In a job: back to the thread's stack. Returns when go_to() comes to `context`.
[[gnu::naked, gnu::noinline]] void ScriptStack::leave(void**, void**) {
  asm(STROWGER_PUSH
      "movq %rsp, (%rsi)\n"
      "movq (%rdi), %rsp\n"
      "xorl %eax, %eax\n" STROWGER_POP "retq\n");
}

ScriptStack::~ScriptStack() { unmap_stack(low_); }

void ScriptStack::make_idle() { base_ = low_ + kSize; }

bool ScriptStack::switch_to(void* context) {
  busy_ = true;
  ended_ = go_to(&main_, context);
  busy_ = false;
  return ended_;
}

bool ScriptStack::run(Job job, void* argument) {
  busy_ = true;
  const bool ended = call_on(&main_, base_, job, argument);
  busy_ = false;
  return ended;
}

void ScriptStack::wait() { leave(&main_, &waiting_); }

#else

using boost::context::detail::jump_fcontext;
using boost::context::detail::make_fcontext;
using boost::context::detail::transfer_t;

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

#endif

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
#ifndef STROWGER_OWN_SWITCH
    Books::end_fiber(fiber_);
#endif
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
