// The first line of a message (RFC 3261 §7.1, §7.2) and the bits of methods.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/chars.h"
#include "runtime/sip/message.h"
#include "runtime/sip/scan.h"

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

// Up to eight letters as a number, as written or in upper case.
constexpr std::uint64_t key_of(std::string_view name) {
  std::uint64_t key = 0;
  for (std::size_t i = 0; i < name.size(); ++i) key |= std::uint64_t{static_cast<unsigned char>(name[i])} << (8 * i);
  return key;
}

// Is a method of that length, whose key it is, this name? Of the bytes only the letter itself and its other case are a letter's
// with the bit that tells them apart set.
bool is_method(std::uint64_t key, std::string_view name) {
  const std::uint64_t cases = 0x2020202020202020 >> (64 - 8 * name.size());
  return (key | cases) == (key_of(name) | cases);
}

std::uint64_t written_key(Text method) {
  const char* p = method.ptr;
  const std::size_t n = method.len;
  if (n == 8) return load8(p);
  if (n > 4) return load4(p) | (static_cast<std::uint64_t>(load4(p + n - 4)) << (8 * (n - 4)));
  if (n == 4) return load4(p);
  return n == 3 ? key_of({p, 3}) : 0;
}

}  // namespace

std::uint32_t method_bit_of(Text method) {
  if (method.len < 3 || method.len > 9) return kOtherMethod;
  const std::uint64_t key = method.len <= 8 ? written_key(method) : 0;
  switch (method.len) {
    case 3:
      if (is_method(key, "ACK")) return kAck;
      if (is_method(key, "BYE")) return kBye;
      if (is_method(key, "GET")) return kGet;
      if (is_method(key, "PUT")) return kPut;
      break;
    case 4:
      if (is_method(key, "INFO")) return kInfo;
      if (is_method(key, "KDMQ")) return kKdmq;
      if (is_method(key, "POST")) return kPost;
      break;
    case 5:
      if (is_method(key, "PRACK")) return kPrack;
      if (is_method(key, "REFER")) return kRefer;
      break;
    case 6:
      if (is_method(key, "INVITE")) return kInvite;
      if (is_method(key, "CANCEL")) return kCancel;
      if (is_method(key, "NOTIFY")) return kNotify;
      if (is_method(key, "UPDATE")) return kUpdate;
      if (is_method(key, "DELETE")) return kDelete;
      break;
    case 7:
      if (is_method(key, "OPTIONS")) return kOptions;
      if (is_method(key, "MESSAGE")) return kMessage;
      if (is_method(key, "PUBLISH")) return kPublish;
      break;
    case 8:
      if (is_method(key, "REGISTER")) return kRegister;
      break;
    case 9:
      if (equal_ignore_case(method, "SUBSCRIBE")) return kSubscribe;
      break;
    default: break;
  }
  return kOtherMethod;
}

#if defined(__SSE2__)
// Which of sixteen bytes are at most a blank?
inline unsigned lows_of(const char* p) {
  const __m128i blank = _mm_set1_epi8(' ');
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_max_epu8(bytes, blank), blank)));
}
#endif

// Request: method SP URI (SP or tab) version, one blank each, so that a URI with a blank in it is refused. Behind the
// version anything may follow, as Kamailio has it. Reply: version SP three digits, blank, reason.
const char* Message::parse_usual_first_line() {
#if defined(__SSE2__)
  constexpr int kBlocks = 10;
  if (size_ < 16 * (kBlocks + 3)) return nullptr;   // of which method and URI have 16 and 16 * kBlocks at most
  const unsigned first = lows_of(base_);
  if (first == 0) return nullptr;
  const char* const blank = base_ + __builtin_ctz(first);
  if (blank == base_ || *blank != ' ' || (*base_ | 0x20) == 's') return nullptr;
  const char* const uri = blank + 1;
  const char* behind = uri;
  unsigned low = lows_of(behind);
  for (; low == 0; low = lows_of(behind))
    if ((behind += 16) == uri + 16 * kBlocks) return nullptr;
  behind += __builtin_ctz(low);
  if (__builtin_memcmp(behind, " SIP/2.0\r\n", 10) != 0) return nullptr;
  is_request_ = true;
  method_ = between(base_, blank);
  const std::size_t n = method_.len;
  const std::uint64_t key = n < 8 ? load8(base_) & ~(~std::uint64_t{0} << (8 * n)) : 0;   // as written
  method_bit_ = key == key_of("INVITE")    ? kInvite
                : key == key_of("ACK")     ? kAck
                : key == key_of("BYE")     ? kBye
                : key == key_of("OPTIONS") ? kOptions
                                           : method_bit_of(method_);
  ruri_ = between(uri, behind);
  version_ = {behind + 1, 7};
  return behind + 9;
#else
  return nullptr;
#endif
}

bool Message::parse_first_line(const char* end) {
  const char* p = base_;
  if (lower(*p) == 's' && starts_with_word(p, end, "sip/")) {
    if (!starts_with(p, end, "SIP/2.0 ") && !starts_with_word(p, end, "sip/2.0 ")) return false;
    version_ = between(p, p + 7);
    p += 8;
    if (end - p < 3 || !is_digit(p[0]) || !is_digit(p[1]) || !is_digit(p[2])) return false;
    if (end - p == 3 || (p[3] != ' ' && p[3] != '\t')) return false;
    status_ = (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
    reason_ = trim(between(p + 4, end));
    return status_ >= 100 && status_ <= 699;
  }
  is_request_ = true;
  const char* const blank = find_any_in(p, p, end, ' ');
  if (blank == end || blank == p) return false;
  method_ = between(p, blank);
  method_bit_ = method_bit_of(method_);
  const char* const uri = blank + 1;
  const char* q = find_any_in(p, uri, end, ' ', '\t');
  if (q == end) return false;
  ruri_ = between(uri, q);
  q = skip_lws(q, end);   // of any length, as Kamailio has it
  version_ = between(q, end);
  const bool sip = starts_with(q, end, "SIP/2.0");
  if (!sip && (starts_with_word(q, end, "http/1.0") || starts_with_word(q, end, "http/1.1"))) {
    version_.len = 8;
    is_http_ = true;
    return true;
  }
  if (!sip && !starts_with_word(q, end, "sip/2.0")) return false;
  version_.len = 7;
  if (find_any_in(p, p, q, '\0') != q) {
    fail(ParseFault::NulByte);
    return false;
  }
  return true;
}

}  // namespace strowger::sip
