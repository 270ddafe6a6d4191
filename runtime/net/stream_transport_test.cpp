// Tests of stream connections over loopback: layers put on before and while messages come, their ends, limits, and memory lent.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/stream_transport.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>

#include <string>
#include <vector>

namespace strowger::net {
namespace {

const std::string kMessage = "MESSAGE sip:x SIP/2.0\r\nContent-Length: 5\r\n\r\nhello";
const std::string kOk = "SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n";

std::string flipped(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(c ^ 0x55);
  return out;
}

/// Says "hello" and waits for the other's "hello"; then every byte is flipped.
class Flip : public StreamLayer {
 public:
  State receive(Text bytes, std::string& up, std::string& down) override {
    for (const char c : bytes.view()) {
      if (greeted_ < 5) {
        if (c != "hello"[greeted_++]) return fault = "no hello", State::Failed;
        if (greeted_ == 5) down += "hello" + flipped(std::exchange(kept_, {}));
      } else if (c == '\xff') {
        return State::Ended;
      } else {
        up += static_cast<char>(c ^ 0x55);
      }
    }
    return State::Open;
  }
  State send(Text plain, std::string& down) override {
    if (greeted_ < 5) {
      kept_ += plain.view();
    } else {
      down += flipped(plain.view());
    }
    return State::Open;
  }
  void finish(std::string& down) override { down += "\xff"; }
  bool ready() const override { return greeted_ == 5; }
  bool holds() const override { return !kept_.empty(); }

 private:
  std::size_t greeted_ = 0;
  std::string kept_;
};

/// Messages end with '|', both ways.
class Bars : public StreamLayer {
 public:
  State receive(Text bytes, std::string& up, std::string& down) override {
    held_ += bytes.view();
    const std::size_t bar = held_.find('|');
    if (bar == std::string::npos) return State::Open;
    up += held_.substr(0, bar);
    held_.erase(0, bar + 1);
    return State::Open;
  }
  State send(Text plain, std::string& down) override {
    down.append(plain.view()).append("|");
    return State::Open;
  }
  bool inside() const override { return !held_.empty(); }
  bool keeps_messages() const override { return true; }

 private:
  std::string held_;
};

Socket web_socket() {
  Socket socket;
  socket.id = 7;
  socket.protocol = sip::Protocol::Ws;
  return socket;
}

/// A transport in this thread, and what it told.
struct World {
  explicit World(const StreamLimits& limits = {}) : directory(1), transport(io, directory, limits, 0,
      {this, on_message, on_batch_end, on_failed, on_note, on_ended, make_layer}) {
    Descriptor fd = open_listener(*sip::parse_ip("127.0.0.1"), false);
    address = bound_address(fd.get());
    transport.add_listener(0, sip::Protocol::Tcp, std::move(fd));
    fd = open_listener(*sip::parse_ip("127.0.0.1"), false);
    secure = bound_address(fd.get());
    transport.add_listener(1, sip::Protocol::Tls, std::move(fd));
  }
  ~World() { transport.shut(); }

  static void on_message(void* owner, const StreamMessage& message) {
    World& self = *static_cast<World*>(owner);
    self.got.push_back(std::string(message.bytes.view()));
    self.last = message.connection;
    if (message.bytes.view().starts_with("HOLD"))
      self.transport.with(message.connection, [](StreamControl& control) { control.hold(true); });
    if (message.bytes.view().starts_with("GET"))
      self.transport.with(message.connection, [](StreamControl& control) {
        EXPECT_TRUE(control.put_layer(std::make_unique<Bars>(), web_socket(), "101\r\n"));
      });
  }
  static void on_batch_end(void* owner) {}
  static void on_failed(void* owner, std::uint16_t origin, std::uint64_t cookie) { static_cast<World*>(owner)->failed.push_back(cookie); }
  static void on_note(void* owner, bool error, std::string_view text) {
    if (error) static_cast<World*>(owner)->notes += std::string(text) + "\n";
  }
  static void on_ended(void* owner, const StreamEnd& end) { static_cast<World*>(owner)->ended.push_back(end.info.id); }
  static std::unique_ptr<StreamLayer> make_layer(void* owner, const StreamStart& start, std::string& why) {
    if (start.wish == 7) return why = "as wished", nullptr;
    return std::make_unique<Flip>();
  }

