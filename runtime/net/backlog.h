// Overload of a datagram socket: whether what is read has waited too long, and which messages to let go then.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A full queue loses whatever comes, the ACK and BYE of calls that are up as well as new calls, and what it keeps has been
// repeated by the time it is read: of three calls offered for one that can be borne, hardly any is completed. So the proxy reads on,
// and while the queue is too old it lets requests go that begin something new, which costs next to nothing. Callers repeat them.
#pragma once

#include <cstdint>

#include "runtime/abi/values.h"

namespace strowger::net {

class Backlog {
 public:
  /// A batch was read; `full`: there may be more. `now`: a monotonic clock, milliseconds. Gives whether the socket is behind.
  bool update(int fd, bool full, std::int64_t now) {
    if (!full) {
      since_ = kNever;
      return behind_ = false;
    }
    if (since_ == kNever) since_ = now;
    if (now - since_ < kStanding || now - asked_ < kPause) return behind_;
    asked_ = now;
    return behind_ = behind_ ? age(fd) > kCaughtUp || filled(fd) > kRoomy : age(fd) > kTooOld || filled(fd) > kCrowded;
  }
  std::uint64_t dropped = 0;           ///< counted by who drops

 private:
  static constexpr std::int64_t kNever = -1;
  static constexpr std::int64_t kStanding = 100;   ///< so long the queue was never empty before its age is asked for
  static constexpr std::int64_t kPause = 10;
  static constexpr std::int64_t kTooOld = 250;     ///< below the half second after which requests are repeated (RFC 3261 §17)
  static constexpr std::int64_t kCaughtUp = 50;
  static constexpr int kCrowded = 50, kRoomy = 10; ///< percent of the socket's buffer: a fast worker's is full before it is old
  /// Milliseconds that the datagram read last had waited; 0 where the system does not know (it learns to by being asked).
  static std::int64_t age(int fd);
  /// Percent of the receive buffer; 0 where the system does not tell.
  static int filled(int fd);

  std::int64_t since_ = kNever, asked_ = 0;
  bool behind_ = false;
};

/// A request outside of dialogs that begins something: not ACK, CANCEL, BYE, PRACK, a reply, or anything with a tag in its To.
bool begins_something(Text message);

}  // namespace strowger::net
