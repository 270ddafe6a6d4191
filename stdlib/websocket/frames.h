// WebSocket frames (RFC 6455 §5): written as a server does, read as a client sends them, from pieces of any size.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace strowger::websocket {

enum class Opcode : std::uint8_t { Continuation = 0, Text = 1, Binary = 2, Close = 8, Ping = 9, Pong = 10 };

inline constexpr std::size_t kMostControl = 125;   ///< bytes in a control frame

/// Appends a frame: final, not masked.
void put_frame(std::string& out, Opcode opcode, std::string_view payload);
/// Appends a close frame; `words` are cut to what fits.
void put_close(std::string& out, std::uint16_t code, std::string_view words);
/// May the bytes be the payload of a text frame (RFC 3629)?
bool is_utf8(std::string_view text);

/// Why a connection is closed.
struct CloseReason {
  std::uint16_t code = 0;
  std::string_view words;
};

class FrameReader {
 public:
  enum class Event : std::uint8_t {
    More,        ///< nothing whole yet, all bytes are taken
    Message,     ///< text or binary, all fragments of it
    Ping, Pong, Close,
    Fault,       ///< reason() says what to close with; the stream cannot be followed any further
  };

  /// `limit`: bytes of the longest message.
  explicit FrameReader(std::size_t limit) : limit_(limit) {}

  /// What comes next out of `bytes`, of which it takes away what it has read. `payload` is that of the event.
  Event next(std::string_view& bytes, std::string& payload);
  const CloseReason& reason() const { return reason_; }
  /// Has a frame or a message begun that is not whole yet?
  bool inside() const { return have_ > 0 || in_body_ || in_message_; }

 private:
  static constexpr std::size_t kHead = 14;
  bool is_control() const { return (head_[0] & 8U) != 0; }
  bool is_final() const { return (head_[0] & 0x80U) != 0; }
  std::size_t head_size() const;
  bool begin_frame();
  bool end_head();
  bool fail(std::uint16_t code, std::string_view words);

  std::uint8_t head_[kHead] = {};
  std::uint8_t have_ = 0;              ///< bytes in head_
  bool in_body_ = false, in_message_ = false;
  std::uint8_t mask_at_ = 0;           ///< which byte of the mask is next
  std::uint8_t mask_[4] = {};
  std::uint64_t left_ = 0;             ///< of the frame's payload
  std::size_t limit_;
  std::string message_, control_;      ///< as far as they are there
  CloseReason reason_;
};

}  // namespace strowger::websocket
