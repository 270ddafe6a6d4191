// Tests of messages against RFC 3261. The first that fails sends its reply and ends the script.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/call.h"
#include "runtime/script/log_line.h"
#include "runtime/sip/chars.h"
#include "runtime/sip/digest.h"
#include "runtime/sip/message.h"
#include "runtime/sip/print.h"
#include "runtime/sip/uri.h"
#include "sanity.interface.h"
#include "stdlib/sanity/malformed.h"

namespace strowger {
namespace {

using sip::Header;
using sip::HeaderId;
using sip::Message;

enum Check : Int {
  kVersion = 1, kScheme = 2, kRequiredHeaders = 4, kCSeqMethod = 32, kCSeqNumber = 64, kContentLength = 128, kExpires = 256,
  kProxyRequire = 512, kParseUris = 1024, kDigest = 2048, kTags = 4096, kAuthorization = 8192, kVia = 16384,
};
enum UriCheck : Int { kRequestUri = 1, kFromUri = 2, kToUri = 4, kContactUri = 8 };

/// What is wrong: the reply's code and reason, and a header line for it.
struct Fault {
  Int code = 0;               ///< 0: nothing; kSilent: it is not answered
  Text reason;
  Text header;
};
constexpr Fault kNone{};
constexpr Fault kSilent{-1, {}, {}};

Fault bad(Text reason) { return {400, reason, Text::null()}; }

/// Digits only, blanks around; as many as a 32-bit number can have.
bool is_number(Text text) {
  text = sip::trim(text);
  if (text.empty() || text.len > 10) return false;
  for (std::size_t i = 0; i < text.len; ++i)
    if (!sip::is_digit(text.ptr[i])) return false;
  return true;
}

Fault check_version(Message& message) {
  const std::string_view version = message.version().view();
  if (sip::equal_ignore_case(message.version(), Text("SIP/2.0"))) return kNone;
  return version.empty() ? kNone : Fault{505, "Version Not Supported", Text::null()};
}

Fault check_request_uri(Call& call) {
  return !call.live->message.is_request() || call.live->parsed_uri() ? kNone : bad("Bad Request URI");
}

Fault check_required(Message& message) {
  for (const HeaderId id : {HeaderId::To, HeaderId::From, HeaderId::CSeq, HeaderId::CallId, HeaderId::Via})
    if (!message.first(id)) return bad("Missing Required Header in Request");
  return kNone;
}

Fault check_cseq_method(Message& message) {
  if (!message.is_request()) return kNone;
  const sip::CSeq* cseq = message.cseq();
  if (!cseq) return bad("Missing CSeq header");
  return cseq->method.view() == message.method().view() ? kNone : bad("CSeq method does not match request method");
}

Fault check_cseq_number(Message& message) {
  const sip::CSeq* cseq = message.cseq();
  if (!cseq) return bad("Missing CSeq header");
  return is_number(cseq->number_text) ? kNone : bad("CSeq number is illegal");
}

/// What stands behind the body in a datagram is no part of the message (RFC 3261 §18.3).
Fault check_content_length(LiveMessage& live) {
  Message& message = live.message;
  if (message.content_length() == -1) return kNone;
  if (message.content_length() >= 0 && message.content_length() < static_cast<Int>(message.body().len))
    message.cut_body(static_cast<std::uint32_t>(message.content_length()));
  return message.content_length() == static_cast<Int>(message.body().len) ? kNone : bad("Content-Length mis-match");
}

Fault check_expires(Message& message) {
  const Header* header = message.first(HeaderId::Expires);
  if (!header) return kNone;
  if (sip::trim(message.value(*header)).empty()) return bad("Bad Expires Header");
  return is_number(message.value(*header)) ? kNone : bad("Expires value is illegal");
}

/// Is the token an element of the comma list?
bool listed(Text list, Text token) {
  for (std::size_t at = 0; at < list.len;) {
    std::size_t end = at;
    while (end < list.len && list.ptr[end] != ',') ++end;
    if (sip::equal_ignore_case(sip::trim({list.ptr + at, end - at}), token)) return true;
    at = end + 1;
  }
  return false;
}

/// Extensions that the parameter does not name are answered with Unsupported (RFC 3261 §16.3).
Fault check_proxy_require(Call& call) {
  const Message& message = call.live->message;
  sip::Writer* out = nullptr;
  std::optional<sip::Writer> room;
  for (const Header* h = message.first(HeaderId::ProxyRequire); h; h = message.next(h)) {
    const Text list = sip::trim(message.value(*h));
    if (list.empty()) return bad("Bad Proxy Require Header");
    for (std::size_t at = 0; at < list.len;) {
      std::size_t end = at;
      while (end < list.len && list.ptr[end] != ',') ++end;
      const Text token = sip::trim({list.ptr + at, end - at});
      at = end + 1;
      if (token.len == 0 || listed(Sanity::Param::proxy_require, token)) continue;
      if (!out) {
        const std::size_t size = message.headers_end() + 32;    // all of them fit
        char* const memory = static_cast<char*>(call.arena->allocate(size));
        if (!memory) return {500, "Server Internal Error", Text::null()};
        out = &room.emplace(memory, size);
      }
      out->put(out->size() == 0 ? Text("Unsupported: ") : Text(", "));
      out->put(token);
    }
  }
  if (!out) return kNone;
  out->put("\r\n");
  return {420, "Bad Proxy Require Extension", out->text()};
}

bool has_blank(const sip::NameAddr* address) {
  return address && address->uri.view().find_first_of(" \t\r\n") != std::string_view::npos;
}

/// The last contact of the first header has to be a URI, or `*`; those before it have to be contacts.
Fault check_contact(Message& message) {
  const Header* const header = message.first(HeaderId::Contact);
  if (!header) return kNone;
  Text rest = sip::trim(message.value(*header));
  if (rest.view() == "*") return kNone;
  std::optional<sip::NameAddr> contact;
  do {
    contact = sip::next_name_addr(rest);
    if (!contact || (!contact->bracketed && contact->uri.view().find(':') == std::string_view::npos))
      return bad("Bad Contact Header");
  } while (!sip::trim(rest).empty());
  return sip::parse_uri(contact->uri) ? kNone : bad("Bad Contact URI");
}

Fault check_uris(Call& call, Int which) {
  Message& message = call.live->message;
  if (which & kRequestUri) {
    const Fault fault = check_request_uri(call);
    if (fault.code) return fault;
  }
  if (which & kFromUri && (!message.from_parts() || has_blank(message.from()))) return bad("Invalid From Header");
  if (which & kToUri && !message.to_parts()) return bad("Ivalid To Header");
  return which & kContactUri ? check_contact(message) : kNone;
}

/// With `only_digest` credentials of other schemes are refused, without a reply.
Fault check_credentials(Message& message, bool only_digest) {
  for (const HeaderId id : {HeaderId::Authorization, HeaderId::ProxyAuthorization}) {
    for (const Header* h = message.first(id); h; h = message.next(h)) {
      sip::DigestCredentials digest;
      const sip::DigestFault fault = sip::parse_digest(message.value(*h), digest);
      if (fault == sip::DigestFault::OtherScheme || fault == sip::DigestFault::Bare) {
        if (only_digest) return kSilent;
        continue;
      }
      if (fault != sip::DigestFault::None) return bad("Bad Auth Header");
      for (const Text& needed : {digest.username, digest.nonce, digest.response, digest.realm, digest.uri})
        if (needed.is_null()) return bad("Bad Auth Credentials");
      if (!digest.qop.is_null() && (digest.nc.is_null() || digest.cnonce.is_null())) return bad("Bad Auth Credentials");
      if (digest.username.empty()) return bad("Auth Empty User");
      if (digest.nonce.empty()) return bad("Auth Empty Nonce");
      if (digest.response.empty()) return bad("Auth Empty Response");
    }
  }
  return kNone;
}

int count_tags(const sip::NameAddr* address) {
  int count = 0;
  Text rest = address ? address->params : Text::null();
  sip::Param param;
  while (sip::next_param(rest, param)) count += sip::equal_ignore_case(param.name, Text("tag"));
  return count;
}

Fault check_tags(Message& message) {
  const sip::NameAddr* const from = message.from();   // whether its URI is one is not asked here
  if (!from || from->uri.empty() || has_blank(from)) return kSilent;
  if (count_tags(message.from()) > 1) return bad("Many From Tag Params");
  return count_tags(message.to()) > 1 ? bad("Many To Tag Params") : kNone;
}

Fault check_via(Message& message) {
  const sip::Via* via = message.via();
  return via && !via->host.empty() ? kNone : bad("Bad Via Header");
}

Fault find_fault(Call& call, Int checks, Int uris) {
  Message& message = call.live->message;
  Fault fault;
  // A message that ends before a second From, Call-ID ... (RFC 4475 §3.3.8) has not the headers that these look at.
  constexpr Int kWhole = kRequiredHeaders | kContentLength | kExpires | kProxyRequire | kParseUris | kDigest | kAuthorization;
  if (message.is_cut() && (checks & kWhole)) return bad("Bad Header");
  // Replies have no request line: to ask for it is to fail.
  const bool asks_request_line = (checks & (kVersion | kScheme | kCSeqMethod)) || ((checks & kParseUris) && (uris & kRequestUri));
  if (!message.is_request() && asks_request_line) return kSilent;
  const auto run = [&](Int bit, auto check) {
    if (!fault.code && checks & bit) fault = check();
  };
  run(kVia, [&] { return check_via(message); });
  run(kVersion, [&] { return check_version(message); });
  run(kScheme, [&] { return check_request_uri(call); });
  run(kRequiredHeaders, [&] { return check_required(message); });
  run(kCSeqMethod, [&] { return check_cseq_method(message); });
  run(kCSeqNumber, [&] { return check_cseq_number(message); });
  run(kContentLength, [&] { return check_content_length(*call.live); });
  run(kExpires, [&] { return check_expires(message); });
  run(kProxyRequire, [&] { return check_proxy_require(call); });
  run(kParseUris, [&] { return check_uris(call, uris); });
  run(kAuthorization, [&] { return check_credentials(message, false); });
  run(kDigest, [&] { return check_credentials(message, true); });
  run(kTags, [&] { return check_tags(message); });
  return fault;
}

/// Within the transaction where there is one; never for ACK and replies.
bool answer(Call& call, const Fault& fault) {
  LiveMessage& live = *call.live;
  if (!live.message.is_request() || live.message.method_bit() == kAck) return true;
  if (!fault.header.empty()) {
    ReplyHeader* header = call.arena->make<ReplyHeader>(fault.header);
    if (!header) return false;
    ReplyHeader** last = &live.reply_headers;
    while (*last) last = &(*last)->next;
    *last = header;
  }
  const Services& services = call.process().services;
  if (call.transaction && services.reply_in_transaction) {
    const Code code = services.reply_in_transaction(call, fault.code, fault.reason);
    if (code != 0) return code > 0;
  }
  if (services.reply_stateless && services.reply_stateless(call, fault.code, fault.reason) > 0) return true;
  log_line(call, LogLevel::Err, "sanity", {"the reply ", fault.code, " ", fault.reason, " could not be sent"});
  return false;
}

/// With noreply: what sanity_reply() is to send, and for which message of the worker.
struct Remembered {
  std::uint64_t message = 0;
  Fault fault;                  ///< texts are constants or lie in the message's arena
  bool is_empty() const { return message == 0; }
};

void remember(Call& call, const Fault& fault) {
  Remembered& kept = call.state<Remembered>(Sanity::slot);
  kept.message = call.live->number;
  kept.fault = fault;
  kept.fault.header = call.arena->copy(fault.header);
}

}  // namespace

void Sanity::start(Process& process) { process.services.malformed = sanity::answer_malformed; }

void Sanity::worker_start(Worker& worker) {
  auto* kept = new Remembered;
  worker.module_state[slot] = kept;
  worker.cleanups.push_back([kept] { delete kept; });
  worker.scripts.add_run_state(movable_state<Remembered, &slot>());
}

/// Does the mask, as the script gives it, name tests and nothing else?
static bool is_mask(Call& call, Int mask, Int all) {
  if (mask > 0 && mask <= all) return true;
  log_line(call, LogLevel::Err, "sanity", {"sanity_check(): ", mask, " is none of 1 to ", all});
  return false;
}

static Code check(Call& call, Int message_checks, Int uri_checks) {
  const Fault fault = find_fault(call, message_checks, uri_checks);
  if (!fault.code) return 1;
  log_line(call, LogLevel::Debug, "sanity", {"refused: ", fault.reason});
  if (fault.code > 0) {
    if (Sanity::Param::noreply)
      remember(call, fault);
    else
      answer(call, fault);
  }
  return Sanity::Param::autodrop ? 0 : -1;
}

Code Sanity::sanity_check(Call& call, Int message_checks, Int uri_checks) {
  return is_mask(call, message_checks, 32767) && is_mask(call, uri_checks, 15) ? check(call, message_checks, uri_checks) : -1;
}
Code Sanity::sanity_check(Call& call, Int message_checks) {
  return is_mask(call, message_checks, 32767) ? check(call, message_checks, Param::uri_checks) : -1;
}
Code Sanity::sanity_check(Call& call) { return check(call, Param::default_checks, Param::uri_checks); }

Code Sanity::sanity_reply(Call& call) {
  const Remembered& kept = call.state<Remembered>(slot);
  if (kept.message != call.live->number || kept.fault.code <= 0) return 1;   // no test has failed
  return answer(call, kept.fault) ? 1 : -1;
}

}  // namespace strowger
