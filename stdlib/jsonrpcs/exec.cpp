// jsonrpc_exec() and $jsonrpl: a command that the script runs. Commands run in worker 0; scripts of other workers wait for them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "jsonrpcs.interface.h"
#include "runtime/script/call.h"
#include "runtime/script/log_line.h"
#include "stdlib/jsonrpcs/json_request.h"
#include "stdlib/jsonrpcs/state.h"

namespace strowger {
namespace {

constexpr Millis kLongest = 10'000;

}  // namespace

Code Jsonrpcs::jsonrpc_exec(Call& call, Text json) {
  auto request = jsonrpcs::parse_request(json.view());
  if (!request) {
    log_line(call, LogLevel::Err, "jsonrpcs", {"jsonrpc_exec(): the text is no JSON"});
    return -1;
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
    log_line(call, LogLevel::Err, "jsonrpcs", {"jsonrpc_exec(): there was no answer"});
    return -1;
  }
  asking.state<jsonrpcs::State>(slot).last = answer;
  return 1;
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
