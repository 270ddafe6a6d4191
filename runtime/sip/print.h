// Writers for the builders of messages: one that is bounded, one for what is known to have room.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/abi/values.h"
#include "runtime/sip/address.h"

namespace strowger::sip {

/// Appends to a buffer of fixed size. What does not fit is not written, and ok() stays false from then on.
class Writer {
 public:
  Writer(char* out, std::size_t capacity) : begin_(out), at_(out), end_(out + capacity) {}

  [[gnu::always_inline]] void put(Text text) {
    if (!__builtin_constant_p(text.len)) return put_any(text.ptr, text.len);
    if (text.empty() || !room(text.len)) return;
    __builtin_memcpy(at_, text.ptr, text.len);
    at_ += text.len;
  }
  void put(char c) {
    if (room(1)) *at_++ = c;
  }
  void put_number(Int number);                                  ///< decimal
  void put_port(std::uint16_t port) { put_number(port); }
  void put_ip(const Address& address) {                         ///< as print_ip()
    char text[48];
    put(Text(text, print_ip(address, text)));
  }
  void put_hex(std::uint64_t number, unsigned digits = 1);      ///< lower case, at least `digits` long

  bool ok() const { return ok_; }
  std::size_t size() const { return static_cast<std::size_t>(at_ - begin_); }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  Text text() const { return {begin_, size()}; }

 private:
  void put_any(const char* text, std::size_t length);
  bool room(std::size_t n) {
    if (n <= left()) [[likely]] return true;
    ok_ = false;
    end_ = at_;              // nothing more
    return false;
  }
  char* begin_;
  char* at_;
  char* end_;
  bool ok_ = true;
};

/// Writes a port at `out`; where it ends.
char* print_port(std::uint16_t port, char* out);

/// Eight digits, lower case.
void print_hex8(std::uint32_t number, char* out);

/// Appends where the caller has made room for all that comes, and kSlack bytes more.
class SureWriter {
 public:
  static constexpr std::size_t kSlack = 64;
  explicit SureWriter(char* out) : begin_(out), at_(out) {}

  [[gnu::always_inline]] void put(Text text) {
    if (text.is_null()) return;
    __builtin_memcpy(at_, text.ptr, text.len);   // not std::memcpy: checked, it may be more than that
    at_ += text.len;
  }
  void put(char c) { *at_++ = c; }
  [[gnu::always_inline]] void put(const char* from, const char* to) {
    __builtin_memcpy(at_, from, static_cast<std::size_t>(to - from));
    at_ += to - from;
  }
  /// put() for what is hardly longer than sixteen bytes: no call.
  [[gnu::always_inline]] void put_short(Text text) {
    const std::size_t n = text.len;
    if (text.is_null() || n > 16) return put(text);
    if (n >= 8) {
      copy_ends<8>(text.ptr, n);
    } else if (n >= 4) {
      copy_ends<4>(text.ptr, n);
    } else {
      for (std::size_t i = 0; i < n; ++i) at_[i] = text.ptr[i];
    }
    at_ += n;
  }
  void put_port(std::uint16_t port) { at_ = print_port(port, at_); }
  void put_number(Int number);
  void put_hex(std::uint64_t number, unsigned digits = 1);
  void put_ip(const Address& address) { at_ += print_ip(address, at_); }   ///< as print_ip()

  char* at() const { return at_; }
  void move_to(char* at) { at_ = at; }                          ///< what is in front was written by others
  std::size_t size() const { return static_cast<std::size_t>(at_ - begin_); }
  Text text() const { return {begin_, size()}; }

 private:
  template <std::size_t kWord>
  void copy_ends(const char* from, std::size_t n) {              // the first and the last word of them
    char first[kWord], last[kWord];
    __builtin_memcpy(first, from, kWord);
    __builtin_memcpy(last, from + n - kWord, kWord);
    __builtin_memcpy(at_, first, kWord);
    __builtin_memcpy(at_ + n - kWord, last, kWord);
  }
  char* begin_;
  char* at_;
};

}  // namespace strowger::sip
