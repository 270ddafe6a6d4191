// The list of edits, and writing a message with them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   apply: sort by place -> ask the makers for their texts -> correct Content-Length -> copy pieces
#include "runtime/sip/edits.h"

#include <cstring>

#include "runtime/sip/chars.h"

namespace strowger::sip {
namespace {

// An edit with its text known; what apply() adds itself is here too.
struct Piece {
  std::uint32_t at;
  std::uint32_t remove;
  std::int16_t rank;
  const char* ptr;
  std::size_t len;
};

constexpr std::int16_t kRankLast = 1000;      // Content-Length that was missing
constexpr std::int16_t kRankEnd = 1001;       // an empty line that was missing
constexpr std::size_t kOwnPieces = 4;

bool before(const Piece& a, const Piece& b) { return a.at != b.at ? a.at < b.at : a.rank < b.rank; }

// A sorted array on the stack; insertion keeps equal ones in their order.
class Pieces {
 public:
  void add(const Piece& piece) {
    std::size_t i = count_++;
    for (; i > 0 && before(piece, items_[i - 1]); --i) items_[i] = items_[i - 1];
    items_[i] = piece;
  }
  const Piece* begin() const { return items_; }
  const Piece* end() const { return items_ + count_; }

 private:
  std::size_t count_ = 0;
  Piece items_[Edits::kLimit + kOwnPieces];
};

std::size_t print_number(std::size_t number, char* out) {
  char digits[20];
  std::size_t n = 0;
  do digits[n++] = static_cast<char>('0' + number % 10);
  while ((number /= 10) != 0);
  for (std::size_t i = 0; i < n; ++i) out[i] = digits[n - 1 - i];
  return n;
}

}  // namespace

bool Edits::add(Arena& arena, const Edit& edit) {
  if (count_ >= kLimit) return false;
  if (count_ == capacity_) {
    const std::size_t wider = capacity_ ? std::size_t{capacity_} * 2 : 8;
    auto* more = arena.make_array<Edit>(wider);
    if (!more) return false;
    if (count_ > 0) std::memcpy(static_cast<void*>(more), items_, count_ * sizeof(Edit));
    items_ = more;
    capacity_ = static_cast<std::uint16_t>(wider);
  }
  items_[count_++] = edit;
  return true;
}

int Edits::withdraw(std::uint8_t tag) {
  std::uint16_t kept = 0;
  for (std::uint16_t i = 0; i < count_; ++i)
    if (items_[i].tag != tag) items_[kept++] = items_[i];
  const int gone = count_ - kept;
  count_ = kept;
  return gone;
}

bool Edits::removes(std::uint32_t at) const {
  for (const Edit& e : *this)
    if (at >= e.at && at - e.at < e.remove) return true;
  return false;
}

// Out of memory, the copy is empty: compare sizes where that matters.
Edits Edits::copy(Arena& arena) const {
  Edits other;
  if (count_ == 0) return other;
  other.items_ = arena.make_array<Edit>(count_);
  if (!other.items_) return other;
  std::memcpy(static_cast<void*>(other.items_), items_, count_ * sizeof(Edit));
  other.count_ = other.capacity_ = count_;
  return other;
}

std::size_t apply(const Message& message, const Edits& edits, Text first_line, const SendPlan& plan, char* out,
                  std::size_t capacity) {
  if (message.is_cut() && plan.protocol != Protocol::Udp) return 0;   // a second Content-Length may be in what was not read
  const Text whole = message.buffer();
  const auto size = static_cast<std::uint32_t>(whole.len);
  const std::uint32_t body_at = message.body_at();
  const bool has_end = message.headers_end() < body_at;  // the empty line is there
  const auto line_len = static_cast<std::uint32_t>(message.first_line().len);

  Pieces pieces;
  if (!first_line.is_null()) pieces.add({0, line_len, -1000, first_line.ptr, first_line.len});

  bool body_edited = false;
  std::uint64_t body_added = 0;
  for (const Edit& edit : edits) {
    if (edit.at > size || (!first_line.is_null() && edit.at < line_len)) continue;
    const Text text = edit.make ? edit.make(edit.data, plan) : edit.insert;
    const std::uint32_t remove = edit.remove < size - edit.at ? edit.remove : size - edit.at;
    const std::size_t len = text.is_null() ? 0 : text.len;
    if (has_end && edit.at >= body_at) {
      body_edited = true;
      body_added += len;
    } else if (edit.at + remove > body_at) {
      body_edited = true;
    }
    pieces.add({edit.at, remove, edit.rank, text.ptr, len});
  }

  // What is left of the body: removals may overlap.
  std::uint64_t body_left = size - body_at;
  std::uint32_t counted = body_at;
  for (const Piece& piece : pieces) {
    const std::uint32_t from = piece.at > counted ? piece.at : counted, behind = piece.at + piece.remove;
    if (behind <= from) continue;
    body_left -= behind - from;
    counted = behind;
  }

  char length_line[48];
  // A datagram may have no Content-Length, or another one than its body has: on a stream that would make two messages of it.
  const bool framed = plan.protocol != Protocol::Udp && message.content_length() != static_cast<Int>(size - body_at);
  if (body_edited || framed) {
    const std::size_t length = body_left + body_added;
    const Header* h = message.first(HeaderId::ContentLength);
    if (h) {
      if (!edits.removes(h->value_at)) {
        const std::size_t n = print_number(length, length_line);
        std::uint32_t value_len = h->value_len;
        while (value_len > 0 && is_lws(whole.ptr[h->value_at + value_len - 1])) --value_len;
        pieces.add({h->value_at, value_len, 0, length_line, n});
      }
    } else if (length > 0 || framed) {
      std::memcpy(length_line, "Content-Length: ", 16);
      std::size_t n = 16 + print_number(length, length_line + 16);
      length_line[n++] = '\r';
      length_line[n++] = '\n';
      pieces.add({message.headers_end(), 0, kRankLast, length_line, n});
    }
  }
  if (!has_end) {
    // Headers that were cut off: what was inserted at their end must stay lines of its own.
    const bool open_line = size == 0 || whole.ptr[size - 1] != '\n';
    if (open_line) pieces.add({size, 0, -1000, "\r\n", 2});
    pieces.add({size, 0, kRankEnd, "\r\n", 2});
  }

  std::size_t used = 0;
  std::uint32_t at = 0;
  const auto put = [&](const char* p, std::size_t n) {
    if (n > capacity - used) return false;
    if (n > 0) std::memcpy(out + used, p, n);
    used += n;
    return true;
  };
  for (const Piece& piece : pieces) {
    if (piece.at > at) {
      if (!put(whole.ptr + at, piece.at - at)) return 0;
      at = piece.at;
    }
    if (!put(piece.ptr, piece.len)) return 0;
    const std::uint32_t behind = piece.at + piece.remove;
    if (behind > at) at = behind;
  }
  if (at < size && !put(whole.ptr + at, size - at)) return 0;
  return used;
}

}  // namespace strowger::sip
