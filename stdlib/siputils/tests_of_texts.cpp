// What a number, a URI or the message is: is_numeric(), cmp_uri(), has_totag() ... A "no" is -2 where Kamailio says so.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"
#include "runtime/sip/chars.h"
#include "siputils.interface.h"
#include "stdlib/siputils/numbers.h"

namespace strowger {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alphanumeric(char c) { return is_digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'z'); }

template <class Test>
Code all(Text text, Test test) {
  if (text.empty()) return -2;
  for (char c : text.view())
    if (!test(c)) return -2;
  return 1;
}

Text read(Call& call, const VariableRef& variable) { return Operators::value_to_text(&call, variable.get(&call)); }

/// A name as header_id_of() knows it, else by the order of bytes, in any case: less 0, 0, greater.
/// The text up to what no header name has.
Text name_in(Text text) {
  std::size_t end = 0;
  while (end < text.len && (is_alphanumeric(text.ptr[end]) || text.ptr[end] == '-')) ++end;
  return {text.ptr, end};
}

/// The headers of RFC 3841, which have compact names but no id: their letters; 0 for others.
char caller_preference(Text name) {
  constexpr std::pair<char, std::string_view> kNames[] = {{'a', "Accept-Contact"}, {'d', "Request-Disposition"}, {'j', "Reject-Contact"}};
  for (const auto& [letter, full] : kNames)
    if ((name.len == 1 && sip::lower(name.ptr[0]) == letter) || sip::equal_ignore_case(name, Text(full))) return letter;
  return 0;
}

int order_of_header_names(Text a, Text b) {
  const sip::HeaderId id = sip::header_id_of(a.view());
  if (id != sip::header_id_of(b.view()) || caller_preference(a) != caller_preference(b)) return 1;
  if (caller_preference(a)) return 0;
  if (id != sip::HeaderId::Other || sip::equal_ignore_case(a, b)) return 0;
  const auto less = [](char x, char y) { return sip::lower(x) < sip::lower(y); };
  return std::lexicographical_compare(a.ptr, a.ptr + a.len, b.ptr, b.ptr + b.len, less) ? -1 : 1;
}

}  // namespace

Code Siputils::is_numeric(Call&, Text text) { return all(text, is_digit); }

// Another byte than these is -3.
Code Siputils::is_alphanum(Call& call, Text text) { return is_alphanumex(call, text, ""); }

Code Siputils::is_alphanumex(Call&, Text text, Text more) {
  if (text.empty()) return -2;
  return all(text, [&](char c) { return is_alphanumeric(c) || more.view().find(c) != std::string_view::npos; }) > 0 ? 1 : -3;
}

Code Siputils::is_tel_number(Call&, Text text) {
  if (text.empty()) return -2;
  return all(text.ptr[0] == '+' ? Text(text.ptr + 1, text.len - 1) : text, is_digit);
}

Code Siputils::is_e164(Call& call, const VariableRef& number) { return siputils::is_e164_number(read(call, number)) ? 1 : -1; }

Code Siputils::is_uri_user_e164(Call& call, const VariableRef& uri) {
  const auto parsed = sip::parse_uri(read(call, uri));
  if (!parsed || (parsed->scheme != sip::Scheme::Sip && parsed->scheme != sip::Scheme::Sips)) return -1;
  return siputils::is_e164_number(parsed->user) ? 1 : -1;
}

Code Siputils::is_uri(Call&, Text text) { return sip::parse_uri(text) ? 1 : -1; }

Code Siputils::cmp_uri(Call&, Text a, Text b) {
  const auto left = sip::parse_uri(a), right = sip::parse_uri(b);
  if (!left || !right) return -2;
  return sip::same_uri(*left, *right) ? 1 : -1;
}

Code Siputils::cmp_aor(Call&, Text a, Text b) {
  const auto left = sip::parse_uri(a), right = sip::parse_uri(b);
  if (!left || !right) return -2;
  // The scheme does not count, and ports only where one is missing: then the other one must be 5060.
  const bool ports = (left->port && right->port) || std::max(left->port, right->port) == 0 || std::max(left->port, right->port) == 5060;
  const bool same = left->user.view() == right->user.view() && sip::equal_ignore_case(left->host.view(), right->host.view());
  return same && ports ? 1 : -1;
}

