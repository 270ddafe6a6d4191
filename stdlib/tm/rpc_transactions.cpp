// RPC commands over the transactions of all workers: tm.list, tm.cancel, tm.reply, tm.reply_callid, tm.clean, tm.hash_stats.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/rpc.h"

#include <charconv>

#include "stdlib/tm/cancel.h"
#include "stdlib/tm/reply.h"
#include "stdlib/tm/suspend.h"
#include "stdlib/tm/table.h"
#include "tm.interface.h"

namespace strowger {
namespace {

/// A command on its way through the workers, each of which looks at its own transactions.
struct Tour {
  Worker* home;                                   ///< who answers
  RpcCall::Answer answer;
  std::function<bool(Worker&, RpcReply&)> visit;  ///< true: nobody else needs to look
  Int code = 0;                                   ///< the fault when nobody said so; 0 none
  std::string text;
  RpcReply reply;
  std::size_t next = 0;
};

void go_on(const std::shared_ptr<Tour>& tour, bool done) {
  const auto& workers = tour->home->process.workers;
  while (!done && tour->next < workers.size()) {
    Worker& there = *workers[tour->next++];
    if (&there != tour->home) {
      there.scripts.post_job([tour, &there] {
        const bool was_it = tour->visit(there, tour->reply);
        tour->home->scripts.post_job([tour, was_it] { go_on(tour, was_it); });
      });
      return;
    }
    done = tour->visit(there, tour->reply);
  }
  if (!done && tour->code) tour->reply.fault(tour->code, tour->text);
  tour->answer(tour->reply);
}

void ask_workers(RpcCall& call, std::function<bool(Worker&, RpcReply&)> visit, Int code = 0, std::string text = {}) {
  const auto tour = std::make_shared<Tour>();
  tour->home = &call.worker;
  tour->answer = call.answer();
  tour->visit = std::move(visit);
  tour->code = code;
  tour->text = std::move(text);
  call.defer();
  go_on(tour, false);
}

/// Kamailio's bits of a transaction.
enum Flags : Int { kIsInvite = 1, kIsLocal = 2, kIsCanceled = 8, kAuto100 = 64 };

void list(Worker& worker, RpcReply& reply) {
  const tm::Table& table = tm::table_of(worker);
  for (std::size_t i = 0; i < table.capacity() && !reply.failed(); ++i) {
    const tm::Transaction& transaction = *table.slot(i);
    if (transaction.label == 0) continue;
    sip::Arena scratch(worker.pool);
    sip::Message message = transaction.request.is_whole() || !transaction.remains ? transaction.request->message
                                                                                  : sip::Message::parse(transaction.remains->head, scratch);
    const auto line = [&](sip::HeaderId id) {
      const sip::Header* const header = message.first(id);
      return header ? message.line(*header) : Text("");
    };
    // "CSeq: 1", without the method.
    std::string_view cseq = line(sip::HeaderId::CSeq).view();
    if (const sip::CSeq* const parsed = message.cseq(); parsed && !cseq.empty())
      cseq = cseq.substr(0, static_cast<std::size_t>(parsed->number_text.ptr + parsed->number_text.len - cseq.data()));
    char cell[32] = "0x";
    const auto end = std::to_chars(cell + 2, cell + sizeof cell,
                                   static_cast<std::uint64_t>(tm::index_of(transaction)) << 32 | transaction.label, 16).ptr;
    reply.begin_struct();
    reply.add_named("cell", std::string_view(cell, end));
    reply.add_named("tindex", tm::index_of(transaction));
    reply.add_unsigned("tlabel", transaction.label);
    reply.add_named("method", message.method());
    reply.add_named("from", line(sip::HeaderId::From));
    reply.add_named("to", line(sip::HeaderId::To));
    reply.add_named("callid", line(sip::HeaderId::CallId));
    reply.add_named("cseq", cseq);
    reply.add_named("uas_request", transaction.local ? "no" : "yes");
    reply.add_named("tflags", Int{transaction.invite ? kIsInvite : 0} | (transaction.local ? kIsLocal : 0) |
                                  (transaction.canceled ? kIsCanceled : 0) |
                                  (transaction.invite && transaction.wishes.auto_100 ? kAuto100 : 0));
    reply.add_named("outgoings", Int{transaction.branch_count});
    reply.add_named("ref_count", Int{1} + transaction.holds);
    reply.add_named("lifetime", (transaction.expires * 16 / 1000) & 0x7fffffff);   // in ticks of 1/16 s, when it ends
    reply.end_struct();
  }
}

/// What follows the transaction's name in tm.reply and tm.reply_callid.
struct Wanted {
  Int code = 0;
  std::string reason, to_tag, headers, body;
};

/// Lines of the kind "Name: value"; the last one gets its line end. False for others and for an empty line.
bool complete(std::string& headers) {
  if (headers == ".") headers.clear();
  if (!headers.empty() && !headers.ends_with("\n")) headers += "\r\n";
  for (std::string_view rest = headers; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    const std::size_t colon = rest.substr(0, end).find(':');
    if (colon == 0 || colon == std::string_view::npos) return false;
    rest.remove_prefix(end + 1);
  }
  return true;
}

bool read_status(RpcCall& call, Wanted& out) {
  const auto code = call.next_int();
  if (!code) return call.fault(400, "Reply code expected"), false;
  auto reason = call.next_text();
  if (!reason) return call.fault(400, "Reason phrase expected"), false;
  out.code = *code;
  out.reason = std::move(*reason);
  return true;
}

bool read_rest(RpcCall& call, Wanted& out) {
  auto tag = call.next_text();
  if (!tag) return call.fault(400, "To tag expected"), false;
  out.to_tag = *tag == "." ? std::string() : std::move(*tag);
  out.headers = call.next_text().value_or("");
  out.body = call.next_text().value_or("");
  if (out.body == ".") out.body.clear();
  for (const std::string* const one : {&out.reason, &out.to_tag})
    if (one->find_first_of("\r\n") != std::string::npos) return call.fault(400, "A line ends within a value"), false;
  if (!complete(out.headers)) return call.fault(400, "Malformed header lines"), false;
  return true;
}

void reply_to(tm::Transaction& transaction, const Wanted& wanted, RpcReply& reply) {
  const auto text = [](const std::string& from) { return Text(std::string_view(from)); };
  if (!tm::reply_from_outside(transaction, wanted.code, text(wanted.reason), text(wanted.to_tag), text(wanted.headers),
                              text(wanted.body)))
    reply.fault(500, "Reply failed");
}

}  // namespace

void Tm::rpc_tm_list(RpcCall& call) {
  ask_workers(call, [](Worker& worker, RpcReply& reply) {
    list(worker, reply);
    return reply.failed();
  });
}

void Tm::rpc_tm_cancel(RpcCall& call) {
  const auto call_id = call.next_text(), cseq = call.next_text();
  if (!call_id || !cseq) return call.fault(400, "Callid and CSeq expected as parameters");
  ask_workers(call, [call_id, cseq](Worker& worker, RpcReply& reply) {
    tm::Transaction* const transaction = tm::table_of(worker).find_by_call(std::string_view(*call_id), std::string_view(*cseq));
    if (!transaction) return false;
    tm::cancel_branches(*transaction, nullptr, Text::null());
    reply.add(std::string_view("branches remaining (waiting for timeout)"));
    return true;
  }, 400, "Transaction not found");
}

void Tm::rpc_tm_reply(RpcCall& call) {
  Wanted wanted;
  if (!read_status(call, wanted)) return;
  const auto id = call.next_text();
  if (!id) return call.fault(400, "Transaction ID expected");
  const std::size_t colon = id->find(':');
  const auto index = sip::parse_number(Text(std::string_view(*id).substr(0, colon)));
  const auto label = colon == std::string::npos ? std::nullopt : sip::parse_number(Text(std::string_view(*id).substr(colon + 1)));
  if (!index || !label) return call.fault(400, "Invalid transaction ID");
  if (!read_rest(call, wanted)) return;
  ask_workers(call, [wanted, index = *index, label = *label](Worker& worker, RpcReply& reply) {
    if (index >> 24 != worker.index) return false;
    tm::Transaction* const transaction = tm::table_of(worker).at(index & 0xffffff, label);
    if (!transaction || transaction->local) return false;
    reply_to(*transaction, wanted, reply);
    return true;
  }, 481, "No such transaction");
}

void Tm::rpc_tm_reply_callid(RpcCall& call) {
  Wanted wanted;
  if (!read_status(call, wanted)) return;
  const auto call_id = call.next_text();
  if (!call_id) return call.fault(400, "Call-ID expected");
  const auto cseq = call.next_text();
  if (!cseq) return call.fault(400, "CSeq expected");
  if (!read_rest(call, wanted)) return;
  ask_workers(call, [wanted, call_id, cseq](Worker& worker, RpcReply& reply) {
    tm::Transaction* const transaction = tm::table_of(worker).find_by_call(std::string_view(*call_id), std::string_view(*cseq));
    if (!transaction) return false;
    reply_to(*transaction, wanted, reply);
    return true;
  }, 404, "Transaction not found");
}

void Tm::rpc_tm_hash_stats(RpcCall& call) {
  call.fault(500, "Hash statistics not supported (tryrecompiling with -DTM_HASH_STATS)");
}

void Tm::rpc_tm_clean(RpcCall&) {}   // transactions end by their timers, none is left over

}  // namespace strowger
