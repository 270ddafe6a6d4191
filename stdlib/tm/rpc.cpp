// tm.*: counters of all workers, and own requests sent from worker 0.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/rpc.h"

#include "stdlib/tm/local_request.h"
#include "stdlib/tm/table.h"
#include "tm.interface.h"

namespace strowger {
namespace {

constexpr std::size_t kLeast = 5, kMost = 6;

/// The parameters of a request, owned.
struct Wanted {
  std::string method, uri, next_hop, socket, headers, body;
};

bool has_header(std::string_view headers, std::string_view name) {
  const sip::HeaderId id = sip::header_id_of(name);
  while (!headers.empty()) {
    const std::size_t end = headers.find('\n');
    const std::string_view line = headers.substr(0, end);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos && sip::header_id_of(sip::trim(Text(line.substr(0, colon))).view()) == id) return true;
    if (end == std::string_view::npos) return false;
    headers.remove_prefix(end + 1);
  }
  return false;
}

/// False after a fault.
bool read(RpcCall& call, Wanted& out, tm::LocalRequest& request) {
  std::size_t count = 0;
  for (std::string* text : {&out.method, &out.uri, &out.next_hop, &out.socket, &out.headers, &out.body}) {
    auto next = call.next_text();
    if (!next) break;
    *text = std::move(*next);
    ++count;
  }
  if (count < kLeast) return call.fault(400, "too few parameters (" + std::string(count > 0 ? "-" : "") + std::to_string(count) + "/" + std::to_string(kLeast) + ")"), false;
  static_assert(kMost == kLeast + 1);
  if (out.method.empty()) return call.fault(400, "Empty method"), false;
  if (out.method.find_first_of(" \t\r\n") != std::string::npos)
    return call.fault(400, "Invalid method"), false;
  if (!sip::parse_uri(Text(std::string_view(out.uri)))) return call.fault(400, "Invalid request uri \"" + out.uri + "\""), false;
  const bool has_hop = !out.next_hop.empty() && out.next_hop != ".";
  if (has_hop && !sip::parse_uri(Text(std::string_view(out.next_hop))))
    return call.fault(400, "Invalid next-hop uri \"" + out.next_hop + "\""), false;
  if (!out.socket.empty() && out.socket != ".") {
    request.socket = call.process().find_socket(Text(std::string_view(out.socket)));
    if (!request.socket) return call.fault(400, "No local socket for \"" + out.socket + "\""), false;
  }
  if (!out.headers.ends_with("\n")) out.headers += "\r\n";
  if (out.headers.find("\n\r") != std::string::npos || out.headers.find("\n\n") != std::string::npos)
    return call.fault(400, "Empty line in the headers"), false;
  for (const char* const name : {"From", "To"})
    if (!has_header(out.headers, name)) return call.fault(400, std::string(name) + " missing"), false;
  if (!out.body.empty() && !has_header(out.headers, "Content-Type")) return call.fault(400, "Content-Type missing"), false;
  request.method = std::string_view(out.method);
  request.uri = std::string_view(out.uri);
  if (has_hop) request.next_hop = std::string_view(out.next_hop);
  request.headers = std::string_view(out.headers);
  request.body = std::string_view(out.body);
  return true;
}

/// Answers the command with the final reply.
class Answering : public tm::LocalWaiter {
 public:
  explicit Answering(RpcCall::Answer answer) : answer_(std::move(answer)) {}
  void ended(Int code, Text reason) override {
    RpcReply reply;
    reply.begin_struct();
    reply.add_named("code", code);
    reply.add_named("text", reason.is_null() ? Text("") : reason);
    reply.end_struct();
    answer_(reply);
  }

 private:
  RpcCall::Answer answer_;
};

void send_and_wait(RpcCall& call) {
  Wanted wanted;
  tm::LocalRequest request;
  if (!read(call, wanted, request)) return;
  // Whether it can be sent is known before the answer is put off.
  auto later = std::make_unique<Answering>(call.answer());
  if (tm::send_local_request(call.worker, request, std::move(later))) call.defer();
  else call.fault(500, "The request could not be sent");
}

}  // namespace

tm::Totals tm::totals_of(const Process& process) {
  Totals sum;
  for (Worker* const worker : process.workers) {
    const Stats& stats = table_of(*worker).stats;
    const std::uint64_t freed = read_counter(stats.freed), created = read_counter(stats.created);
    sum.current += created > freed ? created - freed : 0;
    sum.created += created;
    sum.freed += freed;
    sum.local += read_counter(stats.local);
    sum.received += read_counter(stats.received);
    sum.generated += read_counter(stats.generated);
    sum.sent += read_counter(stats.sent);
    for (std::size_t i = 0; i < sum.finals.size(); ++i) sum.finals[i] += read_counter(stats.finals[i]);
  }
  std::uint64_t ended = 0;
  for (const std::uint64_t finals : sum.finals) ended += finals;
  const std::uint64_t open = sum.created > ended ? sum.created - ended : 0;
  sum.waiting = sum.current > open ? sum.current - open : 0;
  return sum;
}

void Tm::rpc_tm_stats(RpcCall& call) {
  const tm::Totals sum = tm::totals_of(call.process());
  const auto add = [&](std::string_view name, std::uint64_t number) { call.reply.add_named(name, static_cast<Int>(number)); };
  call.reply.begin_struct();
  add("current", sum.current);
  add("waiting", sum.waiting);
  add("total", sum.created);
  add("total_local", sum.local);
  add("rpl_received", sum.received);
  add("rpl_generated", sum.generated);
  add("rpl_sent", sum.sent);
  for (std::size_t i = 6; i >= 2; --i) add(std::to_string(i) + "xx", sum.finals[i]);
  add("created", sum.created);
  add("freed", sum.freed);
  add("delayed_free", 0);
  call.reply.end_struct();
}

void Tm::rpc_tm_t_uac_start(RpcCall& call) {
  Wanted wanted;
  tm::LocalRequest request;
  if (!read(call, wanted, request)) return;
  if (!tm::send_local_request(call.worker, request)) call.fault(500, "The request could not be sent");
}

void Tm::rpc_tm_t_uac_wait(RpcCall& call) { send_and_wait(call); }
void Tm::rpc_tm_t_uac_wait_block(RpcCall& call) { send_and_wait(call); }

}  // namespace strowger
