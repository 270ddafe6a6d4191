// CANCEL and ACK out of the bytes of the INVITE that was sent.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/request_builder.h"

namespace strowger::sip {
namespace {

void put_line(Text line, Writer& writer) {
  if (line.empty()) return;
  writer.put(line);
  if (line.ptr[line.len - 1] != '\n') writer.put("\r\n");
}

// CSeq with its spelling up to the method.
bool put_cseq(Message& invite, const Header& line, Text method, Writer& writer) {
  const CSeq* cseq = invite.cseq();
  if (!cseq) return false;
  const char* const begin = invite.base() + line.at;
  writer.put(Text(begin, static_cast<std::size_t>(cseq->method.ptr - begin)));
  writer.put(method);
  writer.put("\r\n");
  return true;
}

// Only the first value of the topmost Via: it is ours.
void put_via(Message& invite, const Header& line, Writer& writer) {
  const Via* via = invite.via();
  const char* const begin = invite.base() + line.at;
  if (via) {
    writer.put(Text(begin, static_cast<std::size_t>(via->whole.ptr + via->whole.len - begin)));
    writer.put("\r\n");
  }
}

bool begins_with(Text name, Text prefix) { return name.len >= prefix.len && equal_ignore_case({name.ptr, prefix.len}, prefix); }

bool build(Message& invite, Text method, Text to_line, Text before_length, Text behind_length, Text copied, Writer& writer) {
  if (!invite.is_request() || !invite.via()) return false;
  for (HeaderId id : {HeaderId::From, HeaderId::To, HeaderId::CallId, HeaderId::CSeq})
    if (!invite.first(id)) return false;
  writer.put(method);
  writer.put(' ');
  writer.put(invite.ruri());
  writer.put(' ');
  writer.put(invite.version());
  writer.put("\r\n");
  bool has_length = false;
  const auto put_length = [&] {
    put_line(before_length, writer);
    writer.put("Content-Length: 0\r\n");
    has_length = true;
  };
  for (const Header& h : invite) {
    if (!copied.empty() && h.id == HeaderId::ContentLength && !has_length) {   // among the copied ones it stays in its place
      put_length();
      continue;
    }
    switch (h.id) {
      case HeaderId::Via:
        if (&h == invite.first(HeaderId::Via)) put_via(invite, h, writer);
        break;
      case HeaderId::To:
        if (&h == invite.first(HeaderId::To)) put_line(to_line.is_null() ? invite.line(h) : to_line, writer);
        break;
      case HeaderId::CSeq:
        if (&h == invite.first(HeaderId::CSeq) && !put_cseq(invite, h, method, writer)) return false;
        break;
      case HeaderId::From:
      case HeaderId::CallId:
        if (&h == invite.first(h.id)) writer.put(invite.line(h));
        break;
      case HeaderId::Route:
      case HeaderId::MaxForwards: writer.put(invite.line(h)); break;
      default:
        if (!copied.empty() && begins_with(invite.name(h), copied)) writer.put(invite.line(h));
        break;
    }
  }
  if (!has_length) put_length();
  put_line(behind_length, writer);
  writer.put("\r\n");
  return writer.ok();
}

}  // namespace

bool build_cancel(Message& sent_invite, Text extra_headers, Text ua_header, Writer& writer, Text copied) {
  return build(sent_invite, "CANCEL", Text::null(), ua_header, extra_headers, copied, writer);
}

bool build_ack_negative(Message& sent_invite, Text reply_to_line, Writer& writer, Text copied) {
  return build(sent_invite, "ACK", reply_to_line, Text::null(), Text::null(), copied, writer);
}

bool build_ack_negative(Message& sent_invite, const Message& reply, Writer& writer, Text copied) {
  const Header* to = reply.first(HeaderId::To);
  return to && build_ack_negative(sent_invite, reply.line(*to), writer, copied);
}

}  // namespace strowger::sip
