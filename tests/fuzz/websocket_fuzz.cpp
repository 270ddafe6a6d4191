// Fuzzes WebSocket frames: however a stream is split, the same comes out of it, within limits; what is written is read back.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "stdlib/websocket/layer.h"

using namespace strowger;             // NOLINT: one short program
using namespace strowger::websocket;  // NOLINT

namespace {

constexpr std::size_t kLimit = 65535;

void require(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

/// All that a layer makes of the stream; pieces of 1 to `piece` bytes, chosen by `seed`.
std::string play(std::string_view stream, unsigned piece, unsigned seed) {
  Counters counters;
  const auto stage = std::make_shared<std::atomic<Stage>>(Stage::Open);
  Layer layer(counters, stage);
  std::string out, down, up;
  auto state = net::StreamLayer::State::Open;
  while (!stream.empty() && state == net::StreamLayer::State::Open) {
    seed = seed * 1664525 + 1013904223;
    std::string_view part = stream.substr(0, 1 + (seed >> 16U) % piece);
    stream.remove_prefix(part.size());
    do {
      up.clear();
      state = layer.receive(Text(part), up, down);
      require(up.size() <= kLimit, "messages keep the limit");
      if (!up.empty()) out.append("M").append(std::to_string(up.size())).append(up);
      part = {};
    } while (!up.empty() && state == net::StreamLayer::State::Open);
  }
  if (stage->load() == Stage::Open) require(layer.send(Text(std::string_view(out)), down) == net::StreamLayer::State::Open, "what is open sends");
  layer.finish(down);
  return out + "|" + down + "|" + std::to_string(static_cast<int>(state)) + (layer.inside() ? "inside" : "");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view stream(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::string whole = play(stream, 1, 0);
  require(play(stream, 1U + data[0], data[1]) == whole, "splitting changes nothing");
  require(play(stream, 1U << 15U, data[1]) == whole, "joining changes nothing");
  // As one masked message.
  std::string frame;
  put_frame(frame, Opcode::Binary, stream);
  const std::size_t head = frame.size() - stream.size();
  frame[1] = static_cast<char>(static_cast<unsigned char>(frame[1]) | 0x80U);
  frame.insert(head, 4, '\0');
  FrameReader reader(kLimit);
  std::string_view rest = frame;
  std::string payload;
  require(reader.next(rest, payload) == FrameReader::Event::Message && payload == stream && rest.empty(), "what is written is read");
  (void)is_utf8(stream);
  return 0;
}
