// The filter by running it over calls, as the kernel does, and in processes of their own.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/server/seccomp.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include "runtime/abi/image.h"

namespace strowger::server {
namespace {

/// Runs a filter as the kernel does; only the instructions that it may have.
std::uint32_t verdict(const std::vector<sock_filter>& program, const seccomp_data& call) {
  std::uint32_t accumulator = 0;
  for (std::size_t at = 0; at < program.size(); ++at) {
    const sock_filter& step = program[at];
    switch (step.code) {
      case BPF_LD | BPF_W | BPF_ABS: std::memcpy(&accumulator, reinterpret_cast<const char*>(&call) + step.k, 4); break;
      case BPF_ALU | BPF_AND | BPF_K: accumulator &= step.k; break;
      case BPF_JMP | BPF_JEQ | BPF_K: at += accumulator == step.k ? step.jt : step.jf; break;
      case BPF_RET | BPF_K: return step.k;
      default: ADD_FAILURE() << "instruction " << step.code; return 0;
    }
  }
  ADD_FAILURE() << "no verdict";
  return 0;
}

struct Filter {
  explicit Filter(std::uint64_t needs, Seccomp mode = Seccomp::Deny) : program(seccomp_program(mode, needs)) {}
  std::uint32_t of(long number, std::uint64_t a = 0, std::uint64_t b = 0, std::uint64_t c = 0) const {
    seccomp_data call{};
    call.nr = static_cast<int>(number);
    call.arch = AUDIT_ARCH_X86_64;
    call.args[0] = a;
    call.args[1] = b;
    call.args[2] = c;
    return verdict(program, call);
  }
  bool passes(long number, std::uint64_t a = 0, std::uint64_t b = 0, std::uint64_t c = 0) const {
    return of(number, a, b, c) == SECCOMP_RET_ALLOW;
  }
  std::vector<sock_filter> program;
};

TEST(SeccompFilter, ADeafProxyStartsNoProgramsAndWritesNoFiles) {
  const Filter filter(0);
  EXPECT_TRUE(filter.passes(SYS_recvmmsg));
  EXPECT_TRUE(filter.passes(SYS_exit_group));
  EXPECT_TRUE(filter.passes(SYS_socket, AF_INET));
  EXPECT_TRUE(filter.passes(SYS_openat, 0, 0, O_RDONLY | O_CLOEXEC));
  EXPECT_TRUE(filter.passes(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE));
  for (const long number : {SYS_execve, SYS_fork, SYS_ptrace, SYS_unlink, SYS_setuid, SYS_bpf, SYS_io_uring_setup, SYS_process_vm_writev, SYS_chroot})
    EXPECT_EQ(filter.of(number), SECCOMP_RET_TRAP) << number;
  EXPECT_TRUE(filter.passes(SYS_prctl, PR_SET_TIMERSLACK)) << "workers want short pauses";
  EXPECT_FALSE(filter.passes(SYS_socket, AF_PACKET));
  EXPECT_FALSE(filter.passes(SYS_socket, AF_NETLINK));
  EXPECT_FALSE(filter.passes(SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC));
  EXPECT_FALSE(filter.passes(SYS_mprotect, 0, 4096, PROT_READ | PROT_WRITE | PROT_EXEC));
  for (const int flags : {O_WRONLY, O_RDWR, O_RDONLY | O_CREAT, O_RDONLY | O_TRUNC}) {
    EXPECT_FALSE(filter.passes(SYS_openat, 0, 0, static_cast<unsigned>(flags))) << flags;
    EXPECT_FALSE(filter.passes(SYS_open, 0, static_cast<unsigned>(flags))) << flags;
  }
}

TEST(SeccompFilter, ThreadsYesProcessesNo) {
  const Filter filter(0);
  EXPECT_EQ(filter.of(SYS_clone3), SECCOMP_RET_ERRNO | static_cast<unsigned>(ENOSYS));
  EXPECT_TRUE(filter.passes(SYS_clone, CLONE_VM | CLONE_THREAD | CLONE_SIGHAND | CLONE_FILES));
  EXPECT_FALSE(filter.passes(SYS_clone, SIGCHLD));
  EXPECT_FALSE(filter.passes(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD));
}

TEST(SeccompFilter, WhatTheScriptNeedsPasses) {
  const Filter files(kNeedsFiles), programs(kNeedsPrograms);
  EXPECT_TRUE(files.passes(SYS_openat, 0, 0, O_WRONLY | O_CREAT));
  EXPECT_TRUE(files.passes(SYS_unlink));
  EXPECT_FALSE(files.passes(SYS_execve));
  EXPECT_TRUE(programs.passes(SYS_execve));
  EXPECT_TRUE(programs.passes(SYS_clone, SIGCHLD));
  EXPECT_TRUE(programs.passes(SYS_clone3));
  EXPECT_FALSE(programs.passes(SYS_unlink));
}

TEST(SeccompFilter, OtherArchitecturesAndX32AreNotTakenForOurs) {
  const Filter filter(0);
  seccomp_data call{};
  call.nr = 11;                         // execve of i386, munmap of x86-64
  call.arch = AUDIT_ARCH_I386;
  EXPECT_EQ(verdict(filter.program, call), SECCOMP_RET_KILL_PROCESS);
  EXPECT_EQ(filter.of(SYS_read | 0x40000000), SECCOMP_RET_TRAP);
  EXPECT_EQ(Filter(0, Seccomp::Kill).of(SYS_execve), SECCOMP_RET_KILL_PROCESS);
}

/// Runs `body` in a process with the filter on; its output and how it ended.
template <typename Body>
int filtered(Seccomp mode, std::string& output, Body body) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return -1;
  const pid_t child = fork();
  if (child == 0) {
    dup2(ends[1], 2);
    if (const auto why = install_seccomp(mode, 0)) _exit(99);
    _exit(body());
  }
  close(ends[1]);
  char bytes[4096];
  for (ssize_t n = 0; (n = read(ends[0], bytes, sizeof bytes)) > 0;) output.append(bytes, static_cast<std::size_t>(n));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define STROWGER_NO_PROCESS 1          // their run time makes calls of its own
#endif
#endif
#ifndef STROWGER_NO_PROCESS

TEST(SeccompProcess, ARefusedCallFailsWithEpermAndIsNamedOnce) {
  std::string output;
  const int status = filtered(Seccomp::Deny, output, [] {
    for (int i = 0; i < 3; ++i)
      if (chroot("/") != -1 || errno != EPERM) return 1;
    return 0;
  });
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  EXPECT_EQ(output, "CRITICAL: <core>: --seccomp: system call " + std::to_string(SYS_chroot) + " refused\n");
}

TEST(SeccompProcess, ThreadsThatRunAndThoseThatComeAreFiltered) {
  std::string output;
  const int status = filtered(Seccomp::Deny, output, [] {
    int code = 1;
    std::thread([&code] { code = chroot("/") == -1 && errno == EPERM ? 0 : 2; }).join();
    return code;
  });
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status << output;
}

TEST(SeccompProcess, KillKills) {
  std::string output;
  const int status = filtered(Seccomp::Kill, output, [] { return chroot("/"); });
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS) << status;
}

#endif

}  // namespace
}  // namespace strowger::server
