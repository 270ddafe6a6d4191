// Requests and replies on their way: bytes, socket, and the outbox.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/forward.h"

#include "runtime/script/hash_text.h"
#include "runtime/script/via.h"
#include "runtime/sip/bodies.h"
#include "runtime/sip/print.h"
#include "runtime/sip/scan.h"

namespace strowger {
namespace {

constexpr std::size_t kMaxBytes = 65535;
constexpr std::size_t kMadeText = 512;      // room for a text that an edit makes when the message is sent

std::size_t room_for(const sip::Message& message, const sip::Edits& edits, std::size_t more) {
  std::size_t room = message.buffer().len + more + 64;
  for (const sip::Edit& edit : edits) room += edit.make ? kMadeText : edit.insert.is_null() ? 0 : edit.insert.len;
  return room < kMaxBytes ? room : kMaxBytes;
}

bool is_stream(sip::Protocol protocol) { return protocol != sip::Protocol::Udp && protocol != sip::Protocol::Any; }

/// The `i` that print_own_via() wrote when the request came over a stream; 0 when it is none of ours.
std::uint32_t connection_of(Text hex) {
  if (hex.empty() || hex.len > 8) return 0;
  std::uint32_t value = 0;
  for (char c : hex.view()) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return 0;
    value = value * 16 + static_cast<std::uint32_t>(digit);
  }
  return value;
}

/// The values behind the topmost Via on its line (which was parsed already), or nothing when that Via is bad.
std::optional<Text> behind_top_via(sip::Message& message, const sip::Header& line) {
  const sip::Via* top = message.via();
  if (!top) return std::nullopt;
  const Text value = message.value(line);
  const char* const end = value.ptr + value.len;
  const char* p = top->whole.ptr + top->whole.len;
  while (p < end && (*p == ',' || *p == ' ' || *p == '\t' || *p == '\r' || *p == '\n')) ++p;
  return Text(p, static_cast<std::size_t>(end - p));
}

/// Where a message is built: in `into`, or else in the arena; null when memory ends.
char* room_in(sip::Arena& arena, Outbox* into, std::size_t room) {
  return into ? into->reserve(room) : static_cast<char*>(arena.allocate(room));
}

/// Where a message of a kind that onsend_route does not see may be built at once.
Outbox* outbox_unless_seen(Call& call, bool seen) {
  return seen && call.process().image.onsend_route ? nullptr : &call.worker->outbox;
}

/// Do the edits leave [at, end) alone, but for what they put in front of our own Via?
bool is_untouched(const sip::Edits& edits, std::uint32_t at, std::uint32_t end) {
  for (const sip::Edit& edit : edits) {
    if (edit.at >= end || (edit.at < at && edit.at + edit.remove <= at)) continue;
    if (edit.at != at || edit.remove > 0 || edit.rank >= sip::kRankOwnVia) return false;
  }
  return true;
}

/// Runs onsend_route beside the running script; false when it dropped the message.
bool passes_onsend(Call& call, const Departure& departure, Text bytes) {
  const CallHead head = call;
  const RouteKind kind = call.route_kind;
  const std::uint16_t depth = call.depth;
  call.sending = &departure;
  call.sending_bytes = bytes;
  run_route(call, call.process().image.onsend_route, kOnsendRoute);
  const bool dropped = call.dropped;
  const Int rc = call.rc;
  static_cast<CallHead&>(call) = head;
  call.rc = rc;                            // as in Kamailio
  call.route_kind = kind;
  call.depth = depth;
  call.sending = nullptr;
  call.sending_bytes = Text::null();
  return !dropped;
}

}  // namespace