Code Siputils::cmp_hdr_name(Call&, Text a, Text b) {
  a = name_in(a);
  b = name_in(b);
  if (a.empty() || b.empty()) return -2;
  const int order = order_of_header_names(a, b);
  return order == 0 ? 1 : order < 0 ? -2 : -1;
}

Code Siputils::is_gruu(Call& call) { return is_gruu(call, call.live->uri()); }

Code Siputils::is_gruu(Call& call, Text uri) {
  const auto parsed = sip::parse_uri(uri);
  if (!parsed) {
    log_line(call, LogLevel::Err, "siputils", {"is_gruu(): \"", uri, "\" cannot be parsed"});
    return -1;
  }
  const Text gr = parsed->param("gr");
  if (gr.is_null()) return -1;
  return gr.len > 0 ? 1 : 2;
}

Code Siputils::is_supported(Call& call, Text option) {
  sip::Message& message = call.message();
  for (const sip::Header* h = message.first(sip::HeaderId::Supported); h; h = message.next(h)) {
    Text rest = message.value(*h);
    sip::Param word;
    while (sip::next_param(rest, word, ','))
      if (sip::equal_ignore_case(sip::trim(word.name), option)) return 1;
  }
  return -1;
}

/// The one who sent it is its maker: a request has one Via; a reply has ours and one more.
Code Siputils::is_first_hop(Call& call) { return is_first_hop(call, 0); }

Code Siputils::is_first_hop(Call& call, Int mode) {
  sip::Message& message = call.message();
  int vias = 0;
  for (const sip::Header* h = message.first(sip::HeaderId::Via); h; h = message.next(h))
    for (Text rest = message.value(*h); rest.len > 0 && sip::next_via(rest);) ++vias;
  const sip::Via* via = message.via();
  if (!via) return -1;
  if (message.is_request()) {
    if (vias > 1) return -1;
    if (mode == 0) return 1;
    const auto address = sip::parse_ip(via->host.view());
    return address && address->same_ip(call.live->source) ? 1 : -1;
  }
  if (message.first(sip::HeaderId::RecordRoute)) {   // others than us on the way back would have added theirs
    for (const sip::Header* h = message.first(sip::HeaderId::RecordRoute); h; h = message.next(h)) {
      Text rest = message.value(*h);
      while (const auto route = sip::next_name_addr(rest)) {
        const auto uri = sip::parse_uri(route->uri);
        if (uri && !call.process().is_myself(uri->host, uri->port)) return -1;
      }
    }
  }
  return 1;
}

/// -1 without Date, -2 when it cannot be read, -4 when it is too far from now.
Code Siputils::hdr_date_check(Call& call, Int seconds) {
  const Text value = sip::trim(call.message().value_of(sip::HeaderId::Date));
  if (value.empty()) return -1;
  // "Sat, 21 Nov 2026 23:00:00 GMT" (RFC 3261 §20.17)
  const std::string_view v = value.view();
  const auto number = [&](std::size_t at, std::size_t length) -> Int {
    Int n = 0;
    for (std::size_t i = at; i < at + length; ++i) {
      if (!is_digit(v[i])) return -1;
      n = n * 10 + (v[i] - '0');
    }
    return n;
  };
  if (v.size() < 29 || v.substr(25, 4) != " GMT" || v[3] != ',' || v[19] != ':' || v[22] != ':') return -2;
  const std::size_t month_at = std::string_view("JanFebMarAprMayJunJulAugSepOctNovDec").find(v.substr(8, 3));
  const Int day = number(5, 2), year = number(12, 4), hour = number(17, 2), minute = number(20, 2), second = number(23, 2);
  if (month_at == std::string_view::npos || month_at % 3 || day < 1 || day > 31 || year < 1970 || hour < 0 || hour > 23 ||
      minute < 0 || minute > 59 || second < 0 || second > 60)
    return -2;
  // Days since 1970 by the civil calendar; March is the first month of its year.
  const Int month = static_cast<Int>(month_at / 3) + 1;
  const Int y = month <= 2 ? year - 1 : year;
  const Int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const Int days = 365 * y + y / 4 - y / 100 + y / 400 + day_of_year - 719468;
  const Int stamp = days * 86400 + hour * 3600 + minute * 60 + second;
  const Int now = call.worker->now.wall_seconds();
  const Int apart = now > stamp ? now - stamp : stamp - now;
  if (apart <= seconds) return 1;
  log_line(call, LogLevel::Err, "siputils", {"hdr_date_check(): Date is ", apart, " seconds away"});
  return -4;
}

}  // namespace strowger
