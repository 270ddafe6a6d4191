// Reading messages line by line; every line is as agents and proxy write it (no folding, no compact forms).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/sim/sip_text.h"

#include <charconv>

namespace strowger::simtest {
namespace {

int number(std::string_view text) {
  int value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string_view param(std::string_view value, std::string_view name_with_equals) {
  const std::size_t at = value.find(name_with_equals);
  if (at == std::string_view::npos) return {};
  value.remove_prefix(at + name_with_equals.size());
  return value.substr(0, value.find_first_of(";, \r"));
}

}  // namespace

SipText read(std::string_view text) {
  SipText it;
  std::size_t end = text.find("\r\n");
  const std::string_view first = text.substr(0, end);
  if (first.starts_with("SIP/2.0 ")) {
    it.status = number(first.substr(8));
  } else {
    const std::size_t blank = first.find(' ');
    it.method = first.substr(0, blank);
    if (blank != std::string_view::npos) it.uri = first.substr(blank + 1, first.rfind(' ') - blank - 1);
  }
  while (end != std::string_view::npos) {
    const std::size_t begin = end + 2;
    end = text.find("\r\n", begin);
    if (end == begin || end == std::string_view::npos) break;
    const std::string_view line = text.substr(begin, end - begin);
    const auto value_of = [&](std::string_view name) {
      return line.starts_with(name) ? line.substr(name.size()) : std::string_view();
    };
    if (const auto via = value_of("Via: "); !via.empty()) {
      if (++it.vias <= 2) (it.vias == 1 ? it.branch : it.second_branch) = param(via, ";branch=");
    } else if (const auto from = value_of("From: "); !from.empty()) {
      it.from_tag = param(from, ";tag=");
    } else if (const auto to = value_of("To: "); !to.empty()) {
      it.to_tag = param(to, ";tag=");
    } else if (const auto id = value_of("Call-ID: "); !id.empty()) {
      it.call_id = id;
    } else if (const auto cseq = value_of("CSeq: "); !cseq.empty()) {
      it.cseq = number(cseq);
      if (it.status != 0) it.method = cseq.substr(cseq.rfind(' ') + 1);
    } else if (const auto contact = value_of("Contact: <"); !contact.empty()) {
      it.contact = contact.substr(0, contact.find('>'));
    } else if (const auto route = value_of("Record-Route: "); !route.empty()) {
      it.record_routes.push_back(route);
    }
  }
  return it;
}

}  // namespace strowger::simtest
