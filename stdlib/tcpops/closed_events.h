// Routes that run when connections end, and what a worker keeps for tcpops.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>

namespace strowger {
struct Process;
}

namespace strowger::tcpops {

template <class Wish>
struct WorkerState { Wish wish; };

/// Hears of connections that end, where the script has routes for them.
void start_events(Process& process);
void stop_events(Process& process);
/// With closed_event 2: this one's end is wanted. Any thread.
void want_event(Process& process, std::uint32_t connection);
/// The script ends this one: the event is tcp:closed. Any thread.
void note_end(Process& process, std::uint32_t connection);
/// tcp_accept_haproxy
bool reads_proxy_headers(const Process& process);

}  // namespace strowger::tcpops
