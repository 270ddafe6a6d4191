// Requests that cannot be parsed: no script sees them, but who sent them is told (RFC 3261 §16.3, RFC 4475 §3.1.2).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/call.h"
#include "runtime/script/malformed.h"
#include "runtime/sip/chars.h"
#include "sanity.interface.h"
#include "stdlib/sanity/malformed.h"

namespace strowger::sanity {
namespace {

struct Answer { Int code; std::string_view reason; };

/// "SIP/7.0", not "SIP/2.0 " or something that is no version at all.
bool is_other_version(Text version) {
  if (version.len < 7 || !sip::equal_ignore_case({version.ptr, 4}, "SIP/")) return false;
  const char* p = version.ptr + 4;
  const char* const end = version.ptr + version.len;
  const char* const major = p;
  while (p < end && sip::is_digit(*p)) ++p;
  if (p == major || p == end || *p != '.') return false;
  const char* const minor = ++p;
  while (p < end && sip::is_digit(*p)) ++p;
  return p > minor && p == end && std::string_view(major, static_cast<std::size_t>(end - major)) != "2.0";
}

Answer answer_to(const sip::Message& message) {
  switch (message.fault()) {
    case sip::ParseFault::BadFirstLine:
      if (is_other_version(message.version())) return {505, "Version Not Supported"};
      return {400, "Bad Request Line"};
    case sip::ParseFault::BadTo: return {400, "Invalid To Header"};
    case sip::ParseFault::BadCSeq: return {400, "Bad CSeq Header"};
    case sip::ParseFault::BadVia: return {400, "Bad Via Header"};
    case sip::ParseFault::BadContentLength: return {400, "Bad Content-Length Header"};
    default: return {400, "Bad Header"};
  }
}

}  // namespace

void answer_malformed(Call& call) {
  sip::Message& message = call.live->message;
  if (Sanity::Param::noreply || !may_be_answered(message)) return;
  const Answer answer = answer_to(message);
  if (!message.via() && answer.code != 505) return;      // nobody to be answered, as far as it says
  if (const auto reply = call.process().services.reply_stateless) static_cast<void>(reply(call, answer.code, answer.reason));
}

}  // namespace strowger::sanity
