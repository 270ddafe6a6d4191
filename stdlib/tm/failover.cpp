// Failover to the next server.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/failover.h"

#include "runtime/script/resolver.h"
#include "runtime/script/via.h"
#include "stdlib/tm/machines.h"
#include "stdlib/tm/table.h"

namespace strowger::tm {
namespace {

bool server_failed(const Branch& branch) {
  if (branch.reply) return branch.status == 503;
  return !branch.replied && (branch.status == 408 || branch.status == 477);
}

bool goes_on(const Transaction& transaction) { return !transaction.canceled && transaction.status < 200 && !transaction.released; }

/// The request of `sent` with another Via on top, and the Content-Length that streams need. Null when it does not fit.
Text with_new_via(const Branch& branch, Text sent) {
  Transaction& transaction = *branch.transaction;
  sip::Arena scratch(transaction.worker->pool);
  const sip::Message message = sip::Message::parse(sent, scratch);
  const sip::Header* const top = message.first(sip::HeaderId::Via);
  if (!top) return Text::null();
  const std::size_t room = sent.len + 512;
  auto* const out = static_cast<char*>(transaction.arena.allocate(room));
  if (!out) return Text::null();
  sip::Writer writer(out, room);
  char name[64];
  const Text via_branch(name, print_branch_name({transaction.worker->index & 0xff, transaction.slot, transaction.label, branch.index}, name));
  writer.put(Text(sent.ptr, top->at));
  print_own_via(writer, transaction.request, *branch.out, branch.hop.protocol, via_branch);
  writer.put(Text(sent.ptr + top->end, message.headers_end() - top->end));
  if (branch.reliable && !message.first(sip::HeaderId::ContentLength)) {   // RFC 3261 §18.3
    writer.put("Content-Length: ");
    writer.put_number(static_cast<Int>(message.body().len));
    writer.put("\r\n");
  }
  writer.put(Text(sent.ptr + message.headers_end(), sent.len - message.headers_end()));
  transaction.arena.shrink(out, writer.ok() ? writer.size() : 0);
  return writer.ok() ? writer.text() : Text::null();
}

/// Where the new branch goes; false when no target is left.
bool aim_at_next(Branch& next) {
  Worker& worker = *next.transaction->worker;
  while (const auto hop = next_target(worker, *next.others)) {
    next.hop = *hop;
    next.out = worker.process.socket_for(next.hop.address, next.hop.protocol, next.out);
    next.reliable = reliable(hop->protocol);
    if (next.out) return true;
  }
  return false;
}

}  // namespace

void fail_over(Branch& failed, const RouteRef* route) {
  Transaction& transaction = *failed.transaction;
  if (!failed.others || !failed.others->more() || !server_failed(failed) || transaction.wishes.no_failover || !goes_on(transaction)) return;
  Branch* const next = transaction.add_branch();
  if (!next) return;
  next->uri = failed.uri;
  next->dst_uri = failed.dst_uri;
  next->path = failed.path;
  next->instance = failed.instance;
  next->ruid = failed.ruid;
  next->location_ua = failed.location_ua;
  next->parties = failed.parties;
  next->flags = failed.flags;
  next->on_reply = failed.on_reply;
  next->on_failure = failed.on_failure;
  next->on_branch_failure = route;
  next->others = std::move(failed.others);
  next->out = failed.out;
  // Open, so that nobody concludes, but nothing to send or to cancel, while the name of the server may be looked up.
  next->bytes = failed.bytes;
  next->waiting = true;
  ++transaction.holds;
  const bool found = aim_at_next(*next);
  --transaction.holds;
  const bool wanted = next->pending() && goes_on(transaction);
  next->waiting = false;
  next->bytes = found && wanted ? with_new_via(*next, failed.bytes) : Text::null();
  if (next->bytes.is_null()) return;
  transmit_branch(*next, next->bytes);
  ++transaction.worker->counters.forwarded_requests;
  client_event(*next, ClientEvent::Sent);
}

}  // namespace strowger::tm
