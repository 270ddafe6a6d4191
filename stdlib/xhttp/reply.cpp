// HTTP replies: printed as Kamailio prints them, written to the connection at once, since a handshake may follow.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/log_line.h"
#include "runtime/script/streams.h"
#include "runtime/sip/bodies.h"
#include "stdlib/xhttp/http.h"

namespace strowger::xhttp {

bool has_token(const sip::Message& message, Text name, std::string_view token) {
  for (const sip::Header* h = message.find(sip::HeaderId::Other, name); h; h = message.find_next(h, name)) {
    std::string_view rest = message.value(*h).view();
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      if (sip::equal_ignore_case(sip::trim(Text(rest.substr(0, comma))), Text(token))) return true;
      rest.remove_prefix(comma == rest.npos ? rest.size() : comma + 1);
    }
  }
  return false;
}

std::string print_reply(Call& call, Int code, Text reason, Text headers, Text body) {
  const LiveMessage& live = *call.live;
  const Settings& settings = call.process().settings;
  const sip::Header* const via = live.message.first(sip::HeaderId::Via);
  std::string out;
  out.append(live.message.version().view()).append(" ").append(std::to_string(code)).append(" ");
  for (const char c : reason.view()) out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  if (via != nullptr) out.append("\r\nSia: ").append(live.message.value(*via).view());
  out.append("\r\n");
  for (const ReplyHeader* h = live.reply_headers; h; h = h->next) out.append(h->text.view());
  if (!headers.is_null()) out.append(headers.view());
  if (settings.server_signature && !settings.server_header.empty()) out.append(settings.server_header).append("\r\n");
  out.append("Content-Length: ").append(std::to_string(body.is_null() ? 0 : body.len)).append("\r\n\r\n");
  // The reply to HEAD has no body, whatever its length says (RFC 9110 §9.3.2).
  if (!body.is_null() && live.message.method().view() != "HEAD") out.append(body.view());
  return out;
}

Code reply(Call& call, Int code, Text reason, Text headers, Text body) {
  const LiveMessage& live = *call.live;
  Streams* const streams = call.process().streams;
  const Exchange* const exchange = exchange_of(call);
  if (exchange == nullptr || streams == nullptr || code < 100 || code > 999) return -1;
  if (exchange->answered) {
    log_line(call, LogLevel::Err, "xhttp", {"the HTTP request was answered already"});
    return -1;
  }
  const bool close = live.reply_close || has_token(live.message, "Connection", "close");
  const std::string text = print_reply(call, code, reason, headers, body);
  exchange->answered = true;
  const bool there = streams->with(*call.worker, live.connection, [&text, close](Worker&, StreamControl& control) {
    control.write(Text(std::string_view(text)));
    if (close) control.close();
  });
  if (!there) return -1;
  ++call.worker->counters.sent;
  return 1;
}

}  // namespace strowger::xhttp
