// Replies made here without a transaction (RFC 3261 §8.2.6), and the Contacts of redirections.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/q_value.h"
#include "runtime/script/forward.h"
#include "runtime/script/malformed.h"
#include "runtime/script/via.h"
#include "runtime/sip/print.h"
#include "runtime/sip/reply_builder.h"

namespace strowger {
namespace {

constexpr std::size_t kMaxReply = 65535;

/// Headers that a parser could not read may hide what a reply must repeat (Kamailio sends none either; answer_malformed() does).
/// A message that ends without its empty line is whole enough.
bool can_be_answered(const sip::Message& message) {
  return message.is_request() && (message.fault() == sip::ParseFault::None || message.fault() == sip::ParseFault::NoEnd);
}

/// Lines that are repeated as received, CRLF or LF included; neighbours are copied together.
class Lines {
 public:
  Lines(sip::SureWriter& out, const char* base) : out_(out), base_(base) {}
  void add(const sip::Header& header) { extend(header.at, header.end); }
  /// From `from` up to `to`.
  void extend(std::uint32_t from, std::uint32_t to) {
    if (from != to_) {
      flush();
      from_ = from;
    }
    to_ = to;
  }
  void flush() {
    if (to_ > from_) out_.put({base_ + from_, to_ - from_});
    from_ = to_ = 0;
  }

