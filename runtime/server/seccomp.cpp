// A list of numbers, the frequent ones first, and a few whose arguments count. Kernels since 5.11 remember which numbers
// pass whatever their arguments are: those cost nothing.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/server/seccomp.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>

#include "runtime/abi/image.h"

namespace strowger::server {
namespace {

/// Sockets, waiting, time, memory, threads of our own, reading files, signals, the end.
constexpr std::uint32_t kAlways[] = {
    SYS_epoll_wait, SYS_recvmmsg, SYS_sendmmsg, SYS_sendmsg, SYS_recvmsg, SYS_read, SYS_write, SYS_futex, SYS_epoll_ctl, SYS_clock_gettime,
    SYS_recvfrom, SYS_sendto, SYS_readv, SYS_writev, SYS_timerfd_settime, SYS_timerfd_create, SYS_epoll_pwait, SYS_epoll_create1, SYS_eventfd2,
    SYS_accept, SYS_accept4, SYS_bind, SYS_listen, SYS_connect, SYS_shutdown, SYS_close, SYS_getsockopt, SYS_setsockopt, SYS_getsockname,
    SYS_getpeername, SYS_fcntl, SYS_poll, SYS_ppoll,
    SYS_time, SYS_gettimeofday, SYS_clock_getres, SYS_nanosleep, SYS_clock_nanosleep, SYS_getrandom,
    SYS_munmap, SYS_mremap, SYS_madvise, SYS_brk,
    SYS_gettid, SYS_getpid, SYS_getppid, SYS_getuid, SYS_geteuid, SYS_getgid, SYS_getegid, SYS_set_robust_list, SYS_rseq, SYS_sched_yield,
    SYS_sched_getaffinity, SYS_membarrier, SYS_uname, SYS_sysinfo, SYS_getrusage, SYS_getrlimit, SYS_getcwd,
    SYS_lseek, SYS_pread64, SYS_fstat, SYS_stat, SYS_lstat, SYS_newfstatat, SYS_statx, SYS_access, SYS_faccessat, SYS_faccessat2, SYS_getdents64,
    SYS_readlink, SYS_readlinkat,
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigtimedwait, SYS_rt_sigreturn, SYS_sigaltstack, SYS_tgkill, SYS_restart_syscall,
    SYS_exit, SYS_exit_group};

/// Functions that write files, the log's own file, and the paths of control sockets, which are removed at the end.
constexpr std::uint32_t kFiles[] = {SYS_creat, SYS_unlink, SYS_unlinkat, SYS_rename, SYS_renameat, SYS_renameat2, SYS_mkdir, SYS_mkdirat,
                                    SYS_fsync, SYS_fdatasync, SYS_ftruncate, SYS_pwrite64, SYS_chmod, SYS_fchmod, SYS_fchmodat, SYS_umask,
                                    SYS_mknod, SYS_mknodat, SYS_flock, SYS_fchown};

constexpr std::uint32_t kPrograms[] = {SYS_clone, SYS_clone3, SYS_fork, SYS_vfork, SYS_execve, SYS_execveat, SYS_wait4, SYS_waitid, SYS_pipe,
                                       SYS_pipe2, SYS_dup, SYS_dup2, SYS_dup3, SYS_kill, SYS_close_range, SYS_setpgid, SYS_setsid};

constexpr std::uint32_t kThreadFlags = CLONE_VM | CLONE_THREAD;
constexpr std::uint32_t kWriteFlags = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;

class Program {
 public:
  explicit Program(std::uint32_t other) : other_(other) {
    load(offsetof(seccomp_data, arch));
    add(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0);
    give(SECCOMP_RET_KILL_PROCESS);
    load(offsetof(seccomp_data, nr));
  }

  /// Passes whatever its arguments are. The x32 calls have other numbers, so they are not in any list.
  void pass(std::uint32_t number) { when(number, [this] { give(SECCOMP_RET_ALLOW); }); }
  /// Fails with `error` and nobody is told.
  void fail(std::uint32_t number, std::uint32_t error) { when(number, [this, error] { give(SECCOMP_RET_ERRNO | error); }); }
  /// Passes where argument `index` & mask == value.
  void pass_if(std::uint32_t number, unsigned index, std::uint32_t mask, std::uint32_t value) {
    when(number, [&] {
      load_argument(index);
      add(BPF_ALU | BPF_AND | BPF_K, mask, 0, 0);
      add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
      give(SECCOMP_RET_ALLOW);
      give(other_);
    });
  }
  /// Passes where argument `index` is one of `values`.
  void pass_one_of(std::uint32_t number, unsigned index, std::initializer_list<std::uint32_t> values) {
    when(number, [&] {
      load_argument(index);
      for (const std::uint32_t value : values) {
        add(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1);
        give(SECCOMP_RET_ALLOW);
      }
      give(other_);
    });
  }
  std::vector<sock_filter> end() {
    give(other_);
    return std::move(code_);
  }

