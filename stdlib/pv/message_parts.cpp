// CSeq, parts of the message as bytes, Via by parts, expiry of contacts.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pv.interface.h"
#include "runtime/script/log_line.h"
#include "runtime/sip/edits.h"
#include "runtime/sip/message.h"
#include "stdlib/pv/text_output.h"

namespace strowger {
namespace {

using sip::Header;
using sip::HeaderId;
using sip::Message;

enum class WhichVia { First, Second, Last };

std::optional<sip::Via> find_via(const Message& message, WhichVia which) {
  std::optional<sip::Via> found;
  int seen = 0;
  for (const Header* h = message.first(HeaderId::Via); h; h = message.next(h)) {
    Text rest = message.value(*h);
    while (std::optional<sip::Via> via = sip::next_via(rest)) {
      found = via;
      if (which == WhichVia::First || (which == WhichVia::Second && seen == 1)) return found;
      ++seen;
    }
  }
  if (which == WhichVia::Second) return std::nullopt;
  return found;
}

Text or_null(Text text) { return text.empty() ? Text::null() : text; }

Value via_part(Call& call, WhichVia which, Text part) {
  const std::optional<sip::Via> via = find_via(call.live->message, which);
  if (!via) return Value::null();
  const std::string_view name = part.view();
  if (name == "host") return Value::of(via->host);
  if (name == "port") return Value::of(static_cast<Int>(via->port));
  if (name == "proto") return Value::of(via->transport);
  if (name == "protoid") return Value::of(static_cast<Int>(via->protocol));
  if (name == "branch") return Value::of(or_null(via->branch));
  if (name == "rport") return Value::of(or_null(via->rport));
  if (name == "received") return Value::of(or_null(via->received));
  if (name == "i") return Value::of(or_null(via->param("i")));
  return Value::null();
}

}  // namespace

Text Pv::get_cs(Call& call) {
  const sip::CSeq* cseq = call.live->message.cseq();
  return cseq ? cseq->number_text : Text::null();
}

Text Pv::get_csb(Call& call) { return call.live->message.value_of(HeaderId::CSeq); }

Value Pv::get_msg(Call& call, Text part) {
  const Message& message = call.live->message;
  const Text buffer = message.buffer();
  const std::string_view name = part.view();
  std::size_t headers_end = message.headers_end();     // without the line end of the last header
  if (headers_end > 0 && buffer.ptr[headers_end - 1] == '\n') --headers_end;
  if (headers_end > 0 && buffer.ptr[headers_end - 1] == '\r') --headers_end;
  const std::size_t headers_at = std::min<std::size_t>(message.headers_at(), headers_end);
  if (name == "len") return Value::of(static_cast<Int>(buffer.len));
  if (name == "buf") return Value::of(buffer);
  if (name == "body") return Value::of(message.body());
  if (name == "body_len") return Value::of(static_cast<Int>(message.body().len));
  if (name == "hdrs") return Value::of(pv::part(buffer, headers_at, headers_end - headers_at));
  if (name == "hdrs_len") return Value::of(static_cast<Int>(headers_end - headers_at));
  if (name == "fline") return Value::of(message.first_line());
  if (name == "fpart") return Value::of(pv::part(buffer, 0, headers_end));
  if (name == "lpart") return Value::of(pv::from(buffer, headers_at));
  if (name == "hdrc") return Value::of(static_cast<Int>(message.header_count()));
  return Value::null();
}

// The request URI in force is in the first line.
Text Pv::get_mbu(Call& call) {
  LiveMessage& live = *call.live;
  const Message& message = live.message;
  Text first_line = Text::null();
  if (message.is_request() && !live.new_uri.is_null()) {
    const Text parts[] = {message.method(), " ", live.new_uri, " ", message.version()};
    first_line = Operators::concat(&call, parts, 5, 0);
  }
  const std::size_t room = sip::Limits::kMessage;
  char* const out = static_cast<char*>(call.arena->allocate(room));
  if (!out) return Text::failed();
  const sip::SendPlan plan{live.socket, live.socket, live.socket ? live.socket->protocol : sip::Protocol::Udp, call.arena, &live};
  const std::size_t size = sip::apply(message, live.edits, first_line, plan, out, room);
  call.arena->shrink(out, size);
  return size ? Text(out, size) : Text::failed();
}

Value Pv::get_via0(Call& call, Text part) { return via_part(call, WhichVia::First, part); }
Value Pv::get_via1(Call& call, Text part) { return via_part(call, WhichVia::Second, part); }
Value Pv::get_viaZ(Call& call, Text part) { return via_part(call, WhichVia::Last, part); }

// A contact without the parameter has the value of Expires.
Value Pv::get_expires(Call& call, Text kind) {
  Message& message = call.live->message;
  const std::optional<std::uint32_t> header = sip::parse_number(message.value_of(HeaderId::Expires));
  const bool smallest = kind.view() == "min";
  std::optional<std::uint32_t> found;
  for (const Header* h = message.first(HeaderId::Contact); h; h = message.next(h)) {
    Text rest = message.value(*h);
    while (const std::optional<sip::NameAddr> contact = sip::next_name_addr(rest)) {
      const Text param = contact->param("expires");
      const std::optional<std::uint32_t> expires = param.is_null() ? header : sip::parse_number(param);
      if (!expires) continue;
      if (!found || (smallest ? *expires < *found : *expires > *found)) found = expires;
    }
  }
  if (!found && !message.value_of(HeaderId::Expires).empty()) found = header.value_or(0);   // what cannot be read is 0
  return found ? Value::of(static_cast<Int>(*found)) : Value::null();
}

Text Pv::get_msgbuf(Call& call, Text offset) {
  const auto at = sip::parse_number(offset.view());
  const Text buffer = call.live->message.buffer();
  if (!at || static_cast<std::uint64_t>(*at) >= buffer.len) return Text::null();
  return {buffer.ptr + *at, 1};
}

// The bytes lie in the message's arena, which is the script's own; those of made-up messages may not.
Code Pv::set_msgbuf(Call& call, Text offset, Value value) {
  const auto at = sip::parse_number(offset.view());
  const Text buffer = call.live->message.buffer();
  if (!at || static_cast<std::uint64_t>(*at) >= buffer.len || !value.is_text() || value.text().empty() || call.live->made_here) {
    log_line(call, LogLevel::Err, "pv", {"$msgbuf(", offset, ") cannot be written"});
    return -1;
  }
  const_cast<char*>(buffer.ptr)[*at] = value.text().ptr[0];
  return 1;
}

// Messages that cannot be parsed reach no script.
Value Pv::get_err_class(Call&) { return Value::null(); }
Value Pv::get_err_level(Call&) { return Value::null(); }
Value Pv::get_err_info(Call&) { return Value::null(); }
Value Pv::get_err_rcode(Call&) { return Value::null(); }
Value Pv::get_err_rreason(Call&) { return Value::null(); }

}  // namespace strowger
