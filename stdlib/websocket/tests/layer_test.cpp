// Tests of the layer and of handshakes: messages one at a time, keep-alives, both ways to close.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/websocket/layer.h"

#include <gtest/gtest.h>

#include <vector>

#include "runtime/sip/arena.h"
#include "stdlib/websocket/handshake.h"

namespace strowger::websocket {
namespace {

using State = net::StreamLayer::State;

std::string masked(unsigned first, std::string_view payload) {
  std::string out{static_cast<char>(first), static_cast<char>(0x80U | payload.size()), 0, 0, 0, 0};
  return out.append(payload);
}

struct World {
  Counters counters;
  SharedStage stage = std::make_shared<std::atomic<Stage>>(Stage::Open);
  Layer layer{counters, stage};
  std::vector<std::string> got;
  std::string down;
  State state = State::Open;

  /// As the transport does it: again without bytes until nothing comes.
  void put(std::string_view bytes) {
    std::string up;
    do {
      up.clear();
      state = layer.receive(Text(bytes), up, down);
      if (!up.empty()) got.push_back(up);
      bytes = {};
    } while (!up.empty() && state == State::Open);
  }
};

TEST(WebSocketLayer, gives_one_message_at_a_time_at_every_split) {
  const std::string stream = masked(0x81, "one") + masked(0x82, "two") + masked(0x89, "p") + masked(0x01, "th") + masked(0x80, "ree") +
                             masked(0x81, "\r\n\r\n") + masked(0x81, "") + masked(0x81, "four");
  for (std::size_t split = 0; split <= stream.size(); ++split) {
    World world;
    world.put(stream.substr(0, split));
    world.put(stream.substr(split));
    ASSERT_EQ(world.got, (std::vector<std::string>{"one", "two", "three", "four"})) << split;
    EXPECT_EQ(world.down, "\x8a\x01p\x81\x02\r\n");
    EXPECT_FALSE(world.layer.inside());
    EXPECT_EQ(world.state, State::Open);
  }
}

TEST(WebSocketLayer, sends_text_or_what_is_none) {
  World world;
  EXPECT_EQ(world.layer.send("abc", world.down), State::Open);
  EXPECT_EQ(world.layer.send("\xff", world.down), State::Open);
  EXPECT_EQ(world.down, "\x81\x03" "abc\x82\x01\xff");
  EXPECT_EQ(world.counters.transmitted, 2U);
}

TEST(WebSocketLayer, ends_when_the_client_closes) {
  World world;
  world.put(masked(0x81, "one") + masked(0x88, "\x03\xe9") + masked(0x81, "late"));
  EXPECT_EQ(world.got, std::vector<std::string>{"one"});
  EXPECT_EQ(world.state, State::Ended);
  EXPECT_EQ(world.down, "\x88\x10\x03\xe8Normal closure");
  EXPECT_EQ(world.layer.stage(), Stage::ClosedThere);
  std::string more;
  world.layer.finish(more);
  EXPECT_EQ(more, "");
}

TEST(WebSocketLayer, waits_for_the_client_when_it_closes) {
  World world;
  EXPECT_TRUE(world.layer.close(world.down, 4000, "bye"));
  EXPECT_FALSE(world.layer.close(world.down, 4000, "bye"));
  EXPECT_EQ(world.down, "\x88\x05\x0f\xa0" "bye");
  world.down.clear();
  world.put(masked(0x81, "late") + masked(0x89, "ping"));
  EXPECT_TRUE(world.got.empty());
  EXPECT_EQ(world.down, "");
  EXPECT_EQ(world.state, State::Open);
  EXPECT_EQ(world.layer.send("x", world.down), State::Failed);
  world.put(masked(0x88, ""));
  EXPECT_EQ(world.state, State::Ended);
  EXPECT_EQ(world.layer.stage(), Stage::ClosedHere);
}

TEST(WebSocketLayer, says_what_is_wrong) {
  World world;
  world.put("\x81\x01x");
  EXPECT_EQ(world.state, State::Failed);
  EXPECT_EQ(world.down, "\x88\x10\x03\xeaProtocol error");
  EXPECT_EQ(world.layer.stage(), Stage::Failed);
  EXPECT_NE(world.layer.fault, "");
}

TEST(WebSocketLayer, knows_whether_a_pong_is_due) {
  World world;
  EXPECT_TRUE(world.layer.ping(world.down, Opcode::Ping, "x"));
  EXPECT_TRUE(world.layer.awaits_pong());
  world.put(masked(0x8a, "x"));
  EXPECT_FALSE(world.layer.awaits_pong());
  EXPECT_TRUE(world.layer.ping(world.down, Opcode::Pong, "x"));
  EXPECT_FALSE(world.layer.awaits_pong());
}

Verdict judge(std::string_view lines, int cors_mode = 0, std::string_view first = "GET /ws HTTP/1.1") {
  static sip::ChunkPool pool;
  static sip::Arena arena(pool);
  static std::string text;
  text = std::string(first) + "\r\nHost: h\r\n" + std::string(lines) + "\r\n";
  return judge_handshake(sip::Message::parse(Text(std::string_view(text)), arena), cors_mode);
}

constexpr std::string_view kGood =
    "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Protocol: msrp, sip\r\nSec-WebSocket-Version: 13\r\nOrigin: http://a.example\r\n";

TEST(WebSocketHandshake, has_the_key_of_the_rfc) {
  EXPECT_EQ(accept_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  const Verdict good = judge(kGood);
  EXPECT_EQ(good.code, 101) << good.why;
  EXPECT_EQ(good.headers, "Sec-WebSocket-Protocol: sip\r\nUpgrade: websocket\r\nConnection: upgrade\r\n"
                          "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
  EXPECT_TRUE(judge(kGood, 1).headers.starts_with("Access-Control-Allow-Origin: *\r\n"));
  EXPECT_TRUE(judge(kGood, 2).headers.starts_with("Access-Control-Allow-Origin: http://a.example\r\n"));
  std::string folded(kGood);
  folded.replace(folded.find("http://a"), 8, "http://\r\n x");
  EXPECT_TRUE(judge(folded, 2).headers.starts_with("Sec-WebSocket-Protocol"));
}

TEST(WebSocketHandshake, wants_every_header) {
  for (const std::string_view name : {"Upgrade", "Connection", "Sec-WebSocket-Key", "Sec-WebSocket-Protocol", "Sec-WebSocket-Version"}) {
    std::string lines(kGood);
    const std::size_t at = lines.find(std::string(name) + ":");
    lines.erase(at, lines.find('\n', at) + 1 - at);
    const Verdict verdict = judge(lines);
    EXPECT_EQ(verdict.code, 400) << name;
    EXPECT_EQ(verdict.headers, "Sec-WebSocket-Protocol: sip\r\nSec-WebSocket-Version: 13\r\n");
  }
  EXPECT_EQ(judge(std::string(kGood) + "Sec-WebSocket-Version: 13\r\n").code, 400);
  EXPECT_EQ(judge(kGood, 0, "POST /ws HTTP/1.1").code, 400);
  EXPECT_EQ(judge(kGood, 0, "GET /ws HTTP/1.0").code, 400);
  std::string other(kGood);
  other.replace(other.find("13\r\n"), 2, "14");
  EXPECT_EQ(judge(other).code, 426);
  EXPECT_EQ(judge(other).headers, "Sec-WebSocket-Version: 13\r\n");
}

}  // namespace
}  // namespace strowger::websocket
