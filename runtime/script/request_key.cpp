// Keys of requests.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/request_key.h"

#include <initializer_list>

#include "runtime/sip/print.h"

namespace strowger {

Text request_key(LiveMessage& live, sip::Arena& arena) {
  sip::Message& message = live.message;
  const sip::Via* const via = message.via();
  if (!via) return Text::null();
  const auto join = [&](std::initializer_list<Text> parts, std::uint64_t number) {
    std::size_t room = 24;
    for (const Text part : parts) room += part.len + 1;
    auto* const out = static_cast<char*>(arena.allocate(room));
    if (!out) return Text::null();
    sip::Writer writer(out, room);
    for (const Text part : parts) {
      writer.put(part);
      writer.put('\0');
    }
    writer.put_number(static_cast<Int>(number));
    arena.shrink(out, writer.size());
    return writer.text();
  };
  if (via->branch.view().starts_with("z9hG4bK")) return join({message.method(), via->branch, via->host}, via->port);
  const sip::CSeq* const cseq = message.cseq();
  return join({message.method(), via->whole, message.call_id(), message.from_tag(), message.to_tag(), message.ruri()},
              cseq ? cseq->number : 0);
}

}  // namespace strowger
