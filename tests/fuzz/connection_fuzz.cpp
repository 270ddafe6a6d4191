// Fuzzes one accepted connection, from its descriptor up: PROXY header, TLS, framing, a WebSocket put on by a message, answers and their
// writing, an end in order. However what comes is cut, the same messages are handed over; nothing is left at the end.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include <boost/asio/io_context.hpp>

#include "runtime/net/stream_transport.h"
#include "stdlib/tls/layer.h"
#include "stdlib/tls/tests/authority.h"
#include "stdlib/websocket/layer.h"

using namespace strowger;       // NOLINT: one short program
using namespace strowger::net;  // NOLINT

namespace {

void require(bool good, const char* what, const std::string& text = "") {
  if (good) return;
  std::fprintf(stderr, "broken: %s\n%s\n", what, text.c_str());
  std::abort();
}

constexpr std::string_view kAnswer = "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n";

const std::shared_ptr<const tls::Snapshot>& snapshot() {
  static const auto made = [] {
    tls::Authority authority;
    std::string why;
    auto one = tls::Snapshot::make({tls::test_profile(true, authority.issue("a.example", "DNS:a.example")), tls::test_profile(false)}, tls::Common(), why);
    require(one != nullptr, why.c_str());
    return one;
  }();
  return made;
}

/// What the first byte of an input chooses.
struct Mode {
  bool proxy_header, secure, aliases, no_length_needed;
  explicit Mode(unsigned bits)
      : proxy_header((bits & 1U) != 0), secure((bits & 2U) != 0), aliases((bits & 4U) != 0), no_length_needed((bits & 8U) != 0) {}
};

StreamLimits limits_of(const Mode& mode) {
  StreamLimits limits;
  limits.message = 4096;
  limits.proxy_header = mode.proxy_header;
  limits.accept_aliases = mode.aliases;
  limits.accept_without_length = mode.no_length_needed;
  limits.reset_at_end = true;
  return limits;
}

/// A listener, the connection of one peer, and what comes of it.
class Server {
 public:
  explicit Server(const Mode& mode)
      : limits_(limits_of(mode)), directory_(1),
        transport_(io_, directory_, limits_, 0, {this, on_message, on_batch_end, on_failed, on_note, on_ended, make_layer}) {
    Descriptor listener = open_listener(*sip::parse_ip("127.0.0.1"), false);
    require(static_cast<bool>(listener), "there is a listener");
    sockaddr_storage to{};
    const socklen_t length = to_sockaddr(bound_address(listener.get()), to);
    transport_.add_listener(0, mode.secure ? sip::Protocol::Tls : sip::Protocol::Tcp, std::move(listener));
    peer_ = Descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const linger reset{1, 0};   // a port in TIME_WAIT for each run would be too many
    const int on = 1;           // what is sent is there at once
    require(setsockopt(peer_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset) == 0 &&
                setsockopt(peer_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0 &&
                ::connect(peer_.get(), reinterpret_cast<const sockaddr*>(&to), length) == 0, "it is connected");
    own_ = bound_address(peer_.get());
    turn();
  }
  ~Server() { transport_.shut(); }

  void put(std::string_view bytes) {
    if (::send(peer_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) turn();
  }

  /// The peer says no more. What came of all of it.
  std::string end() {
    for (int i = 0; i < 1000 && held_ != 0; ++i) turn();
    ::shutdown(peer_.get(), SHUT_WR);
    turn();
    require(transport_.connections() == 0 && directory_.count() == 0 && directory_.secure_count() == 0, "the connection ends", out_);
    require(directory_.queued() == 0, "no bytes are left", out_);
    require(ended_ == 1, "its end is told once", out_);
    return out_ + (faults_ != 0 ? "fault" : "");
  }

 private:
  static Server& self(void* owner) { return *static_cast<Server*>(owner); }

  static void on_message(void* owner, const StreamMessage& message) {
    Server& server = self(owner);
    const std::string_view text = message.bytes.view();
    require(text.size() <= 65535, "messages keep the limit");
    server.out_.append(message.source == server.own_ ? "M" : "P").append(sip::name_of(message.protocol).view()).append(text);
    const bool close = text.starts_with("BYE");
    if (text.starts_with("GET")) {
      Socket web;
      web.id = 1;
      web.protocol = message.protocol == sip::Protocol::Tcp ? sip::Protocol::Ws : sip::Protocol::Wss;
      auto layer = std::make_unique<websocket::Layer>(server.counters_, std::make_shared<std::atomic<websocket::Stage>>(websocket::Stage::Open));
      server.transport_.with(message.connection, [&](StreamControl& control) { control.put_layer(std::move(layer), web, "101\r\n"); });
    } else if (text.starts_with("HOLD")) {
      server.transport_.with(message.connection, [](StreamControl& control) { control.hold(true); });
      server.held_ = message.connection;
    } else if (close || text.starts_with("OPTIONS")) {
      StreamDeparture answer;
      answer.connection = message.connection;
      answer.cookie = 1;
      answer.close_after = close;
      server.transport_.send(answer, Text(kAnswer));
    }
  }
  static void on_batch_end(void*) {}
  static void on_failed(void*, std::uint16_t, std::uint64_t) {}
  static void on_note(void* owner, bool error, std::string_view) { self(owner).faults_ += error; }
  static void on_ended(void* owner, const StreamEnd&) { ++self(owner).ended_; }
  static std::unique_ptr<StreamLayer> make_layer(void*, const StreamStart&, std::string& why) {
    return tls::make_server_layer(snapshot(), {4, 5061, {127, 0, 0, 1}}, {}, why);
  }

  /// Whatever there is to do; then a connection that is held may go on.
  void turn() {
    io_.restart();
    io_.poll();
    if (const std::uint32_t id = std::exchange(held_, 0); id != 0) {
      transport_.with(id, [](StreamControl& control) { control.hold(false); });
      io_.restart();
      io_.poll();
    }
  }

  boost::asio::io_context io_{1};
  StreamLimits limits_;
  StreamDirectory directory_;
  websocket::Counters counters_;
  StreamTransport transport_;
  Descriptor peer_;
  sip::Address own_;
  std::string out_;
  std::uint32_t held_ = 0;
  int faults_ = 0, ended_ = 0;
};

/// Pieces of 1 to `most` bytes, chosen by `seed`.
std::string play(const Mode& mode, std::string_view stream, unsigned most, unsigned seed) {
  Server server(mode);
  while (!stream.empty()) {
    seed = seed * 1664525 + 1013904223;
    const std::string_view piece = stream.substr(0, 1 + (seed >> 16U) % most);
    stream.remove_prefix(piece.size());
    server.put(piece);
  }
  return server.end();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 4) return 0;
  const Mode mode(data[0]);
  const std::string_view stream(reinterpret_cast<const char*>(data) + 3, size - 3);
  const std::string whole = play(mode, stream, 1U << 15U, 0);
  const std::string pieces = play(mode, stream, 1U + data[1] * 4U, data[2]);
  require(whole == pieces, "splitting changes nothing", whole + "\n--- in pieces:\n" + pieces);
  return 0;
}