Text build_request(LiveMessage& live, const ForwardPlan& plan, sip::Arena& arena, Outbox* into) {
  sip::Message& message = live.message;
  const sip::Edits& base = plan.edits ? *plan.edits : live.edits;
  if (!plan.out) return Text::null();
  const Text uri = !plan.uri.is_null() ? plan.uri : live.uri();
  const bool new_line = uri.ptr != message.ruri().ptr;
  const auto put_line = [&](auto& out) {
    out.put(message.method());
    out.put(' ');
    out.put(uri);
    out.put(' ');
    out.put(message.version());
  };
  constexpr std::size_t kViaRoom = 512;
  const std::size_t line_room = new_line ? message.method().len + uri.len + message.version().len + 2 : 0;
  const sip::Header* const top = message.first(sip::HeaderId::Via);

  // As nearly always: whole, with no changes by the script, and a usual Via.
  if (base.empty() && top && plan.hop.protocol == sip::Protocol::Udp && message.fault() == sip::ParseFault::None) {
    const sip::Via* const via = message.via();
    const std::size_t room = message.buffer().len + line_room + room_for_own_via(live, *plan.out, plan.branch) + kMarksRoom + sip::SureWriter::kSlack;
    char* const buffer = room_in(arena, into, room);
    if (!buffer) return Text::null();
    sip::SureWriter out(buffer);
    const char* const headers = new_line ? message.base() + message.first_line().len : message.base();
    if (new_line) put_line(out);
    out.put({headers, static_cast<std::size_t>(message.base() + top->at - headers)});
    print_own_via(out, live, *plan.out, plan.hop.protocol, plan.branch);
    if (via && print_usual_via(out, live, *via, *top)) {
      const char* const behind = via->whole.ptr + via->whole.len;
      const Text whole = message.buffer();
      out.put({behind, static_cast<std::size_t>(whole.ptr + whole.len - behind)});
      if (!into) arena.shrink(buffer, out.size());
      return out.size() <= kMaxBytes ? out.text() : Text::null();
    }
    if (!into) arena.shrink(buffer, 0);
  }

  sip::Edits edits = base.copy(arena);
  if (edits.size() != base.size()) return Text::null();
  const std::uint32_t place = top ? top->at : message.headers_at();
  const sip::Via* const below = message.via();
  const std::uint32_t via_end = below ? static_cast<std::uint32_t>(below->whole.ptr + below->whole.len - message.base()) : place;
  const std::size_t via_room = kViaRoom + via_end - place;
  char* const via_buffer = static_cast<char*>(arena.allocate(via_room));
  if (!via_buffer) return Text::null();
  sip::Writer via(via_buffer, via_room);
  print_own_via(via, live, *plan.out, plan.hop.protocol, plan.branch);
  // One edit for ours and the one below where nothing else is done to that.
  const bool together = below && is_untouched(edits, place, via_end) && print_usual_via(via, live, *below, *top);
  if (!via.ok()) return Text::null();
  arena.shrink(via_buffer, via.size());
  if (!edits.add(arena, {place, together ? via_end - place : 0, via.text(), sip::kRankOwnVia, 0, nullptr, nullptr})) return Text::null();
  if (!together) add_marks(live, edits, arena);

  Text first_line;
  if (new_line) {
    char* const line = static_cast<char*>(arena.allocate(line_room));
    if (!line) return Text::null();
    sip::Writer out(line, line_room);
    put_line(out);
    first_line = out.text();
  }

  sip::SendPlan send;
  send.out = plan.out;
  send.in = live.socket;
  send.protocol = plan.hop.protocol;
  send.arena = &arena;
  send.live = &live;
  const std::size_t room = room_for(message, edits, first_line.len);
  char* const out = room_in(arena, into, room);
  if (!out) return Text::null();
  const std::size_t written = sip::apply(message, edits, first_line, send, out, room);
  return written ? Text(out, written) : Text::null();
}

Text build_forwarded_reply(LiveMessage& live, sip::Arena& arena, sip::Protocol protocol, Text first_line, Outbox* into) {
  sip::Message& message = live.message;
  const sip::Header* top = message.first(sip::HeaderId::Via);
  if (!top) return Text::null();
  const std::optional<Text> others = behind_top_via(message, *top);
  if (!others) return Text::null();
  const Text rest = *others;
  std::uint32_t at = top->at, gone = top->end - top->at;
  if (rest.len > 0) {
    at = top->value_at;
    gone = static_cast<std::uint32_t>(rest.ptr - message.base()) - at;
  } else if (!message.next(top)) {
    return Text::null();
  }
  // As nearly always: whole, with no changes by the script.
  if (live.edits.empty() && first_line.is_null() && protocol == sip::Protocol::Udp && message.fault() == sip::ParseFault::None) {
    const Text whole = message.buffer();
    char* const out = room_in(arena, into, whole.len - gone);
    if (!out) return Text::null();
    std::memcpy(out, whole.ptr, at);
    std::memcpy(out + at, whole.ptr + at + gone, whole.len - at - gone);
    return {out, whole.len - gone};
  }
  sip::Edits edits = live.edits.copy(arena);
  if (edits.size() != live.edits.size() || !edits.remove(arena, at, gone)) return Text::null();
  sip::SendPlan send;
  send.in = send.out = live.socket;
  send.protocol = protocol;
  send.arena = &arena;
  send.live = &live;
  const std::size_t room = room_for(message, edits, first_line.is_null() ? 0 : first_line.len);
  char* const out = room_in(arena, into, room);
  if (!out) return Text::null();
  const std::size_t written = sip::apply(message, edits, first_line, send, out, room);
  return written ? Text(out, written) : Text::null();
}