 private:
  void add(unsigned code, std::uint32_t k, unsigned char yes, unsigned char no) {
    code_.push_back({static_cast<std::uint16_t>(code), yes, no, k});
  }
  void load(std::size_t offset) { add(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset), 0, 0); }
  /// The lower half: flags and numbers of these calls are ints.
  void load_argument(unsigned index) { load(offsetof(seccomp_data, args) + index * sizeof(std::uint64_t)); }
  void give(std::uint32_t what) { add(BPF_RET | BPF_K, what, 0, 0); }
  /// What `then` adds runs for this number only and ends with a verdict.
  template <typename Then>
  void when(std::uint32_t number, Then then) {
    const std::size_t test = code_.size();
    add(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 0);
    then();
    code_[test].jf = static_cast<unsigned char>(code_.size() - test - 1);
  }

  std::vector<sock_filter> code_;
  const std::uint32_t other_;
};

void put(char*& to, const char* text) {
  while (*text != '\0') *to++ = *text++;
}

/// The refused call gives EPERM; the first of each number is named. Nothing here but write(): any code may have been interrupted.
void on_refused(int, siginfo_t* info, void* context) {
  static_assert(std::atomic<bool>::is_always_lock_free);
  static std::atomic<bool> told[512];
  const int saved = errno;
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  registers[REG_RAX] = -EPERM;
  const auto number = static_cast<unsigned>(info->si_syscall);
  if (!told[number % std::size(told)].exchange(true, std::memory_order_relaxed)) {
    char line[80], digits[12];
    char *to = line, *first = digits + sizeof digits;
    unsigned rest = number;
    do *--first = static_cast<char>('0' + rest % 10);
    while ((rest /= 10) != 0);
    put(to, "CRITICAL: <core>: --seccomp: system call ");
    while (first < digits + sizeof digits) *to++ = *first++;
    put(to, " refused\n");
    static_cast<void>(!::write(2, line, static_cast<std::size_t>(to - line)));   // nowhere left to say so
  }
  errno = saved;
}

std::string failed(const char* what) { return std::string("--seccomp: ") + what + ": " + std::strerror(errno); }

}  // namespace

std::vector<sock_filter> seccomp_program(Seccomp mode, std::uint64_t needs) {
  Program program(mode == Seccomp::Kill ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_TRAP);
  for (const std::uint32_t number : kAlways) program.pass(number);
  program.pass_one_of(SYS_socket, 0, {AF_INET, AF_INET6, AF_UNIX});
  program.pass_one_of(SYS_ioctl, 1, {FIONBIO, FIONREAD, TCGETS, SIOCGSTAMPNS_OLD});
  program.pass_one_of(SYS_prctl, 0, {PR_SET_NAME, PR_SET_TIMERSLACK});
  for (const std::uint32_t number : {SYS_mmap, SYS_mprotect}) program.pass_if(static_cast<std::uint32_t>(number), 2, PROT_EXEC, 0);
  if ((needs & kNeedsPrograms) != 0) {
    for (const std::uint32_t number : kPrograms) program.pass(number);
  } else {
    // Threads, but no processes. The C library falls back to clone(), whose flags can be seen.
    program.fail(SYS_clone3, ENOSYS);
    program.pass_if(SYS_clone, 0, kThreadFlags, kThreadFlags);
  }
  if ((needs & kNeedsFiles) != 0) {
    for (const std::uint32_t number : kFiles) program.pass(number);
    program.pass(SYS_open);
    program.pass(SYS_openat);
  } else {
    program.pass_if(SYS_open, 1, kWriteFlags, 0);
    program.pass_if(SYS_openat, 2, kWriteFlags, 0);
  }
  return program.end();
}

std::optional<std::string> install_seccomp(Seccomp mode, std::uint64_t needs) {
  if (mode == Seccomp::Off) return std::nullopt;
  if (mode == Seccomp::Deny) {
    struct sigaction action {};
    action.sa_sigaction = on_refused;
    action.sa_flags = SA_SIGINFO | SA_NODEFER;
    if (sigaction(SIGSYS, &action, nullptr) != 0) return failed("the handler cannot be set");
  }
  std::vector<sock_filter> program = seccomp_program(mode, needs);
  const sock_fprog what{static_cast<unsigned short>(program.size()), program.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("no_new_privs");
  const long thread = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG, &what);
  if (thread == 0) return std::nullopt;
  if (thread > 0) return "--seccomp: thread " + std::to_string(thread) + " has a filter of its own";
  return failed("the kernel refuses the filter");
}

}  // namespace strowger::server
