// Edits: what the script changes in a message, kept apart from it until it is sent (or msg_apply_changes()).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>

#include "runtime/abi/values.h"
#include "runtime/sip/arena.h"
#include "runtime/sip/message.h"

namespace strowger::sip {

struct SendPlan;

/// At offset `at` remove `remove` bytes and put `insert` there. `make`, when set, gives the text at the time of sending
/// (Record-Route names the outgoing socket); it may return null for nothing.
struct Edit {
  std::uint32_t at = 0;
  std::uint32_t remove = 0;
  Text insert;
  std::int8_t rank = 0;            ///< order among edits at one offset: low first; equal ranks keep their order
  std::uint8_t tag = 0;            ///< owner's mark (EditTag), so that it can be found and withdrawn
  Text (*make)(const void* data, const SendPlan& plan) = nullptr;
  const void* data = nullptr;
};

/// Marks of Edit::tag; each belongs to one setter, which changes its own edit when it is called again.
enum EditTag : std::uint8_t { kNoTag = 0, kTagFromUri, kTagFromDisplay, kTagToUri, kTagToDisplay, kTagBody, kTagBodyType, kTagRecordRoute, kTagParties };

/// Ranks used by the core at the start of the headers.
inline constexpr std::int8_t kRankRecordRoute = -20, kRankPath = -10, kRankOwnVia = 10;

/// An ordered list of edits in an arena. Copying copies the list (for a branch), not the texts.
class Edits {
 public:
  /// Removals may overlap; what is inserted inside of one is sent all the same. False when the limit is reached.
  bool add(Arena& arena, const Edit& edit);
  bool insert(Arena& arena, std::uint32_t at, Text text, std::int8_t rank = 0) { return add(arena, {at, 0, text, rank, 0, nullptr, nullptr}); }
  bool remove(Arena& arena, std::uint32_t at, std::uint32_t length) { return add(arena, {at, length, Text::null(), 0, 0, nullptr, nullptr}); }
  bool replace(Arena& arena, std::uint32_t at, std::uint32_t length, Text text) { return add(arena, {at, length, text, 0, 0, nullptr, nullptr}); }
  /// Withdraws all edits with the tag; how many there were.
  int withdraw(std::uint8_t tag);
  bool removes(std::uint32_t at) const;          ///< is the byte at `at` removed?
  bool empty() const { return count_ == 0; }
  std::size_t size() const { return count_; }
  Edit* begin() { return items_; }
  Edit* end() { return items_ + count_; }
  const Edit* begin() const { return items_; }
  const Edit* end() const { return items_ + count_; }
  Edits copy(Arena& arena) const;
  void clear() { count_ = 0; }

  static constexpr std::size_t kLimit = 256;

 private:
  Edit* items_ = nullptr;
  std::uint16_t count_ = 0, capacity_ = 0;
};

/// What is known when bytes are made: handed to Edit::make.
struct SendPlan {
  const struct SendSocketView* out = nullptr;    ///< outgoing socket (script/socket.h)
  const struct SendSocketView* in = nullptr;     ///< receiving socket
  Protocol protocol = Protocol::Udp;
  Arena* arena = nullptr;
  const void* live = nullptr;                    ///< the script::LiveMessage being sent
};

/// Writes message + edits (sorted by place) into `out`. `first_line` replaces the first line when not null. When the body's
/// length changes, Content-Length is corrected (added where it was missing and there is a body); for a stream, which is cut by it
/// (RFC 3261 §18.3), it is made right in any case. Returns the bytes
/// written, or 0 when they would not fit in `capacity`, or for a cut message on a stream.
std::size_t apply(const Message& message, const Edits& edits, Text first_line, const SendPlan& plan, char* out, std::size_t capacity);

}  // namespace strowger::sip
