// The first line of a message (RFC 3261 §7.1, §7.2) and the bits of methods.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/chars.h"
#include "runtime/sip/message.h"

namespace strowger::sip {
namespace {

Text between(const char* from, const char* to) { return {from, static_cast<std::size_t>(to - from)}; }

// `word` is lower case.
bool starts_with_word(const char* p, const char* end, std::string_view word) {
  if (static_cast<std::size_t>(end - p) < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i)
    if (lower(p[i]) != word[i]) return false;
  return true;
}

bool is_method(Text method, std::string_view name) {
  return equal_ignore_case(method, Text(name));
}

}  // namespace

std::uint32_t method_bit_of(Text method) {
  switch (method.len) {
    case 3:
      if (is_method(method, "ACK")) return kAck;
      if (is_method(method, "BYE")) return kBye;
      if (is_method(method, "GET")) return kGet;
      if (is_method(method, "PUT")) return kPut;
      break;
    case 4:
      if (is_method(method, "INFO")) return kInfo;
      if (is_method(method, "KDMQ")) return kKdmq;
      if (is_method(method, "POST")) return kPost;
      break;
    case 5:
      if (is_method(method, "PRACK")) return kPrack;
      if (is_method(method, "REFER")) return kRefer;
      break;
    case 6:
      if (is_method(method, "INVITE")) return kInvite;
      if (is_method(method, "CANCEL")) return kCancel;
      if (is_method(method, "NOTIFY")) return kNotify;
      if (is_method(method, "UPDATE")) return kUpdate;
      if (is_method(method, "DELETE")) return kDelete;
      break;
    case 7:
      if (is_method(method, "OPTIONS")) return kOptions;
      if (is_method(method, "MESSAGE")) return kMessage;
      if (is_method(method, "PUBLISH")) return kPublish;
      break;
    case 8:
      if (is_method(method, "REGISTER")) return kRegister;
      break;
    case 9:
      if (is_method(method, "SUBSCRIBE")) return kSubscribe;
      break;
    default: break;
  }
  return kOtherMethod;
}

// Request: method SP URI (SP or tab) version, one blank each, so that a URI with a blank in it is refused. Behind the
// version anything may follow, as Kamailio has it. Reply: version SP three digits [SP reason].
bool Message::parse_first_line(const char* end) {
  const char* p = base_;
  if (starts_with_word(p, end, "sip/")) {
    if (!starts_with_word(p, end, "sip/2.0 ")) return false;
    version_ = between(p, p + 7);
    p += 8;
    if (end - p < 3 || !is_digit(p[0]) || !is_digit(p[1]) || !is_digit(p[2])) return false;
    if (end - p > 3 && p[3] != ' ') return false;
    status_ = (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
    reason_ = end - p > 4 ? between(p + 4, end) : Text("");
    return status_ >= 100 && status_ <= 699;
  }
  is_request_ = true;
  const auto* blank = static_cast<const char*>(std::memchr(p, ' ', static_cast<std::size_t>(end - p)));
  if (!blank || blank == p) return false;
  method_ = between(p, blank);
  method_bit_ = method_bit_of(method_);
  const char* const uri = blank + 1;
  const char* q = uri;
  while (q < end && !is_blank(*q)) ++q;
  if (q == end) return false;
  ruri_ = between(uri, q++);
  version_ = between(q, end);
  if (starts_with_word(q, end, "http/1.0") || starts_with_word(q, end, "http/1.1")) {
    version_.len = 8;
    is_http_ = true;
    return true;
  }
  if (!starts_with_word(q, end, "sip/2.0")) return false;
  version_.len = 7;
  for (const char* c = method_.ptr; c < blank; ++c)
    if (*c == '\0') {
      fail(ParseFault::NulByte);
      return false;
    }
  if (std::memchr(uri, '\0', ruri_.len)) {
    fail(ParseFault::NulByte);
    return false;
  }
  return true;
}

}  // namespace strowger::sip