 private:
  sip::SureWriter& out_;
  const char* base_;
  std::uint32_t from_ = 0, to_ = 0;
};

void put_vias(sip::SureWriter& out, LiveMessage& live, const sip::Via& top, const sip::Header& header, bool is_top) {
  const sip::Message& message = live.message;
  const Text value = message.value(header);
  if (!is_top) {
    out.put({message.base() + header.at, header.value_at + header.value_len - header.at});
  } else {
    print_marked_via(out, live, top, message.base() + header.at);
    out.put(top.whole.ptr + top.whole.len, value.ptr + value.len);
  }
  out.put("\r\n");
}

/// Where a tag is put behind To.
[[gnu::always_inline]] inline const char* end_of_to(LiveMessage& live, const sip::Header& line) {
  const sip::NameAddr* const to = live.message.to();
  const Text value = to ? to->whole : sip::trim(live.message.value(line));
  return value.ptr + value.len;
}

/// As most write them: one usual Via, and behind it From, To, Call-ID and CSeq with nothing in between. False where it is not so:
/// nothing is written then.
[[gnu::always_inline]] inline bool put_usual_headers(sip::SureWriter& out, LiveMessage& live, const sip::Via& via, bool add_tag, Text to_tag) {
  const sip::Message& message = live.message;
  const sip::Header* const top = message.first(sip::HeaderId::Via);
  const sip::Header* const from = message.first(sip::HeaderId::From);
  if (top->next >= 0 || !from || top >= from || message.end() - from < 4 || !has_usual_marks(via)) return false;
  const sip::Header* const to = from + 1;
  if (to->id != sip::HeaderId::To || to[1].id != sip::HeaderId::CallId || to[2].id != sip::HeaderId::CSeq) return false;
  print_usual_marked_via(out, live, via, message.base() + top->at);
  const Text value = message.value(*top);
  const char* const behind_via = via.whole.ptr + via.whole.len;
  if (behind_via != value.ptr + value.len) out.put(behind_via, value.ptr + value.len);
  out.put("\r\n");
  const char* const base = message.base();
  const std::uint32_t end = to[2].end;
  if (!add_tag) {
    out.put(base + from->at, base + end);
    return true;
  }
  const char* const behind = end_of_to(live, *to);
  out.put(base + from->at, behind);
  out.put(";tag=");
  out.put(to_tag);
  out.put(behind, base + end);
  return true;
}

/// The headers that any request's reply repeats, at `at`; where they end. `routes`: Record-Route, too.
[[gnu::noinline]] char* put_any_headers(char* at, LiveMessage& live, const sip::Via& via, bool routes, bool add_tag, Text to_tag) {
  const sip::Message& message = live.message;
  sip::SureWriter out(at);
  const sip::Header* const top = message.first(sip::HeaderId::Via);
  Lines lines(out, message.base());
  for (const sip::Header& header : message) {
    switch (header.id) {
      case sip::HeaderId::Via:
        lines.flush();
        put_vias(out, live, via, header, &header == top);
        break;
      case sip::HeaderId::To:
        if (add_tag) {
          const auto behind = static_cast<std::uint32_t>(end_of_to(live, header) - message.base());
          lines.extend(header.at, behind);
          lines.flush();
          out.put(";tag=");
          out.put(to_tag);
          lines.extend(behind, header.end);
          break;
        }
        [[fallthrough]];
      case sip::HeaderId::From:
      case sip::HeaderId::CallId:
      case sip::HeaderId::CSeq: lines.add(header); break;
      case sip::HeaderId::RecordRoute:
        if (routes) lines.add(header);
        break;
      default: break;
    }
  }
  lines.flush();
  return at + out.size();
}

[[gnu::always_inline]] inline void put_headers(sip::SureWriter& out, LiveMessage& live, const sip::Via& via, Int code, Text to_tag) {
  const bool add_tag = !to_tag.is_null() && live.message.to_tag().is_null();
  const bool routes = code >= 180 && code < 300 && live.message.has(sip::HeaderId::RecordRoute);   // RFC 3261 §12.1.1
  if (!routes && put_usual_headers(out, live, via, add_tag, to_tag)) [[likely]] return;
  char* const at = out.at();
  out.move_to(put_any_headers(at, live, via, routes, add_tag, to_tag));
}

/// What a body brings with it, and the body, at `at`; where that ends.
[[gnu::noinline]] char* put_body(char* at, const Settings& settings, Text body, Text body_type) {
  sip::SureWriter out(at);
  if (!body_type.is_null()) {
    out.put("Content-Type: ");
    out.put(body_type);
    out.put("\r\n");
  }
  if (settings.server_signature && !settings.server_header.empty()) {
    out.put(std::string_view(settings.server_header));
    out.put("\r\n");
  }
  out.put("Content-Length: ");
  out.put_number(static_cast<Int>(body.len));
  out.put("\r\n\r\n");
  out.put(body);
  return at + out.size();
}

enum Rich : Int { kRichFlags = 1, kRichPath = 2 };

/// A Path as a header of a URI (RFC 3261 §19.1.1).
void put_path(sip::Writer& out, Text path) {
  out.put("?Route=");
  for (const char c : path.view()) {
    if (c == '<' || c == '>' || c == ';' || c == ',' || c == '"' || c == '?' || c == '&' || c == '%' || c == ' ') {
      out.put('%');
      out.put_hex(static_cast<unsigned char>(c), 2);
    } else {
      out.put(c);
    }
  }
}

void put_contact(sip::Writer& out, Text uri, std::int16_t q, std::uint32_t flags, Text path, Int rich, bool first) {
  if (!first) out.put(", ");
  out.put('<');
  out.put(uri);
  if ((rich & kRichPath) && !path.empty()) put_path(out, path);
  out.put('>');
  if (q != kNoQ) put_q(out, q);
  if (rich & kRichFlags) {
    out.put(";flags=");
    out.put_number(flags);
  }
}

/// The reply to a request that cannot be read in full: its Vias, and the first From, To, Call-ID and CSeq, as received. False where
/// nobody wants such sent, or it may not be answered. It goes back to where the
/// request came from, whatever its Via says.
[[gnu::cold, gnu::noinline]] bool answer_malformed(Call& call, Int code, Text reason, Text to_tag, Text extra_headers, Text* sent) {
  LiveMessage& live = *call.live;
  sip::Message& message = live.message;
  const Settings& settings = call.process().settings;
  if (!call.process().services.malformed || !may_be_answered(message)) return false;
  sip::ReplyPlan plan;
  plan.code = static_cast<int>(code);
  plan.reason = reason;
  plan.to_tag = to_tag;
  std::size_t room = message.headers_end() + 512 + settings.server_header.size();
  for (Text text : {reason, to_tag, extra_headers}) room += text.is_null() ? 0 : text.len;
  for (const ReplyHeader* h = live.reply_headers; h; h = h->next) room += h->text.len;
  if (room > kMaxReply) room = kMaxReply;
  sip::Arena& arena = *call.arena;
  char* const headers = static_cast<char*>(arena.allocate(room));
  char* const buffer = static_cast<char*>(arena.allocate(room));
  if (!headers || !buffer) return false;
  sip::Writer extra(headers, room);
  for (const ReplyHeader* h = live.reply_headers; h; h = h->next) extra.put(h->text);
  extra.put(extra_headers);
  plan.extra_headers = extra.text();
  if (settings.server_signature && !settings.server_header.empty()) plan.server_header = std::string_view(settings.server_header);
  plan.source = live.source;
  if (const sip::Via* via = message.via()) {
    plan.add_rport = via->has_rport;
    plan.add_received = sip::via_marks(*via, live.source, false).received;
  }
  const std::size_t written = extra.ok() ? sip::build_reply(message, plan, buffer, room) : 0;
  arena.shrink(buffer, written);
  const Text bytes(buffer, written);
  if (sent) *sent = bytes;
  const NextHop hop{live.source, live.socket->protocol};
  if (written == 0 || !send(call, live.socket, hop, bytes, live.connection, Sending::OwnReply)) return false;
  ++call.worker->counters.local_replies;
  return true;
}

[[gnu::cold, gnu::noinline]] bool refuse_big(Call& call) {
  ++call.worker->counters.too_big;
  return false;
}

}  // namespace

bool may_be_answered(const sip::Message& message) {
  if (!message.is_request() || message.is_http() || message.method_bit() == kAck) return false;
  if (message.fault() == sip::ParseFault::NulByte || message.fault() == sip::ParseFault::TooManyHeaders) return false;
  for (const sip::HeaderId id : {sip::HeaderId::Via, sip::HeaderId::From, sip::HeaderId::To, sip::HeaderId::CallId, sip::HeaderId::CSeq,
                                 sip::HeaderId::MaxForwards})
    if (!message.first(id)) return false;
  return true;
}

bool send_local_reply(Call& call, Int code, Text reason, Text to_tag, Text extra_headers, Text body, Text body_type, Text* sent) {
  LiveMessage& live = *call.live;
  sip::Message& message = live.message;
  if (message.is_http() && call.process().services.http_reply) {
    if (body.is_null()) body = live.reply_body;
    if (sent) *sent = message.first_line();
    return call.process().services.http_reply(call, code, reason, extra_headers, body) > 0;
  }
  const sip::Via* via = message.via();
  if (code < 100 || code > 699 || !live.socket) return false;
  if (!via || !can_be_answered(message)) return answer_malformed(call, code, reason, to_tag, extra_headers, sent);
  if (body.is_null()) {
    body = live.reply_body;
    body_type = live.reply_body_type;
  }
  const std::string& end = call.process().reply_end;
  constexpr std::size_t kNames = 128;             // and numbers
  std::size_t room = message.body_at() + kMarksRoom + end.size() + call.process().settings.server_header.size() + kNames + sip::SureWriter::kSlack;
  for (const Text text : {reason, to_tag, extra_headers, body, body_type}) room += text.len;
  for (const ReplyHeader* h = live.reply_headers; h; h = h->next) room += h->text.len;
  if (room > 3 * kMaxReply) return refuse_big(call);
  // Where it is sent from: nothing else is put there meanwhile.
  sip::SureWriter out(call.worker->outbox.reserve(room));
  out.put_short(message.version());
  const auto number = static_cast<unsigned>(code), rest = number % 100, tens = rest * 103 / 1024;   // rest / 10
  out.put(' ');
  out.put(static_cast<char>('0' + number / 100));
  out.put(static_cast<char>('0' + tens));
  out.put(static_cast<char>('0' + rest - 10 * tens));
  out.put(' ');
  out.put_short(reason);
  out.put("\r\n");
  put_headers(out, live, *via, code, to_tag);
  for (const ReplyHeader* h = live.reply_headers; h; h = h->next) out.put(h->text);
  out.put(extra_headers);
  if (body.empty()) {
    out.put(std::string_view(end));
  } else {
    out.move_to(put_body(out.at(), call.process().settings, body, body_type));
  }
  if (out.size() > kMaxReply) return refuse_big(call);
  if (sent && (*sent = call.arena->copy(out.text())).is_null()) return false;

  // RFC 3261 §18.2.2 and RFC 3581: back to the source address; the port is Via's unless rport asks for the source's.
  NextHop hop;
  hop.address = live.source;
  hop.protocol = live.socket->protocol;
  if (live.connection == 0 && !via->has_rport && !live.force_rport) hop.address.port = via->port ? via->port : 5060;
  send_built(call, live.socket, hop, out.size(), live.connection, Sending::OwnReply);
  ++call.worker->counters.local_replies;
  return true;
}

Text contacts_of_branches(Call& call, sip::Arena& arena, Int rich) {
  const LiveMessage& live = *call.live;
  const bool has_uri = !live.new_uri.is_null();
  if (!has_uri && live.branch_count == 0) return Text::null();
  const std::size_t each = rich ? 40 : 16;
  const auto room_for = [&](Text uri, Text path) { return uri.len + each + (rich && !path.is_null() ? 3 * path.len + 8 : 0); };
  std::size_t room = 32 + (has_uri ? room_for(live.new_uri, live.path) : 0);
  for (int i = 0; i < live.branch_count; ++i) room += room_for(live.branches[i].uri, live.branches[i].path);
  char* const buffer = static_cast<char*>(arena.allocate(room));
  if (!buffer) return Text::null();
  sip::Writer out(buffer, room);
  out.put("Contact: ");
  if (has_uri) put_contact(out, live.new_uri, live.q, live.branch_flags, live.path, rich, true);
  for (int i = 0; i < live.branch_count; ++i) {
    const BranchTarget& branch = live.branches[i];
    put_contact(out, branch.uri, branch.q, branch.flags, branch.path, rich, !has_uri && i == 0);
  }
  out.put("\r\n");
  return out.ok() ? out.text() : Text::null();
}

}  // namespace strowger