  /// Runs what there is to do until `done`.
  template <class F>
  void until(F done) {
    bool good = done();
    for (int i = 0; i < 1000 && !good; ++i) {
      io.restart();
      io.run_for(std::chrono::milliseconds(1));
      good = done();
    }
    EXPECT_TRUE(good) << notes;
  }
  Descriptor dial(const sip::Address& to) {
    Descriptor fd(::socket(AF_INET, SOCK_STREAM, 0));
    sockaddr_storage storage{};
    const socklen_t length = to_sockaddr(to, storage);
    EXPECT_EQ(::connect(fd.get(), reinterpret_cast<const sockaddr*>(&storage), length), 0);
    return fd;
  }
  void put(const Descriptor& fd, std::string_view bytes) {
    EXPECT_EQ(::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL), static_cast<ssize_t>(bytes.size()));
  }
  /// What comes next, at least `size` bytes; less at the end of the stream.
  std::string take(const Descriptor& fd, std::size_t size) {
    std::string bytes;
    bool ended = false;
    until([&] {
      char buffer[65536];
      const ssize_t count = ::recv(fd.get(), buffer, sizeof buffer, MSG_DONTWAIT);
      if (count > 0) bytes.append(buffer, static_cast<std::size_t>(count));
      ended = count == 0;
      return ended || bytes.size() >= size;
    });
    return bytes;
  }

