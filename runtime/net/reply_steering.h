// Which worker's socket a reply arrives at: the one that our branch in it names, decided by the kernel.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <linux/filter.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace strowger::net {

/// A program for sockets that share an address (SO_ATTACH_REUSEPORT_CBPF), the n-th of them worker n's. It sees a datagram's bytes and
/// gives a worker for replies whose first header is our Via, with a sent-by of `sent_by` bytes and then the branch, as we
/// write it; for the rest the kernel chooses by addresses and ports, and the worker there hands it on. So replies of one sender keep
/// their order where all begin in the same way, as they do.
std::vector<sock_filter> reply_steering(std::size_t sent_by);
/// Gives that to the sockets that share the address of `fd`. False where the system cannot, and all is as without it.
bool steer_replies(int fd, std::size_t sent_by);

}  // namespace strowger::net
