// Sockets that are no SIP: a module's start() asks for them in Process::endpoints, the shell opens and serves them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace strowger {

struct Worker;

/// Who sent some bytes. Only for worker 0's thread; may outlive the connection, send() then does nothing.
class EndpointPeer {
 public:
  virtual ~EndpointPeer() = default;
  /// Datagrams: one datagram. FIFOs have no way back.
  virtual void send(std::string_view bytes) = 0;
};

struct Endpoint {
  enum class Kind { UnixDatagram, UnixStream, Fifo, Udp, Tcp };
  static constexpr std::size_t kClose = static_cast<std::size_t>(-1);

  Kind kind = Kind::UnixDatagram;
  std::string path;                      ///< of unix sockets and FIFOs
  std::string host;                      ///< of Udp and Tcp: an IP address
  std::uint16_t port = 0;
  unsigned mode = 0600;
  std::string user, group;               ///< owner of the path; empty: as the process
  bool may_fail = false;                 ///< cannot be opened: an error in the log, but the proxy starts
  std::size_t max_bytes = 64 * 1024;     ///< of a message: longer datagrams are dropped, streams closed
  /// Worker 0's thread, between batches. Streams: all bytes so far; returns how many were used, kClose to end the
  /// connection. Datagrams: one; the result has no meaning.
  std::function<std::size_t(Worker&, std::string_view bytes, const std::shared_ptr<EndpointPeer>& peer)> receive;
};

}  // namespace strowger
