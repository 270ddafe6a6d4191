// Requests of our own (RFC 3261 §8.1): headers in Kamailio's order, a transaction without a server side.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/local_request.h"

#include <string>
#include <utility>

#include "runtime/script/resolver.h"
#include "runtime/script/via.h"
#include "runtime/sip/print.h"
#include "runtime/sip/request_builder.h"
#include "stdlib/tm/machines.h"
#include "stdlib/tm/response_context.h"
#include "stdlib/tm/table.h"
#include "stdlib/tm/upstream.h"
#include "tm.interface.h"

namespace strowger::tm {
namespace {

constexpr int kFirstCSeq = 10;

struct Line { Text name, value, whole; };

/// The next header line of `rest` (no folding: scripts write one line a header); false at the end or at a bad line.
bool next_line(std::string_view& rest, Line& line) {
  if (rest.empty()) return false;
  const std::size_t end = rest.find('\n');
  const std::string_view whole = rest.substr(0, end == std::string_view::npos ? rest.size() : end + 1);
  const std::size_t colon = whole.find(':');
  rest.remove_prefix(whole.size());
  if (colon == std::string_view::npos || colon == 0) return false;
  line.name = sip::trim(Text(whole.substr(0, colon)));
  line.value = sip::trim(Text(whole.substr(colon + 1)));
  line.whole = Text(whole);
  return true;
}

void put_party(sip::Writer& writer, Text name, const sip::NameAddr& party) {
  writer.put(name);
  writer.put(": ");
  if (!party.display.empty()) {
    writer.put(party.display);
    writer.put(' ');
  }
  writer.put('<');
  writer.put(party.uri);
  writer.put('>');
  if (!party.params.empty()) {
    writer.put(';');
    writer.put(party.params);
  }
}

/// "33 OPTIONS", "33".
std::optional<std::uint32_t> number_of(Text cseq) {
  std::size_t digits = 0;
  while (digits < cseq.len && cseq.ptr[digits] >= '0' && cseq.ptr[digits] <= '9') ++digits;
  return sip::parse_number({cseq.ptr, digits});
}

/// Headers that stand in front of the others, whether the caller gave them or not.
bool is_written_first(sip::HeaderId id) {
  switch (id) {
    case sip::HeaderId::From:
    case sip::HeaderId::To:
    case sip::HeaderId::CallId:
    case sip::HeaderId::CSeq:
    case sip::HeaderId::ContentLength: return true;
    default: return false;
  }
}

/// Writes the whole request; false when From or To is missing or it does not fit.
bool print(sip::Writer& writer, Transaction& transaction, const Branch& branch, const LocalRequest& request) {
  std::optional<sip::NameAddr> from, to;
  Text call_id;
  std::uint32_t cseq = kFirstCSeq;
  bool has_hops = false, has_agent = false;
  Line line;
  for (std::string_view rest = request.headers.view(); next_line(rest, line);) {
    switch (sip::header_id_of(line.name.view())) {
      case sip::HeaderId::From: from = sip::parse_name_addr(line.value); break;
      case sip::HeaderId::To: to = sip::parse_name_addr(line.value); break;
      case sip::HeaderId::CallId: call_id = line.value; break;
      case sip::HeaderId::CSeq: cseq = number_of(line.value).value_or(cseq); break;
      case sip::HeaderId::MaxForwards: has_hops = true; break;
      case sip::HeaderId::UserAgent: has_agent = true; break;
      default: break;
    }
  }
  if (!from || !to) {
    transaction.worker->log(LogLevel::Err, "tm: an own request needs From and To\n");
    return false;
  }
  Worker& worker = *transaction.worker;
  writer.put(request.method);
  writer.put(' ');
  writer.put(request.uri);
  writer.put(" SIP/2.0\r\n");
  char name[64];
  const Text via_branch(name, print_branch_name({worker.index & 0xff, transaction.slot, transaction.label, branch.index}, name));
  print_own_via(writer, transaction.request, *branch.out, branch.hop.protocol, via_branch);
  put_party(writer, "To", *to);
  writer.put("\r\n");
  put_party(writer, "From", *from);
  if (from->param("tag").is_null()) {
    writer.put(";tag=");
    writer.put(transaction.table->from_tag_prefix);
    writer.put('-');
    writer.put_hex(worker.random() & 0xffffffff, 8);
  }
  writer.put("\r\nCSeq: ");
  writer.put_number(cseq);
  writer.put(' ');
  writer.put(request.method);
  writer.put("\r\nCall-ID: ");
  if (call_id.empty()) {
    writer.put_hex(worker.random(), 16);
    writer.put('-');
    writer.put_number(static_cast<Int>(worker.process.unique.fetch_add(1, std::memory_order_relaxed)));
    writer.put('@');
    writer.put(branch.out->host);
  } else {
    writer.put(call_id);
  }
  writer.put(has_hops ? Text("\r\nContent-Length: ") : Text("\r\nMax-Forwards: 70\r\nContent-Length: "));
  writer.put_number(static_cast<Int>(request.body.len));
  writer.put("\r\n");
  if (!has_agent && worker.process.settings.server_signature && !worker.process.settings.user_agent_header.empty()) {
    writer.put(Text(worker.process.settings.user_agent_header));
    writer.put("\r\n");
  }
  for (std::string_view rest = request.headers.view(); next_line(rest, line);) {
    if (is_written_first(sip::header_id_of(line.name.view()))) continue;
    writer.put(line.whole);
    if (!line.whole.view().ends_with("\n")) writer.put("\r\n");
  }
  writer.put("\r\n");
  writer.put(request.body);
  return writer.ok();
}

/// event_route[tm:local-request]; false when it dropped the request.
bool run_local_request(Transaction& transaction) {
  Call call;
  call.live = transaction.request.operator->();
  call.worker = transaction.worker;
  call.arena = &transaction.arena;
  call.avps = &transaction.avps;
  call.transaction = &transaction;
  run_route(call, transaction.table->local_request, kEventRoute);
  return !call.dropped;
}

bool build(Transaction& transaction, Branch& branch, const LocalRequest& request) {
  Worker& worker = *transaction.worker;
  LiveMessage& live = transaction.request;
  const std::size_t room = request.method.len * 2 + request.uri.len + request.headers.len * 2 + request.body.len +
                           worker.process.settings.user_agent_header.size() + 512;
  auto* out = room <= sip::Limits::kMessage ? static_cast<char*>(transaction.arena.allocate(room)) : nullptr;
  if (!out) return false;
  sip::Writer writer(out, room);
  if (!print(writer, transaction, branch, request)) return false;
  transaction.arena.shrink(out, writer.size());
  live.message = sip::Message::parse(writer.text(), transaction.arena);
  if (live.message.fault() != sip::ParseFault::None || !live.message.is_request()) {
    worker.log(LogLevel::Err, "tm: an own request has a malformed method, URI or header\n");
    return false;
  }
  branch.bytes = writer.text();
  transaction.invite = live.message.method_bit() == kInvite;
  if (!transaction.table->local_request) return true;
  if (!run_local_request(transaction)) return false;
  if (live.edits.empty() && live.new_uri.is_null()) return true;
  Text first_line;
  if (!live.new_uri.is_null()) {
    const std::size_t length = request.method.len + live.new_uri.len + 16;
    auto* line = static_cast<char*>(transaction.arena.allocate(length));
    if (!line) return false;
    sip::Writer first(line, length);
    first.put(request.method);
    first.put(' ');
    first.put(live.new_uri);
    first.put(" SIP/2.0");
    first_line = first.text();
  }
  std::size_t length = writer.size() + first_line.len + 64;
  for (const sip::Edit& edit : live.edits) length += edit.insert.len + (edit.make ? 512 : 0);
  auto* edited = static_cast<char*>(transaction.arena.allocate(length));
  if (!edited) return false;
  sip::SendPlan plan;
  plan.out = plan.in = branch.out;
  plan.protocol = branch.hop.protocol;
  plan.arena = &transaction.arena;
  plan.live = &live;
  const std::size_t written = sip::apply(live.message, live.edits, first_line, plan, edited, length);
  branch.bytes = Text(edited, written);
  return written > 0;
}

}  // namespace

void tell_waiter(Transaction& transaction, int status, Text reason, Call* reply) {
  Stats& stats = transaction.table->stats;
  if (status >= 200 && status < 700) ++stats.finals[static_cast<std::size_t>(status / 100)];
  if (reply) ++stats.sent;   // Kamailio counts it so, though nobody is sent anything
  const std::unique_ptr<LocalWaiter> waiter(static_cast<LocalWaiter*>(transaction.attachment.release()));
  if (waiter) reply ? waiter->answered(*reply) : waiter->unanswered(status, reason);
}

namespace {

/// What has to outlive its caller while a name is resolved.
struct PostedRequest {
  std::string method, uri, next_hop, headers, body;
  const Socket* socket;
  std::unique_ptr<LocalWaiter> waiter;
  LocalRequest request() const {
    const auto text = [](const std::string& s) { return Text(std::string_view(s)); };
    return {text(method), text(uri), text(next_hop), text(headers), text(body), socket};
  }
};

std::string copy_of(Text text) { return std::string(text.view()); }

bool send_to(Worker& worker, const LocalRequest& request, std::optional<NextHop> hop, std::unique_ptr<LocalWaiter>& waiter) {
  const Socket* out = hop ? worker.process.socket_for(hop->address, hop->protocol, request.socket) : nullptr;
  if (!out) {
    worker.log(LogLevel::Err, "tm: an own request has no way to its destination\n");
    return false;
  }
  Table& table = table_of(worker);
  Transaction* transaction = table.create_empty();
  if (!transaction) return false;
  transaction->local = true;
  transaction->request->socket = out;
  transaction->request->made_here = true;
  transaction->request->received_us = worker.now.wall_us;
  Branch* branch = transaction->add_branch();
  if (branch) {
    branch->out = out;
    branch->hop = *hop;
    branch->reliable = reliable(hop->protocol);
  }
  if (!branch || !build(*transaction, *branch, request)) {
    table.release(*transaction);
    return false;
  }
  branch->uri = transaction->request->uri();
  branch->on_reply = transaction->wishes.on_reply;   // of event_route[tm:local-request]
  transaction->attachment = std::move(waiter);
  ++table.stats.local;
  server_started(*transaction);
  transmit_branch(*branch, branch->bytes);
  client_event(*branch, ClientEvent::Sent);
  return true;
}

/// Would resolve() answer without waiting?
bool is_known(Worker& worker, Text text) {
  const auto uri = sip::parse_uri(text);
  return !uri || is_known_host(worker, uri->host);
}

}  // namespace

const Socket* own_socket(const Call& call) {
  const Socket* const socket = call.live->socket;
  return socket && socket->protocol == sip::Protocol::Udp ? socket : nullptr;
}

bool send_local_request(Worker& worker, const LocalRequest& request, std::unique_ptr<LocalWaiter> waiter) {
  const Text next = request.next_hop.empty() ? request.uri : request.next_hop;
  if (is_known(worker, next)) {
    Int why = 0;
    return send_to(worker, request, resolve(worker, next, sip::Protocol::Any, why), waiter);
  }
  // Callers (timers that walk through tables) do not expect to wait: a script of its own does.
  auto kept = std::make_shared<PostedRequest>(PostedRequest{copy_of(request.method), copy_of(request.uri), copy_of(request.next_hop),
                                                        copy_of(request.headers), copy_of(request.body), request.socket, std::move(waiter)});
  worker.scripts.post_job([&worker, kept] {
    const LocalRequest again = kept->request();
    Int why = 0;
    const auto hop = resolve(worker, again.next_hop.empty() ? again.uri : again.next_hop, sip::Protocol::Any, why);
    if (send_to(worker, again, hop, kept->waiter) || !kept->waiter) return;
    sip::Arena scratch(worker.pool);
    const ErrorReply error = error_reply(hop ? -477 : -478, scratch);
    std::exchange(kept->waiter, nullptr)->unanswered(error.code, error.reason);
  });
  return true;
}

// RFC 3261 §13.2.2.4: the ACK is a transaction of its own, to the remote target. Where it goes: local_ack_mode.
void acknowledge(Branch& branch, LiveMessage& live) {
  sip::Message& reply = live.message;
  Transaction& transaction = *branch.transaction;
  sip::Arena scratch(transaction.worker->pool);
  sip::Message invite = sip::Message::parse(branch.bytes, scratch);
  const std::size_t room = branch.bytes.len + reply.buffer().len + transaction.worker->process.settings.user_agent_header.size() + 256;
  auto* out = static_cast<char*>(scratch.allocate(room));
  if (!out) return;
  Text target = invite.ruri();
  Text contacts = reply.value_of(sip::HeaderId::Contact);
  if (!contacts.is_null())
    if (const auto contact = sip::next_name_addr(contacts)) target = contact->uri;
  sip::Writer writer(out, room);
  const sip::CSeq* cseq = invite.cseq();
  if (!cseq) return;
  writer.put("ACK ");
  writer.put(target);
  writer.put(" SIP/2.0\r\n");
  char name[64];
  const Text via_branch(name, print_branch_name({transaction.worker->index & 0xff, transaction.slot, transaction.label, 0xff}, name));
  print_own_via(writer, transaction.request, *branch.out, branch.hop.protocol, via_branch);
  NextHop hop = branch.hop;
  Text first_route;
  Int routes = 0;
  for (const sip::Header* h = reply.first(sip::HeaderId::RecordRoute); h; h = reply.next(h)) ++routes;
  for (Int last = routes; last > 0; --last) {   // the route set is the Record-Route in reverse (§12.1.2)
    const sip::Header* h = reply.first(sip::HeaderId::RecordRoute);
    for (Int i = 1; i < last; ++i) h = reply.next(h);
    sip::NameAddr entries[32];
    std::size_t count = 0;
    for (Text rest = reply.value(*h); count < 32;) {
      const auto entry = sip::next_name_addr(rest);
      if (!entry) break;
      entries[count++] = *entry;
    }
    while (count > 0) {
      const sip::NameAddr& entry = entries[--count];
      if (first_route.is_null()) first_route = entry.uri;
      writer.put("Route: ");
      writer.put(entry.whole);
      writer.put("\r\n");
    }
  }
  const auto copy = [&](const sip::Message& from, sip::HeaderId id) {
    if (const sip::Header* h = from.first(id)) writer.put(from.line(*h));
  };
  copy(invite, sip::HeaderId::From);
  copy(reply, sip::HeaderId::To);
  copy(invite, sip::HeaderId::CallId);
  writer.put("CSeq: ");
  writer.put(cseq->number_text);
  writer.put(" ACK\r\nMax-Forwards: 70\r\n");
  Worker& worker = *transaction.worker;
  if (worker.process.settings.server_signature && !worker.process.settings.user_agent_header.empty()) {
    writer.put(Text(worker.process.settings.user_agent_header));
    writer.put("\r\n");
  }
  writer.put("Content-Length: 0\r\n\r\n");
  if (!writer.ok()) return;
  const Text next = first_route.is_null() ? target : first_route;
  if (Tm::Param::local_ack_mode != 0 || is_known(worker, next)) {
    Int why = 0;
    if (Tm::Param::local_ack_mode == 0) hop = resolve(worker, next, sip::Protocol::Any, why).value_or(hop);
    if (Tm::Param::local_ack_mode == 2) hop.address = live.source;
    return transmit(worker, branch.out, hop, 0, writer.text());
  }
  worker.scripts.post_job([&worker, hop, out = branch.out, uri = copy_of(next), bytes = copy_of(writer.text())] {
    Int why = 0;
    const auto found = resolve(worker, Text(std::string_view(uri)), sip::Protocol::Any, why).value_or(hop);
    transmit(worker, out, found, 0, Text(std::string_view(bytes)));
  });
}

}  // namespace strowger::tm

namespace strowger {

Code Tm::t_uac_send(Call& call, Text method, Text ruri, Text nexthop, Text socket, Text headers, Text body) {
  tm::LocalRequest request;
  request.method = method;
  request.uri = ruri;
  request.next_hop = nexthop;
  request.headers = headers;
  request.body = body;
  if (socket.empty()) {
    request.socket = tm::own_socket(call);
  } else if (!(request.socket = call.process().find_socket(socket))) {
    call.log(LogLevel::Err, "tm: t_uac_send(): unknown socket\n");
    return -1;
  }
  return tm::send_local_request(*call.worker, request) ? 1 : -1;
}

}  // namespace strowger
