// The core conditions: method, uri, src_ip, proto ... (language.md 5.4).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/call.h"
#include "runtime/script/operators.h"

namespace strowger {
namespace {

constexpr Int kInet = 2, kInet6 = 10;     // AF_INET, AF_INET6

/// The address a word is about; family 0 where there is none.
sip::Address address_of(Call& call, ConditionWord word) {
  switch (word) {
    case ConditionWord::SrcIp: return call.live->source;
    case ConditionWord::DstIp: return call.live->socket ? call.live->socket->address : sip::Address{};
    case ConditionWord::SndIp: return call.sending && call.sending->from ? call.sending->from->address : sip::Address{};
    case ConditionWord::ToIp: return call.sending ? call.sending->to : sip::Address{};
    default: return {};
  }
}

Text ip_text(Call& call, const sip::Address& address) {
  if (address.family == 0) return Text::null();
  char text[48];
  return call.arena->copy({text, sip::print_ip(address, text)});
}

Text uri_of(const sip::NameAddr* name_addr) { return name_addr ? name_addr->uri : Text::null(); }

bool is_my_uri(Call& call, const sip::Uri* uri) { return uri && call.process().is_myself(uri->host, uri->port); }

bool is_my_uri(Call& call, Text text) {
  const auto uri = sip::parse_uri(text);
  return uri && is_my_uri(call, &*uri);
}

sip::Address network_address(const NetworkConstant& net) {
  sip::Address address;
  address.family = static_cast<std::uint8_t>(net.family);
  std::memcpy(address.ip.data(), net.address, net.family == 4 ? 4 : 16);
  return address;
}

/// "10.0.0.0/8", "10.0.0.0/255.0.0.0", "[::1]/64".
bool in_block(const sip::Address& address, std::string_view text, std::size_t slash) {
  const auto network = sip::parse_ip(text.substr(0, slash));
  if (!network) return false;
  const std::string_view mask = text.substr(slash + 1);
  if (const auto bits = sip::parse_number(Text(mask))) {
    return *bits <= (network->family == 4 ? 32u : 128u) && address.in_network(*network, *bits);
  }
  const auto mask_address = sip::parse_ip(mask);
  if (!mask_address || mask_address->family != network->family || address.family != network->family) return false;
  for (std::size_t i = 0; i < address.ip.size(); ++i)
    if ((address.ip[i] ^ network->ip[i]) & mask_address->ip[i]) return false;
  return true;
}

/// Is it ours? `word` is not Uri.
[[gnu::noinline]] bool is_myself(Call& call, ConditionWord word) {
  LiveMessage& live = *call.live;
  switch (word) {
    case ConditionWord::FromUri: return is_my_uri(call, uri_of(live.message.from()));
    case ConditionWord::ToUri: return is_my_uri(call, uri_of(live.message.to()));
    case ConditionWord::SrcIp:
    case ConditionWord::DstIp:
    case ConditionWord::SndIp:
    case ConditionWord::ToIp: {
      const sip::Address address = address_of(call, word);
      if (address.family == 0) return false;
      char text[48];
      return call.process().is_my_host({text, sip::print_ip(address, text)});
    }
    default: return false;
  }
}

}  // namespace

Text Operators::condition_text(Call* call, std::int32_t which) {
  const auto word = static_cast<ConditionWord>(which);
  LiveMessage& live = *call->live;
  switch (word) {
    case ConditionWord::Method: return live.message.method();
    case ConditionWord::Uri:
    case ConditionWord::Status:
      return live.message.is_request() ? live.uri() : int_to_text(call, live.message.status());
    case ConditionWord::FromUri: return uri_of(live.message.from());
    case ConditionWord::ToUri: return uri_of(live.message.to());
    case ConditionWord::SrcIp:
    case ConditionWord::DstIp:
    case ConditionWord::SndIp:
    case ConditionWord::ToIp: return ip_text(*call, address_of(*call, word));
    case ConditionWord::Myself: return Text::null();
    default: return int_to_text(call, condition_int(call, which));
  }
}

Int Operators::condition_int(Call* call, std::int32_t which) {
  const LiveMessage& live = *call->live;
  const Departure* sending = call->sending;
  switch (static_cast<ConditionWord>(which)) {
    case ConditionWord::SrcPort: return live.source.port;
    case ConditionWord::DstPort: return live.socket ? live.socket->address.port : 0;
    case ConditionWord::SndPort: return sending && sending->from ? sending->from->address.port : 0;
    case ConditionWord::ToPort: return sending ? sending->to.port : 0;
    case ConditionWord::Af: return live.source.family == 6 ? kInet6 : kInet;
    case ConditionWord::SndAf: return sending && sending->to.family == 6 ? kInet6 : kInet;
    case ConditionWord::MsgLen:
      return static_cast<Int>(sending ? call->sending_bytes.len : live.message.buffer().len);
    case ConditionWord::Proto: return live.socket ? static_cast<Int>(live.socket->protocol) : 0;
    case ConditionWord::SndProto: return sending ? static_cast<Int>(sending->protocol) : 0;
    case ConditionWord::Status: return live.message.status();
    default: return 0;
  }
}

bool Operators::condition_myself(Call* call, std::int32_t which) {
  const auto word = static_cast<ConditionWord>(which);
  LiveMessage& live = *call->live;
  if (word != ConditionWord::Uri) return is_myself(*call, word);
  return live.message.is_request() && (call->process().is_socket_uri(live.uri()) || is_my_uri(*call, live.parsed_uri()));
}

bool Operators::condition_network(Call* call, std::int32_t which, const NetworkConstant* net) {
  const sip::Address address = address_of(*call, static_cast<ConditionWord>(which));
  return address.family == net->family && address.in_network(network_address(*net), net->prefix);
}

bool Operators::condition_host(Call* call, std::int32_t which, Text text) {
  const sip::Address address = address_of(*call, static_cast<ConditionWord>(which));
  if (address.family == 0 || text.empty()) return false;
  const std::size_t slash = text.view().find('/');
  if (slash != std::string_view::npos) return in_block(address, text.view(), slash);
  if (const auto ip = sip::parse_ip(text.view())) return ip->same_ip(address);
  for (const HostName& host : call->process().hosts)
    if (text_ieq(text, Text(std::string_view(host.name))) && host.address.same_ip(address)) return true;
  return false;
}

}  // namespace strowger
