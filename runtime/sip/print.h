// A bounded writer for the builders of messages.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>
#include <cstdint>

#include "runtime/abi/values.h"

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

}  // namespace strowger::sip