static void fill(Departure& departure, Call& call, const Socket* from, const NextHop& hop, std::uint32_t connection, bool is_request) {
  departure.from = from;
  departure.to = hop.address;
  departure.protocol = hop.protocol;
  departure.connection = connection;
  const LiveMessage& live = *call.live;
  departure.call = call_mark(live.message.call_id());
  departure.only_existing = is_request ? live.forward_no_connect : live.reply_no_connect;
  departure.close_after = is_request ? live.forward_close : live.reply_close;
}

static void make_wish(Call& call, Departure& departure) {
  if (departure.protocol != sip::Protocol::Tls) return;
  if (const auto wish = call.process().services.stream_wish) departure.wish = wish(*call.worker, *call.avps);
}

void send_built(Call& call, const Socket* from, const NextHop& hop, std::size_t length, std::uint32_t connection, Sending what) {
  Outbox& outbox = call.worker->outbox;
  Departure& departure = outbox.add(length);
  fill(departure, call, from, hop, connection, what == Sending::Request);
  make_wish(call, departure);
  ++call.worker->counters.sent;
  outbox.show_filter();
}

bool send(Call& call, const Socket* from, const NextHop& hop, Text bytes, std::uint32_t connection, Sending what) {
  Worker& worker = *call.worker;
  if (bytes.empty() || !from) return false;
  if (bytes.len > kMaxBytes) {
    ++worker.counters.too_big;
    return false;
  }
  if (worker.outbox.is_reserved(bytes.ptr)) {
    send_built(call, from, hop, bytes.len, connection, what);
    return true;
  }
  const bool is_request = what == Sending::Request;
  Departure departure;
  fill(departure, call, from, hop, connection, is_request);
  const ScriptImage& image = worker.process.image;
  const bool shown = is_request || (what == Sending::RelayedReply && worker.process.settings.onsend_route_reply);
  if (image.onsend_route && shown && !call.sending && !passes_onsend(call, departure, bytes))
    return false;
  make_wish(call, departure);
  worker.outbox.push(departure, bytes);
  ++worker.counters.sent;
  return true;
}

Text stateless_branch(LiveMessage& live, sip::Arena& arena) {
  sip::Message& message = live.message;
  std::uint64_t h = 1;
  const sip::Via* via = message.via();
  const bool unique = via && via->branch.len > 7 &&
                      (sip::same_bytes(via->branch.ptr, "z9hG4bK", 7) || sip::equal_ignore_case({via->branch.ptr, 7}, "z9hG4bK"));
  if (unique) {   // RFC 3261 §16.11: the received branch tells transactions apart
    h = hash_text(h, via->branch);
    h = hash_text(h, via->host);
  } else {
    h = hash_text(h, via ? via->whole : Text());
    h = hash_text(h, message.call_id());
    h = hash_text(h, message.from_tag());
    h = hash_text(h, message.to_tag());
    h = hash_text(h, message.ruri());
    if (const sip::CSeq* cseq = message.cseq()) h = hash_text(h, cseq->number_text);
  }
  const std::uint64_t second = hash_text(h, message.call_id());
  constexpr std::size_t kRoom = 64 + sip::SureWriter::kSlack;
  char* const room = static_cast<char*>(arena.allocate(kRoom));
  if (!room) return Text::null();
  sip::SureWriter out(room);
  out.put("z9hG4bK-shared");     // no owner: any worker can send its replies on; as long as the branches of Kamailio
  out.put_hex(h, 16);
  out.put_hex(second, 16);
  return out.text();
}

