// Error codes and their replies.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/error_reply.h"

#include "runtime/sip/print.h"

namespace strowger {

ErrorReply error_reply(Int error, Text signature, sip::Arena& arena) {
  ErrorReply reply;
  Text text = "I'm terribly sorry, server error occurred";
  Int number = error < 0 ? -error : 1;
  switch (number) {
    case 400: reply.code = 400; text = "Bad Request"; break;
    case 473: reply.code = 473; text = "Filtered destination"; break;
    case 477: reply.code = 477; text = "Unfortunately error on sending to next hop occurred"; break;
    case 478: reply.code = 478; text = "Unresolvable destination"; break;
    case 479: reply.code = 479; text = "Regretfully, we were not able to process the URI"; break;
    default: break;
  }
  constexpr std::size_t kRoom = 128;
  char* const room = static_cast<char*>(arena.allocate(kRoom));
  reply.reason = text;
  if (!room) return reply;
  sip::Writer out(room, kRoom);
  out.put(text);
  out.put(" (");
  out.put_number(number);
  out.put('/');
  out.put(signature);
  out.put(')');
  reply.reason = out.text();
  return reply;
}

}  // namespace strowger
