// "ADDRESS~PORT~PROTOCOL NUMBER" as a URI.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/flow_text.h"

#include "runtime/sip/address.h"
#include "runtime/sip/message.h"
#include "runtime/sip/print.h"

namespace strowger {

Text uri_of_flow(sip::Arena& arena, Text flow, bool with_udp) {
  const std::string_view text = flow.view();
  const std::size_t first = text.find('~');
  const std::size_t second = first == text.npos ? text.npos : text.find('~', first + 1);
  if (second == text.npos) return Text::failed();
  const auto ip = sip::parse_ip(text.substr(0, first));
  const auto port = sip::parse_number(text.substr(first + 1, second - first - 1));
  const auto number = sip::parse_number(text.substr(second + 1));
  if (!ip || !port || *port == 0 || *port > 65535 || !number || *number < 1 || *number > 6) return Text::failed();
  char* const buffer = static_cast<char*>(arena.allocate(96));
  if (!buffer) return Text::failed();
  char printed[48];
  sip::Writer out(buffer, 96);
  out.put("sip:");
  out.put({printed, sip::print_ip_bracketed(*ip, printed)});
  out.put(':');
  out.put_number(*port);
  const auto protocol = static_cast<sip::Protocol>(*number);
  if (protocol != sip::Protocol::Udp || with_udp) {
    out.put(";transport=");
    out.put(sip::uri_name_of(protocol));
  }
  return out.text();
}

}  // namespace strowger
