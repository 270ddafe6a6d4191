// What lies between a stream's descriptor and its framing: TLS, WebSocket. A layer is pure: bytes in, bytes out, no I/O.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "runtime/abi/values.h"
#include "runtime/sip/address.h"

namespace strowger::net {

/// What is known of a connection once its layer is ready (a certificate, a cipher). Never changes, is read by any worker.
class StreamFacts {
 public:
  explicit StreamFacts(std::uint32_t module) : module(module) {}
  virtual ~StreamFacts() = default;
  const std::uint32_t module;          ///< slot constant of the module that made them, and may cast them back
};

class StreamLayer {
 public:
  enum class State : std::uint8_t {
    Open,
    Ended,       ///< the peer closed in order, or the layer is done: what was appended is still delivered, then all is closed
    Failed,      ///< `fault` says why; what was appended to `down` is still sent
  };
  virtual ~StreamLayer() = default;

  /// Bytes from below: the wire, or the layer beneath; none when keeps_messages() asks again. Appends what is plain to `up` and what has to be sent below to `down`.
  virtual State receive(Text bytes, std::string& up, std::string& down) = 0;
  /// Plain bytes to be sent: appends what goes below. Before a handshake is done the layer keeps them, bounded: holds().
  virtual State send(Text plain, std::string& down) = 0;
  /// We close: an orderly end, if it has one (close_notify, a close frame).
  virtual void finish(std::string& down) {}
  /// Has a handshake ended, or is there none? Connections that are not ready for long are closed.
  virtual bool ready() const { return true; }
  /// Do bytes given to send() wait in the layer?
  virtual bool holds() const { return false; }
  /// Has something begun that receive() cannot give up yet? It has to end in the time that a message has.
  virtual bool inside() const { return false; }
  /// True: what receive() appends to `up` is one whole message, which is not framed by Content-Length any more, and
  /// receive() is called again without bytes until it appends none.
  virtual bool keeps_messages() const { return false; }
  /// Null before the layer is ready, or when it has none to tell. Of several layers' the lowest counts.
  virtual std::shared_ptr<const StreamFacts> facts() const { return nullptr; }

  std::string fault;
  std::int64_t lifetime_ms = 0;        ///< how long the connection may be idle; 0: as any. Read when the connection begins.
};

/// A connection that begins, for whoever makes its first layer.
struct StreamStart {
  sip::Protocol protocol = sip::Protocol::Tcp;
  bool connecting = false;             ///< we connect; else we have accepted
  std::uint16_t socket = 0;            ///< the listening socket that accepted, or that is sent from; index in Process::sockets
  sip::Address peer;
  std::uint32_t wish = 0;              ///< the Departure's, when we connect
};

}  // namespace strowger::net