  boost::asio::io_context io{1};
  StreamDirectory directory;
  StreamTransport transport;
  sip::Address address, secure;
  std::vector<std::string> got;
  std::vector<std::uint64_t> failed;
  std::vector<std::uint32_t> ended;
  std::uint32_t last = 0;
  std::string notes;
};

TEST(StreamTransport, frames_and_answers_over_the_same_connection) {
  World world;
  const Descriptor peer = world.dial(world.address);
  world.put(peer, kMessage + kMessage.substr(0, 20));
  world.until([&] { return world.got.size() == 1; });
  world.put(peer, kMessage.substr(20) + "\r\n\r\n");
  world.until([&] { return world.got.size() == 2; });
  EXPECT_EQ(world.got[1], kMessage);
  StreamDeparture departure;
  departure.connection = world.last;
  EXPECT_TRUE(world.transport.send(departure, Text(std::string_view(kOk))));
  EXPECT_EQ(world.take(peer, kOk.size() + 2), "\r\n" + kOk);
}

TEST(StreamTransport, a_layer_of_the_socket_sees_every_split) {
  const std::string stream = "hello" + flipped(kMessage + kMessage);
  for (std::size_t split = 1; split < stream.size(); split += 7) {
    World world;
    const Descriptor peer = world.dial(world.secure);
    world.put(peer, stream.substr(0, split));
    world.until([&] { return split < 5 ? world.transport.connections() == 1 : !world.take(peer, 5).empty(); });
    world.put(peer, stream.substr(split));
    world.until([&] { return world.got.size() == 2; });
    ASSERT_EQ(world.got[1], kMessage) << split;
  }
}

TEST(StreamTransport, what_is_sent_before_the_handshake_waits_in_the_layer) {
  World world;
  const Descriptor listener = open_listener(*sip::parse_ip("127.0.0.1"), false);
  StreamDeparture departure;
  departure.to = bound_address(listener.get());
  departure.protocol = sip::Protocol::Tls;
  departure.cookie = 7;
  EXPECT_TRUE(world.transport.send(departure, Text(std::string_view(kMessage))));
  Descriptor peer;
  world.until([&] { return static_cast<bool>(peer = Descriptor(::accept(listener.get(), nullptr, nullptr))); });
  world.put(peer, "hello");
  EXPECT_EQ(world.take(peer, 5 + kMessage.size()), "hello" + flipped(kMessage));
  world.put(peer, flipped(kOk) + "\xff");
  world.until([&] { return world.ended.size() == 1; });
  EXPECT_EQ(world.got, std::vector<std::string>{kOk});
  EXPECT_TRUE(world.failed.empty());
}

TEST(StreamTransport, a_handshake_that_fails_fails_what_waits_for_it) {
  World world;
  const Descriptor listener = open_listener(*sip::parse_ip("127.0.0.1"), false);
  StreamDeparture departure;
  departure.to = bound_address(listener.get());
  departure.protocol = sip::Protocol::Tls;
  departure.cookie = 7;
  EXPECT_TRUE(world.transport.send(departure, Text(std::string_view(kMessage))));
  Descriptor peer;
  world.until([&] { return static_cast<bool>(peer = Descriptor(::accept(listener.get(), nullptr, nullptr))); });
  world.put(peer, "go away");
  world.until([&] { return world.ended.size() == 1; });
  EXPECT_EQ(world.failed, std::vector<std::uint64_t>{7});
  EXPECT_NE(world.notes.find("no hello"), std::string::npos);
  departure.wish = 7;
  EXPECT_FALSE(world.transport.send(departure, Text(std::string_view(kMessage))));
  EXPECT_EQ(world.directory.count(), 0U);
}

TEST(StreamTransport, a_layer_put_on_by_a_message_gets_what_is_behind_it) {
  const std::string get = "GET / HTTP/1.1\r\nContent-Length: 0\r\n\r\n";
  const std::string stream = "hello" + flipped(get + "one|two|th") + flipped("ree|");
  for (std::size_t split = 6; split < stream.size(); ++split) {
    World world;
    const Descriptor peer = world.dial(world.secure);
    world.put(peer, stream.substr(0, split));
    std::string answer = world.take(peer, 5);
    world.put(peer, stream.substr(split));
    world.until([&] { return world.got.size() == 4; });
    ASSERT_EQ(world.got, (std::vector<std::string>{get, "one", "two", "three"})) << split;
    StreamDeparture departure;
    departure.connection = world.last;
    EXPECT_TRUE(world.transport.send(departure, "yes"));
    while (answer.size() < 14) answer += world.take(peer, 1);
    EXPECT_EQ(answer, "hello" + flipped("101\r\nyes|"));
    EXPECT_EQ(world.directory.find({bound_address(peer.get()), sip::Protocol::Ws}), world.last);
    EXPECT_EQ(world.directory.find({bound_address(peer.get()), sip::Protocol::Tls}), 0U);
  }
}

TEST(StreamTransport, a_layer_put_on_later_gets_what_was_read_before) {
  World world;
  const Descriptor peer = world.dial(world.address);
  world.put(peer, kMessage + "one|two");
  world.until([&] { return world.got.size() == 1; });
  EXPECT_TRUE(world.transport.with(world.last, [](StreamControl& control) {
    EXPECT_TRUE(control.put_layer(std::make_unique<Bars>(), web_socket(), {}));
  }));
  world.until([&] { return world.got.size() == 2; });
  world.put(peer, "|");
  world.until([&] { return world.got.size() == 3; });
  EXPECT_EQ(world.got, (std::vector<std::string>{kMessage, "one", "two"}));
}

TEST(StreamTransport, a_connection_that_is_held_hands_nothing_over) {
  const std::string hold = "HOLD sip:x SIP/2.0\r\nContent-Length: 0\r\n\r\n";
  for (const bool secure : {false, true}) {
    World world;
    const Descriptor peer = world.dial(secure ? world.secure : world.address);
    const auto put = [&](const std::string& text) { world.put(peer, secure ? flipped(text) : text); };
    if (secure) world.put(peer, "hello");
    put(hold + kMessage + kMessage.substr(0, 9));
    world.until([&] { return world.got.size() == 1; });
    put(kMessage.substr(9) + hold + kMessage);
    for (int i = 0; i < 20; ++i) {
      world.io.restart();
      world.io.run_for(std::chrono::milliseconds(1));
    }
    EXPECT_EQ(world.got, std::vector<std::string>{hold});
    const auto go_on = [](StreamControl& control) {
      control.write("yes");
      control.hold(false);
    };
    EXPECT_TRUE(world.transport.with(world.last, go_on));
    world.until([&] { return world.got.size() == 4; });
    EXPECT_EQ(world.got, (std::vector<std::string>{hold, kMessage, kMessage, hold}));
    EXPECT_TRUE(world.transport.with(world.last, go_on));
    world.until([&] { return world.got.size() == 5; });
    EXPECT_EQ(world.take(peer, secure ? 11 : 6), secure ? "hello" + flipped("yesyes") : "yesyes");
  }
}

TEST(StreamTransport, an_end_in_order_finishes_the_layers) {
  World world;
  const Descriptor peer = world.dial(world.secure);
  world.put(peer, "hello" + flipped(kMessage));
  world.until([&] { return world.got.size() == 1; });
  StreamDeparture departure;
  departure.connection = world.last;
  departure.close_after = true;
  EXPECT_TRUE(world.transport.send(departure, Text(std::string_view(kOk))));
  EXPECT_EQ(world.take(peer, 4096), "hello" + flipped(kOk) + "\xff");
  EXPECT_EQ(world.directory.count(), 0U);
}

TEST(StreamTransport, connections_are_limited_in_all_by_protocol_and_by_source) {
  StreamLimits limits;
  limits.per_source = 3;
  limits.secure_connections = 2;
  World world(limits);
  std::vector<Descriptor> peers;
  for (int i = 0; i < 3; ++i) peers.push_back(world.dial(world.secure));
  world.until([&] { return world.notes.find("tls_max_connections") != std::string::npos; });
  EXPECT_EQ(world.directory.secure_count(), 2U);
  for (int i = 0; i < 2; ++i) peers.push_back(world.dial(world.address));
  world.until([&] { return world.directory.count() == 3 && world.take(peers.back(), 1).empty(); });
  peers.clear();
  world.until([&] { return world.directory.count() == 0 && world.directory.secure_count() == 0; });
}

TEST(StreamTransport, connections_come_from_the_address_and_port_that_are_set) {
  StreamLimits limits;
  limits.source_v4 = *sip::parse_ip("127.0.0.5");
  limits.reuse_port = true;
  World world(limits);
  const Descriptor listener = open_listener(*sip::parse_ip("127.0.0.1"), false);
  StreamDeparture departure;
  departure.to = bound_address(listener.get());
  departure.local = {4, 22033, {127, 0, 0, 1}};
  EXPECT_TRUE(world.transport.send(departure, Text(std::string_view(kMessage))));
  Descriptor peer;
  sockaddr_storage from{};
  socklen_t length = sizeof from;
  world.until([&] { return static_cast<bool>(peer = Descriptor(::accept(listener.get(), reinterpret_cast<sockaddr*>(&from), &length))); });
  EXPECT_TRUE(from_sockaddr(from).same_ip(limits.source_v4));
  EXPECT_EQ(from_sockaddr(from).port, 22033);
}

TEST(StreamTransport, who_does_not_read_is_not_read_either) {
  StreamLimits limits;
  limits.write_queue = 200000;
  World world(limits);
  const Descriptor peer = world.dial(world.address);
  world.put(peer, kMessage);
  world.until([&] { return world.got.size() == 1; });
  StreamDeparture departure;
  departure.connection = world.last;
  const std::string large(50000, 'x');
  std::size_t sent = 0;
  const auto queued = [&] { return world.transport.list().at(0).queued; };
  for (; queued() <= 100000; sent += large.size()) ASSERT_TRUE(world.transport.send(departure, Text(std::string_view(large))));
  world.put(peer, kMessage);
  world.until([&] { return world.got.size() == 2; });   // this turn still reads; then it pauses
  world.put(peer, kMessage);
  for (int i = 0; i < 20; ++i) world.io.restart(), world.io.run_for(std::chrono::milliseconds(1));
  EXPECT_EQ(world.got.size(), 2U);
  EXPECT_EQ(world.take(peer, sent).size(), sent);
  world.until([&] { return world.got.size() == 3; });
}

}  // namespace
}  // namespace strowger::net
