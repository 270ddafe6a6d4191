// A bounded writer for the builders of messages.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "runtime/abi/values.h"

namespace strowger::sip {

/// Appends to a buffer of fixed size. What does not fit is not written, and ok() stays false from then on.
class Writer {
 public:
  Writer(char* out, std::size_t capacity) : begin_(out), at_(out), end_(out + capacity) {}

  void put(Text text) {
    if (text.empty() || !room(text.len)) return;
    copy(at_, text.ptr, text.len);
    at_ += text.len;
  }
  void put(char c) {
    if (room(1)) *at_++ = c;
  }
  void put_number(Int number);                                  ///< decimal
  void put_hex(std::uint64_t number, unsigned digits = 1);      ///< lower case, at least `digits` long

  bool ok() const { return ok_; }
  std::size_t size() const { return static_cast<std::size_t>(at_ - begin_); }
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }
  Text text() const { return {begin_, size()}; }

 private:
  /// Most texts are short: no call for those.
  static void copy(char* to, const char* from, std::size_t n) {
    if (__builtin_constant_p(n)) {
      std::memcpy(to, from, n);
    } else if (n > 16) {
      copy_long(to, from, n);
    } else if (n >= 8) {
      copy_ends<std::uint64_t>(to, from, n);
    } else if (n >= 4) {
      copy_ends<std::uint32_t>(to, from, n);
    } else {
      for (std::size_t i = 0; i < n; ++i) to[i] = from[i];
    }
  }
  static void copy_long(char* to, const char* from, std::size_t n);   ///< more than 16
  template <class Word>
  static void copy_ends(char* to, const char* from, std::size_t n) {
    Word first, last;
    std::memcpy(&first, from, sizeof first);
    std::memcpy(&last, from + n - sizeof last, sizeof last);
    std::memcpy(to, &first, sizeof first);
    std::memcpy(to + n - sizeof last, &last, sizeof last);
  }
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

}  // namespace strowger::sip
