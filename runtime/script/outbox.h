// What a worker wants sent. The socket shell (or the simulator) empties it after every batch; nothing here does I/O.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "runtime/script/socket.h"

namespace strowger {

struct Departure {
  const Socket* from = nullptr;
  sip::Address to;
  sip::Protocol protocol = sip::Protocol::Udp;
  std::uint32_t connection = 0;     ///< stream connection to use, 0: by address
  std::uint8_t only_existing = 0;   ///< streams: do not connect (set_forward_no_connect, set_reply_no_connect)
  std::uint8_t close_after = 0;
  std::uint32_t wish = 0;           ///< streams: how a new connection is to be made (Services::stream_wish), 0 as always
  std::uint32_t call = 0;           ///< what has another here may overtake this one; 0: nothing may. See call_mark().
  std::uint64_t cookie = 0;         ///< for failure reports: the owner's mark, 0 none
  std::uint32_t at = 0, length = 0; ///< bytes, in the outbox's buffer
};

/// For Departure::call: the same for all messages with one Call-ID.
inline std::uint32_t call_mark(Text call_id) {
  if (call_id.is_null()) return 0;
  while (call_id.len > 0 && static_cast<unsigned char>(call_id.ptr[call_id.len - 1]) <= ' ') --call_id.len;
  if (call_id.len < 8) return 0;
  std::uint64_t first, last;
  std::memcpy(&first, call_id.ptr, 8);
  std::memcpy(&last, call_id.ptr + call_id.len - 8, 8);
  return static_cast<std::uint32_t>(((first ^ last >> 23) * 0x9e3779b97f4a7c15 + last) * 0xbf58476d1ce4e5b9 >> 32) | 1;
}

/// A byte buffer and a list of departures. Grows to what a batch needs and stays there.
class Outbox {
 public:
  /// Sees each message that is put in, and may change it with replace_last() (topology hiding). One at most.
  using Filter = void (*)(void* owner, Outbox& outbox);
  void set_filter(Filter filter, void* owner) {
    filter_ = filter;
    filter_owner_ = owner;
  }
  /// Other bytes for the departure that was put in last.
  void replace_last(Text bytes) {
    Departure& last = entries_.back();
    used_ = last.at;
    std::memcpy(reserve(bytes.len), bytes.ptr, bytes.len);
    last.length = static_cast<std::uint32_t>(bytes.len);
    used_ += bytes.len;
  }
  /// Room for `capacity` bytes to build a message in place; follow with commit(), add() or nothing.
  char* reserve(std::size_t capacity) {
    if (buffer_.size() - used_ < capacity) buffer_.resize((buffer_.size() + capacity) * 2);
    return buffer_.data() + used_;
  }
  bool is_reserved(const char* place) const { return place == buffer_.data() + used_; }
  /// Puts in the `length` bytes that were built. The caller says where they go, and then calls show_filter().
  Departure& add(std::size_t length) {
    Departure& departure = entries_.emplace_back();
    departure.at = static_cast<std::uint32_t>(used_);
    departure.length = static_cast<std::uint32_t>(length);
    used_ += length;
    return departure;
  }
  void show_filter() {
    if (filter_) [[unlikely]] filter_(filter_owner_, *this);
  }
  void commit(std::size_t length, const Departure& departure) {
    Departure& entry = entries_.emplace_back(departure);
    entry.at = static_cast<std::uint32_t>(used_);
    entry.length = static_cast<std::uint32_t>(length);
    used_ += length;
    show_filter();
  }
  void push(const Departure& departure, Text bytes) {
    std::memcpy(reserve(bytes.len), bytes.ptr, bytes.len);
    commit(bytes.len, departure);
  }
  /// The owner's mark for the departure that was put in last (see Services::send_failed).
  void mark_last(std::uint64_t cookie) {
    if (!entries_.empty()) entries_.back().cookie = cookie;
  }
  void wish_last(std::uint32_t wish) {
    if (!entries_.empty()) entries_.back().wish = wish;
  }
  const std::vector<Departure>& entries() const { return entries_; }
  Text bytes(const Departure& d) const { return {buffer_.data() + d.at, d.length}; }
  bool empty() const { return entries_.empty(); }
  void clear() {
    entries_.clear();
    used_ = 0;
  }

 private:
  std::vector<char> buffer_ = std::vector<char>(1 << 18);
  std::size_t used_ = 0;
  std::vector<Departure> entries_;
  Filter filter_ = nullptr;
  void* filter_owner_ = nullptr;
};

}  // namespace strowger
