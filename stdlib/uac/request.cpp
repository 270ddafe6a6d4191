// $uac_req and uac_req_send(): requests of the script's own, their answers to challenges, and event_route[uac:reply].
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <iterator>

#include "runtime/script/log_line.h"
#include "stdlib/tm/local_request.h"
#include "stdlib/uac/challenge.h"
#include "stdlib/uac/state.h"

namespace strowger {
namespace {

using uac::Request;

constexpr std::uint32_t kFirstCSeq = 10;

/// The texts of $uac_req, with Kamailio's limits.
struct Key {
  std::string_view name;
  std::string Request::*text;
  std::size_t room;                      ///< values are shorter
  bool stays;                            ///< not cleared by `all`
};
constexpr Key kTexts[] = {
    {"method", &Request::method, 32, false}, {"ruri", &Request::ruri, 1024, false},     {"furi", &Request::furi, 1024, false},
    {"turi", &Request::turi, 1024, false},   {"ouri", &Request::ouri, 1024, false},     {"sock", &Request::sock, 1024, true},
    {"hdrs", &Request::hdrs, 2048, false},   {"body", &Request::body, 32768, false},    {"callid", &Request::callid, 128, false},
    {"auser", &Request::auser, 128, true},   {"apasswd", &Request::apasswd, 64, true},  {"evparam", &Request::evparam, 128, false},
};
struct NumberKey {
  std::string_view name;
  Int Request::*number;
};
constexpr NumberKey kNumbers[] = {{"evroute", &Request::evroute}, {"evcode", &Request::evcode}, {"evtype", &Request::evtype}};

template <class List>
auto* find(const List& list, Text name) {
  const auto* const found = std::find_if(std::begin(list), std::end(list), [&](const auto& one) { return one.name == name.view(); });
  return found == std::end(list) ? nullptr : found;
}

Request& request_of(Call& call) { return call.state<Request>(Uac::slot); }

Text text_of(const std::string& text) { return Text(std::string_view(text)); }

/// What is said of a request in its headers. `more` are lines with CRLF that come behind those of the script. Of several lines for
/// From, To, Call-ID and CSeq tm takes the last.
std::string headers_of(const Request& request, std::string_view from_tag, std::string_view call_id, std::uint32_t cseq, std::string_view more) {
  std::string lines = request.hdrs.substr(0, std::min(request.hdrs.find("\r\n\r\n"), request.hdrs.find("\n\n")));
  const auto end_line = [&] { if (!lines.empty() && lines.back() != '\n') lines += "\r\n"; };
  end_line();
  lines += more;
  const auto put_party = [&](std::string_view name, const std::string& uri) {
    const bool whole = uri.find('<') != std::string::npos;
    lines.append(name).append(whole ? "" : "<").append(uri).append(whole ? "" : ">");
  };
  put_party("To: ", request.turi.empty() ? request.ruri : request.turi);
  put_party("\r\nFrom: ", request.furi.empty() ? request.ruri : request.furi);
  if (!from_tag.empty() && request.furi.find(";tag=") == std::string::npos) lines.append(";tag=").append(from_tag);
  lines.append("\r\nCall-ID: ").append(call_id).append("\r\nCSeq: ").append(std::to_string(cseq));   // an empty Call-ID: tm makes one
  return lines += "\r\n";
}

/// From $uac_req(sock), default_socket, or the socket that the message came by, where they go with the destination.
bool send(Call& call, const Request& request, const std::string& headers, std::unique_ptr<tm::LocalWaiter> waiter) {
  Worker& worker = *call.worker;
  tm::LocalRequest wanted;
  wanted.method = text_of(request.method);
  wanted.uri = text_of(request.ruri);
  wanted.next_hop = text_of(request.ouri);
  wanted.headers = text_of(headers);
  wanted.body = text_of(request.body);
  wanted.socket = request.sock.empty() ? nullptr : worker.process.find_socket(text_of(request.sock));
  if (!wanted.socket) wanted.socket = uac::shared_of(worker.process).socket;
  if (!wanted.socket) wanted.socket = tm::own_socket(call);
  return tm::send_local_request(worker, wanted, std::move(waiter));
}

/// Waits for the final reply: tells the event route, and answers a challenge once.
class Answer : public tm::LocalWaiter {
 public:
  Answer(Worker& worker, const Request& request, bool may_answer) : worker_(worker), request_(request), may_answer_(may_answer) {}

  void ended(Int, Text) override {}      // answered() and unanswered() are all there is

