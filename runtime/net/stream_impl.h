// Inside of StreamTransport: connections, and the operations on them, which stand in stream_*.cpp by subject.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include <cerrno>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/net/stream_framer.h"
#include "runtime/net/stream_transport.h"

namespace strowger::net {

namespace asio = boost::asio;
using boost::system::error_code;
using Steady = std::chrono::steady_clock;
/// With its executor by type: a type-erased one costs each connection 40 bytes.
using StreamDescriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;

/// An idle one holds nothing but this (and a layer's own memory): buffers are lent while something is under way.
struct StreamConnection {
  StreamConnection(asio::io_context& io, int fd, const StreamLimits& limits)
      : descriptor(io, fd), framer(limits.message, limits.accept_without_length) {}
  /// Who waits for bytes of the queue, by where they end; kInLayer while a layer holds them.
  struct Mark { std::size_t end; std::uint64_t cookie; std::uint16_t origin; };
  static constexpr std::size_t kInLayer = SIZE_MAX;

  std::uint32_t id = 0;
  std::uint16_t socket = 0;
  bool accepted = false, connecting = false, waits_to_write = false, closing = false, layers_finished = false, closed = false;
  bool paused = false;                 ///< not read because it does not read either
  bool held = false;                   ///< no message is handed over: Streams::hold()
  bool in_message = false;
  bool fresh_layer = false;            ///< put on since the framer was last cut: what the framer holds is for it
  bool has_facts = false;
  std::unique_ptr<std::string> head;   ///< first bytes, while they may become a PROXY header; null once that is known
  StreamPeer peer;
  StreamDescriptor descriptor;
  StreamFramer framer;
  std::vector<std::unique_ptr<StreamLayer>> layers;   ///< lowest first
  std::string queue;                   ///< bytes to be written, from `written` on
  std::size_t written = 0;
  std::vector<Mark> marks;
  Steady::time_point begun, active, message_since, write_since;   ///< the last two count while something is under way
  StreamLimits::Time lifetime{0};

  std::size_t unwritten() const { return queue.size() - written; }
  bool ready() const {
    for (const auto& layer : layers)
      if (!layer->ready()) return false;
    return !connecting && !head;
  }
  bool inside_message() const {
    if (head && !head->empty()) return true;
    for (const auto& layer : layers)
      if (layer->inside()) return true;
    return framer.inside_message();
  }
  bool layer_holds() const {
    for (const auto& layer : layers)
      if (layer->holds()) return true;
    return false;
  }
};

struct StreamTransport::Impl : std::enable_shared_from_this<StreamTransport::Impl> {
  using Connection = StreamConnection;
  using Shared = std::shared_ptr<Connection>;
  struct Listener {
    Listener(asio::io_context& io, std::uint16_t socket, sip::Protocol protocol, int fd)
        : socket(socket), protocol(protocol), descriptor(io, fd) {}
    std::uint16_t socket;
    sip::Protocol protocol;
    StreamDescriptor descriptor;
  };

  Impl(asio::io_context& io, StreamDirectory& directory, const StreamLimits& limits, std::uint32_t worker, Events events)
      : io(io), directory(directory), limits(limits), worker(worker), events(events), sweep(io), pause(io) {}

  asio::io_context& io;
  StreamDirectory& directory;
  StreamLimits limits;
  std::uint32_t worker;
  Events events;
  std::vector<std::shared_ptr<Listener>> listeners;
  std::unordered_map<std::uint32_t, Shared> connections;
  asio::steady_timer sweep, pause;
  bool sweeping = false, shut = false;
  Steady::time_point noted_full;
  std::vector<char> spare;             ///< lent to the framer of the connection that is being read
  std::vector<char> wire;              ///< what is read for a layer
  std::string risen, rising;           ///< between layers, upwards
  std::string sunk, sinking[2];        ///< and downwards
  const Connection* being_read = nullptr;
  std::vector<StreamEnd> ends;         ///< that nobody was told of yet

  void note(bool error, const std::string& text) { events.on_note(events.owner, error, text); }

  // stream_connect.cpp: how connections begin
  void wait_connection(const std::shared_ptr<Listener>& listener);
  void accept(const std::shared_ptr<Listener>& listener);
  Shared adopt(Descriptor fd, const StreamStart& start, bool pending);
  Shared connect(const StreamDeparture& departure);
  bool on_connected(const Shared& connection);

  // stream_read.cpp
  void wait_readable(const Shared& connection);
  void on_readable(const Shared& connection);
  bool take_head(const Shared& connection, Text bytes, bool& got_messages);
  bool rise(const Shared& connection, std::size_t from, Text bytes, bool& got_messages);
  bool deliver(const Shared& connection, Text bytes, bool& got_messages);
  bool take_messages(const Shared& connection, bool& got_messages);
  void hand_over(const Shared& connection, Text message, bool& got_messages);
  void take_alias(const Connection& connection, Text message);
  bool put_layer(const Shared& connection, std::unique_ptr<StreamLayer> layer, const Socket& socket, Text first);
  void hold(const Shared& connection, bool on);
  void go_on_reading(const Shared& connection);
  void end_reading(const Shared& connection, bool got_messages, bool ended, const std::string& why, StreamEndCause cause);
  bool feed_fresh_layer(const Shared& connection, Text more, bool& got_messages);
  void after_layer(Connection& connection, const StreamLayer& layer);
  void after_reading(Connection& connection, bool got_messages);

  // stream_write.cpp
  bool send(const StreamDeparture& departure, Text bytes);
  void write(const Shared& connection, Text bytes, std::uint64_t cookie, std::uint16_t origin);
  bool sink(const Shared& connection, std::size_t below, Text bytes);
  bool write_wire(const Shared& connection, Text bytes, std::uint64_t cookie, std::uint16_t origin);
  void wait_writable(const Shared& connection);
  void on_writable(const Shared& connection);
  void failed(std::uint16_t origin, std::uint64_t cookie);

  // stream_end.cpp: how they end
  void finish(const Shared& connection);
  void go_on_finishing(const Shared& connection);
  void close(const Shared& connection, const std::string& why, StreamEndCause cause = StreamEndCause::Closed);
  void tell_ends();
  void wait_sweep();
  void on_sweep();
  void shut_down();
  StreamInfo info(const Connection& connection) const;
};

std::string print_peer(const sip::Address& address);
bool set_keepalive(int fd, bool on, int idle, int interval, int count);   ///< the kernel's; false when it refused
inline bool would_block(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace strowger::net
