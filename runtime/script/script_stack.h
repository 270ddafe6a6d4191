// The stack that a worker's scripts run on, beside the thread's own: a job that has to wait leaves its frames and lets go of
// the stack. docs/decisions/0004-scripts-park-on-a-copied-stack.md says why.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>

#if defined(__x86_64__)
#define STROWGER_OWN_SWITCH 1        // else Boost.Context's: more than twice the instructions
#endif
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#undef STROWGER_OWN_SWITCH           // their books are about Boost.Context's contexts
#endif
#endif

namespace strowger {

class ScriptStack {
 public:
  static constexpr std::size_t kSize = std::size_t{1} << 20;   ///< address space; memory only as far as it is used
  using Job = void (*)(void* argument);

  /// What a waiting job had on the stack.
  class Frames {
   public:
    Frames() = default;
    Frames(const Frames&) = delete;
    Frames& operator=(const Frames&) = delete;
    std::size_t bytes() const { return size_; }

   private:
    friend class ScriptStack;
    void* context_ = nullptr;
    char* bytes_ = nullptr;        ///< a copy; with a stack per job the stack itself
    std::size_t size_ = 0;
    void* fiber_ = nullptr;
  };

  ScriptStack();
  ~ScriptStack();
  ScriptStack(const ScriptStack&) = delete;
  ScriptStack& operator=(const ScriptStack&) = delete;
  /// False when there was no memory for the stack.
  bool good() const { return low_ != nullptr; }
  /// Is a job running on it now?
  bool busy() const { return busy_; }

  /// Runs the job; not while busy(). False: it called wait(), and take() or stay() comes next.
  bool run(Job job, void* argument);
  /// In a job: back to who called run() or resume(). Returns when the job is resumed.
  void wait();
  /// Moves the frames of the job that has just waited out of the way. False: there is no memory; then stay().
  bool take(Frames& out);
  /// Resumes the job that has just waited; as run().
  bool stay();
  /// Puts the frames back where they were and goes on; not while busy(). As run().
  bool resume(Frames& frames);

 private:
  bool switch_to(void* context);
  void make_idle();
#ifdef STROWGER_OWN_SWITCH
  static bool call_on(void** main, char* base, Job job, void* argument);
  static bool go_to(void** main, void* context);
  static void leave(void** main, void** context);
#endif
  char* low_ = nullptr;            ///< first byte above the guard page
  char* base_ = nullptr;           ///< the end: frames grow down from here
  void* idle_ = nullptr;           ///< where the stack waits for its next job (Boost.Context)
  void* waiting_ = nullptr;        ///< where the job that has just waited goes on
  void* main_ = nullptr;           ///< where the thread's own stack goes on
  Job job_ = nullptr;
  void* argument_ = nullptr;
  bool busy_ = false, ended_ = false;
  struct Books;                    ///< what sanitizers want to know about switches
  void* fiber_ = nullptr;
  void* main_fiber_ = nullptr;
  void* main_fake_ = nullptr;
  const void* main_low_ = nullptr;
  std::size_t main_size_ = 0;
};

}  // namespace strowger
