// Cuts a byte stream into SIP messages and HTTP requests by Content-Length (RFC 3261 §18.3), wherever the pieces of the stream end.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "runtime/abi/values.h"

namespace strowger::net {

class StreamFramer {
 public:
  enum class Event : std::uint8_t {
    More,          ///< nothing whole yet
    Message,
    Ping,          ///< CRLF CRLF between messages (RFC 5626 §3.5.1): to be answered with CRLF
    TooLong,       ///< the rest are faults: the stream cannot be followed any further
    NoLength,
    BadLength,
    Encoded,       ///< HTTP with a Transfer-Encoding
  };

  /// `limit`: bytes of the longest message. `accept_without_length`: a message without Content-Length has no body.
  explicit StreamFramer(std::size_t limit, bool accept_without_length = false)
      : limit_(limit), accept_without_length_(accept_without_length) {}

  /// Where the next bytes are to be read into; `room` says how many. Views given out before end here.
  char* space(std::size_t& room);
  void commit(std::size_t bytes) { filled_ += bytes; }
  /// What is next. A message's view stays until space() is called.
  Event next(Text& message);
  /// Lends memory for reading, so that a stream at rest has none: settle() gives it back. Bytes of a message that has begun move.
  void lend(std::vector<char>& spare);
  /// The end of reading for now. Views given out before end here.
  void settle(std::vector<char>& spare);
  /// What was not cut yet; forget() drops it.
  Text rest() const { return {buffer_.data() + at_, filled_ - at_}; }
  void forget();
  /// Has a message begun that is not whole yet?
  bool inside_message() const { return at_ < filled_; }

 private:
  static constexpr std::size_t kRead = 8192;
  static constexpr std::size_t kLent = 4 * kRead;   ///< larger memory is not kept for others
  Event cut(Text& message);
  std::vector<char> buffer_;
  std::size_t at_ = 0;          ///< where the message begins
  std::size_t filled_ = 0;      ///< bytes in the buffer
  std::size_t line_ = 0;        ///< the line that is being looked at, from at_
  std::size_t body_ = 0;        ///< behind the headers, from at_; 0 until known
  std::size_t total_ = 0;       ///< of the whole message, once body_ is known
  std::size_t limit_;
  std::uint8_t newlines_ = 0;   ///< between messages
  bool accept_without_length_;
};

/// The Content-Length in a header block: its value, -1 when absent, -2 when it is no number or given twice differently. HTTP has
/// no compact form of it.
std::int64_t find_content_length(Text headers, bool http = false);

}  // namespace strowger::net
