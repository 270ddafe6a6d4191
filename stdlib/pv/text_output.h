// Results of transformations and variables, built in the arena of the call.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/script/call.h"
#include "runtime/script/operators.h"
#include "runtime/sip/print.h"
#include "runtime/sip/scan.h"

namespace strowger::pv {

/// A result may be this long.
inline constexpr std::size_t kMaxText = 65535;

/// The text of a transformation's input. Undefined input does not come here: generated code lets it fail by itself.
inline Text text_of(Call& call, Value in) { return in.is_text() ? in.text() : Operators::value_to_text(&call, in); }

/// Room for a text of a known greatest length. What does not fit makes it fail.
class Output {
 public:
  Output(Call& call, std::size_t capacity) : Output(*call.arena, capacity) {}
  Output(sip::Arena& arena, std::size_t capacity)
      : arena_(arena), begin_(capacity <= kMaxText ? static_cast<char*>(arena.allocate(capacity)) : nullptr),
        writer_(begin_, begin_ ? capacity : 0) {}

  void put(Text text) { writer_.put(text); }
  void put(char c) { writer_.put(c); }
  void put_number(Int number) { writer_.put_number(number); }
  sip::Writer& writer() { return writer_; }

  Text done() {
    if (!begin_ || !writer_.ok()) return Text::failed();
    arena_.shrink(begin_, writer_.size());
    return {begin_, writer_.size()};
  }

 private:
  sip::Arena& arena_;
  char* begin_;
  sip::Writer writer_;
};

inline Text part(Text text, std::size_t from, std::size_t length) { return {text.ptr + from, length}; }
inline Text from(Text text, std::size_t at) { return {text.ptr + at, text.len - at}; }
inline Text or_empty(Text text) { return text.is_null() ? Text("") : text; }

/// Where the byte is, from `at` on; the text's length when it is not there.
inline std::size_t find_byte(Text text, char c, std::size_t at = 0) {
  const char* const end = text.ptr + text.len;
  return at < text.len ? static_cast<std::size_t>(sip::find_any_in(text.ptr, text.ptr + at, end, c) - text.ptr) : at;
}

}  // namespace strowger::pv
