// One worker's thread: its sockets, its timers and the messages that other workers hand to it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "runtime/net/stream_limits.h"
#include "runtime/net/udp_socket.h"
#include "runtime/script/worker.h"
#include "runtime/server/fabric.h"

namespace strowger::net {
class StreamDirectory;
class StreamTransport;
}

namespace strowger::server {

/// Monotonic and wall clock, read together.
Clock read_clock();

class WorkerLoop {
 public:
  WorkerLoop(Process& process, Fabric& fabric, net::StreamDirectory& streams, const net::StreamLimits& limits,
             std::uint32_t index, std::uint32_t gather_us = 0, const std::string& dns_servers = {});
  ~WorkerLoop();
  WorkerLoop(const WorkerLoop&) = delete;
  WorkerLoop& operator=(const WorkerLoop&) = delete;

  Worker& worker();
  /// False when the receive buffers or the script stack could not be had.
  bool good() const;
  /// Before run(). Every worker has a socket of its own for each UDP address.
  void add_udp(const Socket& socket, net::Descriptor fd);
  /// Before run(). A listening stream socket of this worker's own.
  void add_listener(const Socket& socket, net::Descriptor fd);

  /// Before run(): opens a control socket, which this worker then serves. False with `why` when it cannot.
  bool add_endpoint(const Endpoint& endpoint, std::string& why);

  /// Until stop(); in the worker's thread.
  void run();
  /// From any thread.
  void stop();
  /// The connections of this worker; in its thread.
  net::StreamTransport& streams();
  /// From any thread: begins to publish unfinished().
  void drain();
  /// Transactions and scripts that still wait for an end, as last published; only after drain().
  std::uint64_t unfinished() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace strowger::server
