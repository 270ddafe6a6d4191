// Replies to the caller: made here, or passed on from a branch.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/upstream.h"

#include <algorithm>
#include <cstdlib>

#include "runtime/sip/print.h"
#include "runtime/sip/reply_builder.h"
#include "stdlib/tm/machines.h"
#include "stdlib/tm/routes.h"
#include "stdlib/tm/table.h"
#include "stdlib/tm/watch.h"
#include "tm.interface.h"

namespace strowger::tm {
namespace {

/// Keeps the bytes for repetitions, in the buffer of the reply before when they fit.
Text remember(Transaction& transaction, Text bytes) {
  if (bytes.len > transaction.reply_capacity) {
    const std::size_t room = std::max<std::size_t>((bytes.len + 7) & ~std::size_t{7}, 640);
    auto* buffer = static_cast<char*>(transaction.arena.allocate(room));
    if (!buffer) return transaction.last_reply = Text::null();
    transaction.reply_buffer = buffer;
    transaction.reply_capacity = static_cast<std::uint32_t>(room);
  }
  std::memcpy(transaction.reply_buffer, bytes.ptr, bytes.len);
  return transaction.last_reply = Text(transaction.reply_buffer, bytes.len);
}

/// Behind what was sent so far.
void end_stream(Worker& worker, const Socket* socket, std::uint32_t connection) {
  if (connection == 0) return;
  Departure departure;
  departure.from = socket;
  departure.protocol = socket->protocol;
  departure.connection = connection;
  departure.only_existing = departure.close_after = 1;
  worker.outbox.push(departure, "");
}

/// "SIP/2.0 200 ..."
bool is_final(Text reply) { return reply.len > 8 && reply.ptr[8] >= '2'; }

}  // namespace

void put_on_way(Transaction& transaction, LiveMessage* relayed, Text bytes) {
  const bool ended = !transaction.request.is_whole() && transaction.remains;
  const Socket* const socket = ended ? transaction.remains->socket : transaction.request->socket;
  const std::uint32_t connection = ended ? transaction.remains->connection : transaction.request->connection;
  Worker& worker = *transaction.worker;
  if (!relayed || !worker.process.image.onsend_route || !worker.process.settings.onsend_route_reply) {
    transmit(worker, socket, transaction.reply_hop, connection, bytes, 0, call_of(transaction));
    if (!ended && transaction.request->reply_close && is_final(bytes)) end_stream(worker, socket, connection);
    return;
  }
  sip::Arena arena(worker.pool);
  Avps avps;
  avps.arena = &arena;
  Call call;
  call.live = relayed;
  call.worker = &worker;
  call.arena = &arena;
  call.avps = &avps;
  send(call, socket, transaction.reply_hop, bytes, connection, Sending::RelayedReply);
}

namespace {

/// append_to_reply() lines, Contacts of a redirect, `extra`, and the body's type.
Text extra_headers(LiveMessage& live, Call* call, Int code, Text extra, sip::Arena& arena) {
  const Text contacts = code >= 300 && code < 400 && call ? contacts_of_branches(*call, arena, Tm::Param::rich_redirect) : Text::null();
  const bool typed = !live.reply_body.is_null() && !live.reply_body_type.is_null();
  std::size_t room = extra.len + contacts.len + 2 + live.reply_body_type.len + 20;
  for (const ReplyHeader* header = live.reply_headers; header; header = header->next) room += header->text.len;
  auto* out = static_cast<char*>(arena.allocate(room));
  if (!out) return Text::null();
  sip::Writer writer(out, room);
  for (const ReplyHeader* header = live.reply_headers; header; header = header->next) writer.put(header->text);
  if (!contacts.is_null()) {
    writer.put(contacts);
    if (!contacts.view().ends_with("\n")) writer.put("\r\n");
  }
  writer.put(extra);
  if (typed) {
    writer.put("Content-Type: ");
    writer.put(live.reply_body_type);
    writer.put("\r\n");
  }
  return writer.ok() ? writer.text() : Text::null();
}

}  // namespace

NextHop reply_hop_of(LiveMessage& request, bool force_rport) {
  NextHop hop;
  hop.address = request.source;
  hop.protocol = request.socket ? request.socket->protocol : sip::Protocol::Udp;
  if (reliable(hop.protocol)) return hop;
  const sip::Via* via = request.message.via();
  if (!via || via->has_rport || force_rport) return hop;
  if (const Text maddr = via->param("maddr"); !maddr.empty())
    if (const auto address = sip::parse_ip(maddr.view())) hop.address = *address;
  hop.address.port = via->port ? via->port : 5060;
  return hop;
}

Text to_tag_of(Transaction& transaction) {
  if (!transaction.to_tag.is_null()) return transaction.to_tag;
  sip::Message& message = transaction.request->message;
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&](Text text) {
    for (std::size_t i = 0; text.ptr && i < text.len; ++i) hash = (hash ^ static_cast<unsigned char>(text.ptr[i])) * 0x100000001b3;
  };
  const sip::Via* const via = message.via();
  if (via && via->port == 0) {               // as sl does it
    add(via->host);
  } else {
    add(message.call_id());
    add(message.from_tag());
    if (via) add(via->branch);
  }
  auto* out = static_cast<char*>(transaction.arena.allocate(48));
  if (!out) return Text::null();
  sip::Writer writer(out, 48);
  writer.put(transaction.table->tag_prefix);
  writer.put('-');
  writer.put_hex((hash ^ hash >> 32) & 0xffffffff, 8);
  return transaction.to_tag = writer.text();
}

