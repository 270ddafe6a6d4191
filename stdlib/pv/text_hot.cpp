// {s.*} that are a few instructions; also compiled to bitcode for inlining into routes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pv.interface.h"
#include "stdlib/pv/text_output.h"

namespace strowger {

using pv::from;
using pv::part;
using pv::text_of;

Value Pv::s_len(Call& call, Value in) { return Value::of(static_cast<Int>(text_of(call, in).len)); }

Text Pv::s_substr(Call& call, Value in, Int offset, Int length) {
  const Text text = text_of(call, in);
  const auto size = static_cast<Int>(text.len);
  if (length < 0 || offset >= size || offset < -size) return Text::failed();
  if (offset < 0) offset += size;
  if (length == 0 || length > size - offset) length = size - offset;
  return part(text, static_cast<std::size_t>(offset), static_cast<std::size_t>(length));
}

Text Pv::s_strip(Call& call, Value in, Int count) {
  const Text text = text_of(call, in);
  if (count <= 0) return text;
  return static_cast<std::uint64_t>(count) >= text.len ? Text("") : from(text, static_cast<std::size_t>(count));
}

Text Pv::s_striptail(Call& call, Value in, Int count) {
  const Text text = text_of(call, in);
  if (count <= 0) return text;
  return static_cast<std::uint64_t>(count) >= text.len ? Text("") : part(text, 0, text.len - static_cast<std::size_t>(count));
}

}  // namespace strowger
