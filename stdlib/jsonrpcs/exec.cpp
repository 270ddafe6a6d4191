// jsonrpc_exec() with $jsonrpl, and jsonrpc_dispatch(): a command runs in worker 0, scripts of other workers wait for it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "jsonrpcs.interface.h"
#include "runtime/script/call.h"
#include "runtime/script/log_line.h"
#include "stdlib/jsonrpcs/json_request.h"
#include "stdlib/jsonrpcs/state.h"

namespace strowger {
namespace {

constexpr Millis kLongest = 10'000;

/// Runs a request and waits for its answer; null (logged) when there is none.
std::shared_ptr<const jsonrpcs::Answer> run_and_wait(Call& call, Text json, std::string_view who) {
  auto request = jsonrpcs::parse_request(json.view());
  if (!request) {
    log_line(call, LogLevel::Err, "jsonrpcs", {who, ": the text is no JSON"});
    return nullptr;
  }
  Worker& asking = *call.worker;
  Worker& running = *asking.process.workers.front();
  const auto answer = std::make_shared<jsonrpcs::Answer>();
  const Ticket ticket = asking.scripts.ticket();
  auto job = [answer, ticket, &running, scripts = &asking.scripts, request = std::move(*request)] {
    jsonrpcs::run(running, request, [answer, ticket, scripts](RpcReply& reply, std::string_view printed) {
      answer->code = reply.failed() ? reply.fault_code() : 200;
      answer->text = reply.failed() ? reply.fault_text() : "OK";
      answer->body = printed;
      scripts->post(ticket);
    });
  };
  if (&asking == &running)
    job();
  else
    running.scripts.post_job(std::move(job));
  if (asking.scripts.wait(ticket, kLongest) != Waited::Answered) {
    log_line(call, LogLevel::Err, "jsonrpcs", {who, ": there was no answer"});
    return nullptr;
  }
  return answer;
}

}  // namespace

Code Jsonrpcs::jsonrpc_exec(Call& call, Text json) {
  auto answer = run_and_wait(call, json, "jsonrpc_exec()");
  if (!answer) return -1;
  call.state<jsonrpcs::State>(slot).last = std::move(answer);
  return 1;
}

Code Jsonrpcs::jsonrpc_dispatch(Call& call) {
  const auto reply = call.process().services.http_reply;
  if (!(Param::transport & 1) || !reply || !call.message().is_http()) {
    log_line(call, LogLevel::Err, "jsonrpcs", {"jsonrpc_dispatch(): needs bit 1 of transport, xhttp, and an HTTP request"});
    return -1;
  }
  const auto answer = run_and_wait(call, call.message().body(), "jsonrpc_dispatch()");
  if (!answer) return -1;
  const Int code = answer->code >= 100 && answer->code <= 999 ? answer->code : 500;
  const std::string_view text = answer->text, body = answer->body;
  return reply(call, code, Text(text), "Content-Type: application/json\r\n", Text(body));
}

Value Jsonrpcs::get_jsonrpl(Call& call, Text part) {
  const std::shared_ptr<const jsonrpcs::Answer>& last = call.state<jsonrpcs::State>(slot).last;
  if (!last) return Value::null();
  if (part.view() == "code") return Value::of(last->code);
  if (part.view() == "text") return Value::of(call.arena->copy(std::string_view(last->text)));
  if (part.view() == "body") return Value::of(call.arena->copy(std::string_view(last->body)));
  return Value::null();
}

}  // namespace strowger