bool reply_locally(Transaction& transaction, LiveMessage& live, Call* call, Int code, Text reason, Text extra) {
  if (transaction.status >= 200 || transaction.local || code < 100 || code > 699) return false;
  Worker& worker = *transaction.worker;
  sip::Arena own(worker.pool);
  sip::Arena& scratch = own;
  const sip::Via* via = live.message.via();
  if (!via) return false;
  const bool force_rport = live.force_rport || transaction.request->force_rport;
  const sip::ViaMarks marks = sip::via_marks(*via, live.source, force_rport);
  sip::ReplyPlan plan;
  plan.code = static_cast<int>(code);
  plan.reason = reason;
  plan.to_tag = code >= 180 ? to_tag_of(transaction) : Text::null();
  plan.extra_headers = extra_headers(live, call, code, extra, scratch);
  if (worker.process.settings.server_signature) plan.server_header = Text(worker.process.settings.server_header);
  plan.body = live.reply_body;
  plan.add_received = marks.received;
  plan.add_rport = marks.rport;
  plan.source = live.source;
  const std::size_t room = live.message.buffer().len + reason.len + plan.extra_headers.len + plan.server_header.len +
                           plan.body.len + 320;
  auto* out = static_cast<char*>(scratch.allocate(room));
  const std::size_t length = out ? sip::build_reply(live.message, plan, out, room) : 0;
  if (length == 0) {
    worker.log(LogLevel::Err, "tm: the reply could not be made\n");
    return false;
  }
  transaction.reply_hop = reply_hop_of(live, force_rport);
  transaction.status = static_cast<std::int16_t>(code);
  transaction.local_final = code >= 200;
  remember(transaction, {out, length});   // where memory has ended it is sent all the same, once
  const Text bytes(out, length);
  ++worker.counters.local_replies;
  Stats& stats = transaction.table->stats;
  ++stats.generated;
  ++stats.sent;
  if (code >= 200) ++stats.finals[static_cast<std::size_t>(code / 100)];
  put_on_way(transaction, nullptr, bytes);
  server_sent(transaction, static_cast<int>(code));
  if (transaction.watched && code >= 200) tell_replied(transaction, static_cast<int>(code), nullptr);
  if (transaction.table->local_response) run_local_response(transaction, bytes);
  return true;
}

/// The bytes, with From and To as the caller has written them. A reply whose From cannot be read goes as it is.
static Text build_restored_reply(const SenderParties& parties, LiveMessage& reply, sip::Arena& scratch, sip::Protocol protocol) {
  const sip::Edits edits = reply.edits;
  const auto put = [&](const sip::NameAddr* party, Text text) {
    if (!party || text.is_null()) return;
    const Text address = party->address();
    reply.edits.replace(scratch, static_cast<std::uint32_t>(address.ptr - reply.message.base()), static_cast<std::uint32_t>(address.len), text);
  };
  const sip::NameAddr* const from = reply.message.from();
  if (from && sip::parse_uri(from->uri)) {
    reply.edits = edits.copy(scratch);
    put(from, parties.from);
    put(reply.message.to(), parties.to);
  }
  const Text bytes = build_forwarded_reply(reply, scratch, protocol);
  reply.edits = edits;
  return bytes;
}

bool forward_reply(Transaction& transaction, const Branch& branch, LiveMessage& reply, sip::Arena& scratch) {
  const sip::Protocol protocol = transaction.reply_hop.protocol;
  const Text bytes = branch.parties ? build_restored_reply(*branch.parties, reply, scratch, protocol)
                                    : build_forwarded_reply(reply, scratch, protocol);
  if (bytes.is_null()) {
    transaction.worker->log(LogLevel::Err, "tm: a reply without a second Via cannot be forwarded\n");
    return false;
  }
  const int status = reply.message.status();
  const bool late = transaction.status >= 200;
  if (!late || (status < 300 && transaction.status < 300)) {
    transaction.status = static_cast<std::int16_t>(status);
    if (status >= 200 && !late) {
      transaction.local_final = false;
      transaction.relayed_branch = branch.index;
    }
    if (!late) remember(transaction, bytes);
  }
  Stats& stats = transaction.table->stats;
  ++stats.sent;
  if (status >= 200 && status < 700 && (!late || status < 300)) ++stats.finals[static_cast<std::size_t>(status / 100)];
  put_on_way(transaction, &reply, bytes);
  server_sent(transaction, status);
  if (transaction.watched && !late) tell_replied(transaction, status, &reply);
  return true;
}

ErrorReply error_reply(Int error, sip::Arena& arena) {
  return strowger::error_reply(error, "TM", arena);
}

}  // namespace strowger::tm
