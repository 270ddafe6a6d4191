// WebSocket as a stream layer: frames below, whole SIP messages above. Pure.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <atomic>
#include <memory>

#include "runtime/net/stream_layer.h"
#include "stdlib/websocket/frames.h"

namespace strowger::websocket {

/// Frames of a worker's connections, and how these ended.
struct Counters {
  std::uint64_t received = 0, transmitted = 0;
  std::uint64_t handshakes = 0, failed_handshakes = 0;
  std::uint64_t closed_here = 0, closed_there = 0, failed = 0;
};

enum class Stage : std::uint8_t { Open, ClosedHere, ClosedThere, Failed };

/// What others than its own worker want to know of a connection.
using SharedStage = std::shared_ptr<std::atomic<Stage>>;

class Layer final : public net::StreamLayer {
 public:
  /// `counters` outlive all calls of the layer.
  Layer(Counters& counters, SharedStage stage) : counters_(counters), stage_(std::move(stage)) {}

  State receive(Text bytes, std::string& up, std::string& down) override;
  State send(Text plain, std::string& down) override;
  void finish(std::string& down) override;
  bool inside() const override { return reader_.inside(); }
  bool keeps_messages() const override { return true; }

  /// Appends a close frame, and takes no more messages; false when it is closing already.
  bool close(std::string& down, std::uint16_t code, std::string_view words);
  /// Appends a ping or pong; false when it is closing.
  bool ping(std::string& down, Opcode opcode, std::string_view payload);
  bool awaits_pong() const { return awaits_pong_; }
  Stage stage() const { return stage_->load(std::memory_order_relaxed); }

 private:
  void put(std::string& down, Opcode opcode, std::string_view payload);
  bool pass_on(std::string& message, std::string& up, std::string& down);

  Counters& counters_;
  const SharedStage stage_;
  FrameReader reader_{65535};
  std::string kept_;                   ///< came with a message that is above now; from `at_` on
  std::size_t at_ = 0;
  bool awaits_pong_ = false;
};

}  // namespace strowger::websocket
