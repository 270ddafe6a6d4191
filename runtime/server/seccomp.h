// The system calls that a running proxy may make (--seccomp): a filter of the kernel, of this script's needs.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace strowger::server {

/// What becomes of a call that the filter does not know: nothing is filtered; it fails with EPERM and the first of each
/// number is named on stderr; the process is killed.
enum class Seccomp : std::uint8_t { Off, Deny, Kill };

/// The filter's program. `needs` has bits of NeedBit (runtime/abi/image.h).
std::vector<sock_filter> seccomp_program(Seccomp mode, std::uint64_t needs);

/// Filters this process' threads and those they will start, for good. Nothing on success, else a sentence.
/// Threads must not have SIGSYS blocked: the kernel would kill the process where it should be told.
std::optional<std::string> install_seccomp(Seccomp mode, std::uint64_t needs);

}  // namespace strowger::server
