// Status line, "Via: SIP/2.0/UDP " and sent-by are passed over, then the branch's digits are read.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/reply_steering.h"

#include <sys/socket.h>

#include <string_view>

#include "runtime/net/owner.h"

namespace strowger::net {
namespace {

constexpr std::uint32_t kByAddress = UINT32_MAX;                          // no such worker: the kernel chooses
constexpr std::uint32_t kShortest = 11, kLongest = 75;                    // status lines: "SIP/2.0 200", and with a long reason
constexpr std::uint16_t kFromHere = BPF_IND;                              // behind the status line, whose length is in X

class Program {
 public:
  void load(std::uint16_t size, std::uint16_t mode, std::size_t at) { add(BPF_LD | size | mode, static_cast<std::uint32_t>(at)); }
  void add(int code, std::uint32_t k, std::uint8_t if_true = 0, std::uint8_t if_false = 0) {
    code_.push_back({static_cast<std::uint16_t>(code), if_true, if_false, k});
  }
  /// What A is not, the kernel chooses for.
  void demand(std::uint32_t value) {
    add(BPF_JMP | BPF_JEQ | BPF_K, value, 1, 0);
    give(kByAddress);
  }
  /// Four bytes of the text at a time, the last of them perhaps twice.
  void demand(std::string_view text, std::uint16_t mode, std::size_t at) {
    for (std::size_t i = 0; i < text.size(); i += 4) {
      const std::size_t from = i + 4 <= text.size() ? i : text.size() - 4;
      std::uint32_t word = 0;
      for (const char c : text.substr(from, 4)) word = word << 8U | static_cast<unsigned char>(c);
      load(BPF_W, mode, at + from);
      demand(word);
    }
  }
  /// A lower-case hex digit becomes its value.
  void digit(std::size_t at) {
    load(BPF_B, kFromHere, at);
    add(BPF_JMP | BPF_JGE | BPF_K, 'a', 0, 1);
    add(BPF_ALU | BPF_SUB | BPF_K, 'a' - '0' - 10);
    add(BPF_ALU | BPF_SUB | BPF_K, '0');
  }
  void give(std::uint32_t what) { add(BPF_RET | BPF_K, what); }
  std::size_t size() const { return code_.size(); }
  void point(std::size_t jump) { code_[jump].k = static_cast<std::uint32_t>(code_.size() - jump - 1); }
  std::vector<sock_filter> take() { return std::move(code_); }

 private:
  std::vector<sock_filter> code_;
};

}  // namespace

std::vector<sock_filter> reply_steering(std::size_t sent_by) {
  Program program;
  program.demand("SIP/", BPF_ABS, 0);
  std::vector<std::size_t> jumps;
  for (std::uint32_t length = kShortest; length <= kLongest; ++length) {
    program.load(BPF_H, BPF_ABS, length);
    program.add(BPF_JMP | BPF_JEQ | BPF_K, '\r' << 8U | '\n', 0, 2);
    program.add(BPF_LDX | BPF_W | BPF_IMM, length + 2);
    jumps.push_back(program.size());
    program.add(BPF_JMP | BPF_JA, 0);
  }
  program.give(kByAddress);
  for (const std::size_t jump : jumps) program.point(jump);
  constexpr std::string_view kVia = "Via: SIP/2.0/UDP ", kParam = ";branch=";
  program.demand(kVia.substr(0, 4), kFromHere, 0);
  const std::size_t branch = kVia.size() + sent_by + kParam.size();
  program.demand(kParam, kFromHere, branch - kParam.size());
  program.demand(kOwnedBranch, kFromHere, branch);
  program.digit(branch + kOwnedBranch.size());
  program.add(BPF_ALU | BPF_LSH | BPF_K, 4);
  program.add(BPF_ST, 0);
  program.digit(branch + kOwnedBranch.size() + 1);
  program.add(BPF_LDX | BPF_W | BPF_MEM, 0);
  program.add(BPF_ALU | BPF_ADD | BPF_X, 0);
  program.add(BPF_RET | BPF_A, 0);
  return program.take();
}

bool steer_replies(int fd, std::size_t sent_by) {
  std::vector<sock_filter> program = reply_steering(sent_by);
  const sock_fprog what{static_cast<unsigned short>(program.size()), program.data()};
  return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &what, sizeof what) == 0;
}

}  // namespace strowger::net
