// The values that compiled scripts, the runtime and modules hand to each other.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Every type here is trivially copyable and at most 16 bytes, so that it travels in registers. The compiler emits
// calls with exactly this lowering (x86-64 SysV, as clang does it):
//   Int   -> i64        Text -> ptr, i64 (returned as { ptr, i64 })
//   Value -> i64, i64 (returned as { i64, i64 })        Code, bool -> i32 / i1 zeroext
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace strowger {

using Int = std::int64_t;

/// What a script function returns: > 0 true, < 0 false, 0 ends the whole script run.
using Code = std::int32_t;

/// A view of bytes, or null. Points into the received message, a constant, or an arena; never owns.
/// Null comes in two kinds: absent (prints "<null>" in formats) and failed (prints nothing).
struct Text {
  const char* ptr = nullptr;
  std::size_t len = 0;

  constexpr Text() = default;
  constexpr Text(const char* p, std::size_t n) : ptr(p), len(n) {}
  constexpr Text(std::string_view s) : ptr(s.data() ? s.data() : ""), len(s.size()) {}  // NOLINT: implicit on purpose
  template <std::size_t N>
  constexpr Text(const char (&s)[N]) : ptr(s), len(N - 1) {}  // NOLINT: literals

  static constexpr Text null() { return {}; }
  /// A transformation or variable that could not be evaluated; null in expressions.
  static constexpr Text failed() { return {nullptr, 1}; }

  constexpr bool is_null() const { return ptr == nullptr; }
  constexpr bool is_failed() const { return ptr == nullptr && len != 0; }
  constexpr bool empty() const { return ptr == nullptr || len == 0; }
  constexpr std::string_view view() const { return ptr ? std::string_view(ptr, len) : std::string_view(); }
};
static_assert(sizeof(Text) == 16);

/// A script value whose type is known only at run time.
struct Value {
  enum Kind : std::uint8_t {
    kNull = 0,     ///< undefined
    kFailed = 1,   ///< evaluation failed; undefined, but prints nothing in formats
    kInt = 2,      ///< bits is the integer
    kText = 3,     ///< bits is the pointer, len the length
    kIntText = 4,  ///< an integer whose text differs from its decimal form; bits points to an IntText
  };
  struct IntText {
    Int number;
    Text text;
  };

  std::uint64_t bits = 0;
  std::uint32_t len = 0;
  Kind kind = kNull;
  std::uint8_t unused[3] = {0, 0, 0};

  static Value null() { return {}; }
  static Value failed() {
    Value v;
    v.kind = kFailed;
    return v;
  }
  static Value of(Int i) {
    Value v;
    v.bits = static_cast<std::uint64_t>(i);
    v.kind = kInt;
    return v;
  }
  static Value of(Text t) {
    Value v;
    if (t.is_null()) {
      v.kind = t.is_failed() ? kFailed : kNull;
      return v;
    }
    v.bits = reinterpret_cast<std::uint64_t>(t.ptr);
    v.len = static_cast<std::uint32_t>(t.len);
    v.kind = kText;
    return v;
  }
  /// `both` must outlive the value (arena).
  static Value of(const IntText* both) {
    Value v;
    v.bits = reinterpret_cast<std::uint64_t>(both);
    v.kind = kIntText;
    return v;
  }

  bool is_null() const { return kind <= kFailed; }
  bool is_int() const { return kind == kInt || kind == kIntText; }
  bool is_text() const { return kind == kText; }
  /// The integer of a kInt or kIntText.
  Int number() const { return kind == kIntText ? reinterpret_cast<const IntText*>(bits)->number : static_cast<Int>(bits); }
  /// The text of a kText or kIntText; a plain kInt has none until it is printed (script/convert.h to_text()).
  Text text() const {
    if (kind == kText) return {reinterpret_cast<const char*>(bits), len};
    if (kind == kIntText) return reinterpret_cast<const IntText*>(bits)->text;
    return kind == kFailed ? Text::failed() : Text::null();
  }
};
static_assert(sizeof(Value) == 16 && alignof(Value) == 8);

/// An index after a variable, `$(avp(x)[2])`: a number (negative counts from the end), none, or `[*]`.
using Index = Int;
inline constexpr Index kNoIndex = INT64_MIN;
inline constexpr Index kAllIndex = INT64_MIN + 1;

/// Kamailio's method bits; a `methods` argument of a script function is a mask of them.
enum MethodBit : std::uint32_t {
  kInvite = 1, kCancel = 2, kAck = 4, kBye = 8, kInfo = 16, kRegister = 32, kSubscribe = 64, kNotify = 128,
  kMessage = 256, kOptions = 512, kPrack = 1024, kUpdate = 2048, kRefer = 4096, kPublish = 8192, kKdmq = 16384,
  kGet = 32768, kPost = 65536, kPut = 131072, kDelete = 262144, kOtherMethod = 524288,
};

/// The kinds of route block; also bits of the `in` sets of module functions.
enum RouteKind : std::uint32_t {
  kRequestRoute = 1, kFailureRoute = 2, kCoreReplyRoute = 4, kReplyRoute = 8, kBranchRoute = 16, kOnsendRoute = 32,
  kEventRoute = 64, kBranchFailureRoute = 128,
};

}  // namespace strowger