  void answered(Call& reply) override {
    const int status = reply.message().status();
    if (const RouteFunction route = event()) {
      worker_.state<Request>(Uac::slot) = told(status, 1);
      tell(reply, route);
    }
    if (may_answer_ && (status == 401 || status == 407)) answer(reply);
  }

  void unanswered(Int code, Text) override {
    const RouteFunction route = event();
    if (!route) return;
    worker_.scripts.enter([&worker = worker_, route, request = told(code, 2)] {
      worker.state<Request>(Uac::slot) = request;
      run_event(worker, route);
    });
  }

 private:
  RouteFunction event() const { return request_.evroute == 1 ? uac::shared_of(worker_.process).on_reply : nullptr; }

  Request told(Int code, Int type) const {
    Request request = request_;
    request.evcode = code;
    request.evtype = type;
    return request;
  }

  /// The route runs over the reply, without attributes of others.
  static void tell(Call& reply, RouteFunction route) {
    Avps* const avps = reply.avps;
    Avps none;
    none.arena = reply.arena;
    reply.avps = &none;
    run_route(reply, route, kEventRoute);
    reply.avps = avps;
  }

  void answer(Call& reply) {
    const auto challenge = uac::read_challenge(reply.message());
    const sip::CSeq* const cseq = reply.message().cseq();
    if (!challenge || !cseq) return;
    const uac::Asked asked{text_of(request_.method), text_of(request_.ruri), text_of(request_.body)};
    const Text line = uac::make_credentials(*challenge, asked, {text_of(request_.auser), text_of(request_.apasswd)}, worker_, *reply.arena);
    if (line.is_null()) return;
    const std::string headers =
        headers_of(request_, reply.message().from_tag().view(), sip::trim(reply.message().call_id()).view(), cseq->number + 1, line.view());
    send(reply, request_, headers, std::make_unique<Answer>(worker_, request_, false));
  }

  Worker& worker_;
  const Request request_;
  const bool may_answer_;
};

bool has_control(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; });
}

}  // namespace

Value Uac::get_uac_req(Call& call, Text key) {
  const Request& request = request_of(call);
  if (const Key* const found = find(kTexts, key)) {
    const std::string& text = request.*found->text;
    return text.empty() ? Value::null() : Value::of(call.arena->copy(text_of(text)));
  }
  const NumberKey* const found = find(kNumbers, key);
  return Value::of(found ? request.*found->number : Int{0});
}

Code Uac::set_uac_req(Call& call, Text key, Value value) {
  Request& request = request_of(call);
  request.set = true;
  const auto refuse = [&](Text why) {
    log_line(call, LogLevel::Err, "uac", {"$uac_req(", key, "): ", why});
    return -1;
  };
  if (const Key* const found = find(kTexts, key)) {
    if (value.is_null()) return (request.*found->text).clear(), 1;
    if (!value.is_text()) return refuse("takes a text");
    if (value.len >= found->room) return refuse("the text is too long");
    (request.*found->text).assign(value.text().view());
    return 1;
  }
  if (const NumberKey* const found = find(kNumbers, key)) {
    if (!value.is_null() && !value.is_int()) return refuse("takes a number");
    request.*found->number = value.is_null() ? 0 : value.number();
    return 1;
  }
  if (!value.is_null()) return 1;        // `all`
  for (const Key& one : kTexts)
    if (!one.stays) (request.*one.text).clear();
  for (const NumberKey& one : kNumbers) request.*one.number = 0;
  return 1;
}

Code Uac::uac_req_send(Call& call) {
  const Request& request = request_of(call);
  const auto refuse = [&](Text why) {
    log_line(call, LogLevel::Err, "uac", {"uac_req_send(): ", why});
    return -1;
  };
  if (request.method.empty() || request.ruri.empty()) return refuse("$uac_req(method) and $uac_req(ruri) are needed");
  for (const std::string* text : {&request.method, &request.ruri, &request.furi, &request.turi, &request.callid})
    if (has_control(*text)) return refuse("a line end in a method, URI or Call-ID");
  const bool has_secret = !request.auser.empty() && !request.apasswd.empty();
  std::unique_ptr<tm::LocalWaiter> waiter;
  if (has_secret || (request.evroute == 1 && uac::shared_of(call.process()).on_reply))
    waiter = std::make_unique<Answer>(*call.worker, request, has_secret);
  const std::string headers = headers_of(request, "", request.callid, kFirstCSeq, "");
  return send(call, request, headers, std::move(waiter)) ? 1 : refuse("the request cannot be made or sent");
}

}  // namespace strowger
