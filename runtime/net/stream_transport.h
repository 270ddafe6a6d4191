// SIP over streams for one worker: accepts, connects, frames, writes. Calls back with whole messages.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "runtime/abi/values.h"
#include "runtime/net/stream_directory.h"
#include "runtime/net/stream_layer.h"
#include "runtime/net/stream_limits.h"
#include "runtime/net/udp_socket.h"
#include "runtime/script/streams.h"
#include "runtime/sip/address.h"

namespace boost::asio {
class io_context;
}

namespace strowger::net {

/// What is to be sent over a stream.
struct StreamDeparture {
  std::uint16_t socket = 0;            ///< the listening socket to send "from"
  sip::Address local;                  ///< its address: new connections are bound to its IP
  sip::Address to;
  sip::Protocol protocol = sip::Protocol::Tcp;
  std::uint32_t connection = 0;        ///< this one if it is there, 0: by address
  bool only_existing = false, close_after = false;
  std::uint64_t cookie = 0;            ///< handed to on_failed() when the bytes cannot be sent; 0: nobody asks
  std::uint16_t origin = 0;            ///< handed to on_failed(), too
  std::uint32_t wish = 0;              ///< for the maker of a new connection's layer
};

/// A whole message that came over a stream.
struct StreamMessage {
  Text bytes;                          ///< stay during the call
  sip::Address source;
  sip::Protocol protocol = sip::Protocol::Tcp;
  std::uint16_t socket = 0;
  std::uint32_t connection = 0;
};

class StreamTransport {
 public:
  /// What happens is told through plain functions with an owner pointer.
  struct Events {
    void* owner = nullptr;
    void (*on_message)(void* owner, const StreamMessage& message) = nullptr;
    /// After one or more on_message() or on_failed() that came by themselves: time to send what they caused.
    void (*on_batch_end)(void* owner) = nullptr;
    /// What send() took (or refused) did not reach the kernel. May be called from within send().
    void (*on_failed)(void* owner, std::uint16_t origin, std::uint64_t cookie) = nullptr;
    /// Something to be logged; `error` for what the peer did wrong or the system refused, else for debugging.
    void (*on_note)(void* owner, bool error, std::string_view text) = nullptr;
    /// A connection has ended; null when nobody asks. Not called from within send(), and not at shut().
    void (*on_ended)(void* owner, const StreamEnd& end) = nullptr;
    /// The first layer of a connection over TLS; null with a sentence when there can be none. Where this function is null,
    /// there is no TLS.
    std::unique_ptr<StreamLayer> (*make_layer)(void* owner, const StreamStart& start, std::string& why) = nullptr;
  };

  StreamTransport(boost::asio::io_context& io, StreamDirectory& directory, const StreamLimits& limits, std::uint32_t worker,
                  Events events);
  ~StreamTransport();

  void add_listener(std::uint16_t socket, sip::Protocol protocol, Descriptor fd);
  /// Sends over a connection of this worker, or a new one. False (and on_failed()) when there is no such and none may be made.
  bool send(const StreamDeparture& departure, Text bytes);
  /// Hands a connection of this worker to `work`; false when it is gone.
  bool with(std::uint32_t connection, const std::function<void(StreamControl&)>& work);
  std::vector<StreamInfo> list() const;
  /// Closes everything and forgets the pending operations.
  void shut();
  std::size_t connections() const;

  struct Impl;

 private:
  std::shared_ptr<Impl> impl_;
};

/// A listening, non-blocking TCP socket; empty on failure, with errno set.
Descriptor open_listener(const sip::Address& address, bool reuse_port, const StreamLimits& limits = {});

}  // namespace strowger::net