const Socket* socket_out(Process& process, const LiveMessage& live, NextHop& hop) {
  const Socket* forced = live.send_socket;   // of another protocol: its address and port count
  if (forced && forced->protocol != hop.protocol) forced = process.find_socket(hop.protocol, forced->address);
  if (forced && forced->protocol == hop.protocol && forced->address.family == hop.address.family) return forced;
  return process.socket_for(hop.address, hop.protocol, forced ? forced : live.socket);
}

bool leave_datagrams(Process& process, const LiveMessage& live, ForwardPlan& plan, std::size_t length) {
  const std::size_t limit = process.settings.udp_mtu;
  if (limit == 0 || length <= limit || plan.hop.protocol != sip::Protocol::Udp) return false;
  const sip::Protocol other = live.mtu_protocol != sip::Protocol::Any ? live.mtu_protocol : process.settings.mtu_protocol;
  if (other == sip::Protocol::Any || other == sip::Protocol::Udp) return false;
  NextHop hop{plan.hop.address, other};
  const Socket* const out = socket_out(process, live, hop);
  if (!out) return false;
  plan.hop = hop;
  plan.out = out;
  return true;
}

Code forward_stateless(Call& call, const NextHop* hop, sip::Protocol force) {
  LiveMessage& live = *call.live;
  Worker& worker = *call.worker;
  if (!live.message.is_request() || live.message.fault() != sip::ParseFault::None) return -1;
  std::optional<NextHop> resolved;
  if (!hop) {
    Int why = 0;
    const sip::Uri* const uri = live.dst_uri.is_null() ? live.parsed_uri() : nullptr;   // tested by the script before, perhaps
    if (uri) resolved = resolve(worker, *uri, force, why);
    else if (!live.dst_uri.is_null()) resolved = resolve(worker, live.dst_uri, force, why);
    if (!resolved) {
      worker.log(LogLevel::Err, "<core>: forward(): the next hop cannot be resolved");
      return -1;
    }
    hop = &*resolved;
  }
  ForwardPlan plan;
  plan.hop = *hop;
  plan.out = socket_out(worker.process, live, plan.hop);
  if (!plan.out) {
    worker.log(LogLevel::Err, "<core>: forward(): no socket for the next hop's protocol and family");
    return -1;
  }
  plan.branch = stateless_branch(live, *call.arena);
  Outbox* const into = outbox_unless_seen(call, true);
  Text bytes = build_request(live, plan, *call.arena, into);
  if (leave_datagrams(worker.process, live, plan, bytes.len)) bytes = build_request(live, plan, *call.arena, into);
  if (!send(call, plan.out, plan.hop, bytes, live.out_connection, Sending::Request)) return -1;
  ++worker.counters.forwarded_requests;
  return 1;
}

bool forward_reply_stateless(Call& call, Text first_line) {
  LiveMessage& live = *call.live;
  const sip::Header* top = live.message.first(sip::HeaderId::Via);
  if (!top) return false;
  const std::optional<Text> others = behind_top_via(live.message, *top);
  if (!others) return false;
  Text rest = *others;
  if (rest.len == 0) {
    const sip::Header* second = live.message.next(top);
    if (!second) return false;
    rest = live.message.value(*second);
  }
  sip::Unset<sip::Via> below;
  if (!sip::read_via(rest, below.value, live.message.base() + live.message.buffer().len)) return false;
  const sip::Via& via = below.value;
  std::optional<NextHop> hop = reply_hop(via);
  if (!hop) hop = resolve_host(*call.worker, via.host, via.port, via.protocol);
  if (!hop) return false;
  const Socket* out = call.process().socket_for(hop->address, hop->protocol, live.socket);
  if (!out) return false;
  const sip::Via* own = live.message.via();
  const std::uint32_t connection = own && is_stream(hop->protocol) ? connection_of(own->param("i")) : 0;
  Outbox* const into = outbox_unless_seen(call, call.process().settings.onsend_route_reply);
  const Text bytes = build_forwarded_reply(live, *call.arena, hop->protocol, first_line, into);
  if (!send(call, out, *hop, bytes, connection, Sending::RelayedReply)) return false;
  ++call.worker->counters.forwarded_replies;
  return true;
}

}  // namespace strowger
