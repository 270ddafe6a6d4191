// options_reply() and is_user().
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "runtime/sip/print.h"
#include "siputils.interface.h"

namespace strowger {
Code Siputils::options_reply(Call& call) {
  LiveMessage& live = *call.live;
  if (live.message.method_bit() != kOptions) {
    log_line(call, LogLevel::Err, "siputils", {"options_reply(): the method is ", live.message.method()});
    return -1;
  }
  const sip::Uri* uri = live.parsed_uri();
  if (!uri || uri->has_user()) {
    log_line(call, LogLevel::Err, "siputils", {"options_reply(): the request URI has a user"});
    return -1;
  }
  const auto reply = call.process().services.reply_stateless;
  if (!reply) return -1;
  constexpr std::size_t kNames = 80;
  const std::size_t room = kNames + Param::options_accept.len + Param::options_accept_encoding.len +
                           Param::options_accept_language.len + Param::options_support.len;
  char* const text = static_cast<char*>(call.arena->allocate(room));
  auto* const header = call.arena->make<ReplyHeader>();
  if (!text || !header) return -1;
  sip::Writer out(text, room);
  out.put("Accept: ");
  out.put(Param::options_accept);
  out.put("\r\nAccept-Encoding: ");
  out.put(Param::options_accept_encoding);
  out.put("\r\nAccept-Language: ");
  out.put(Param::options_accept_language);
  out.put("\r\nSupported: ");
  out.put(Param::options_support);
  out.put("\r\n");
  header->text = out.text();
  ReplyHeader** last = &live.reply_headers;
  while (*last) last = &(*last)->next;
  *last = header;
  return reply(call, 200, "OK") > 0 ? 1 : -1;
}

Code Siputils::is_user(Call& call, Text name) {
  const Text user = call.live->authorized_user;
  if (user.is_null()) {
    log_line(call, LogLevel::Err, "siputils", {"is_user(): no credentials were accepted for this request"});
    return -1;
  }
  return Operators::text_eq(user, name) ? 1 : -1;
}

}  // namespace strowger
