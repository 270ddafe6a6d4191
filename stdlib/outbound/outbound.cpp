// Which requests keep their flow, and the way back along one (RFC 5626 §5).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <sys/random.h>

#include "outbound.interface.h"
#include "runtime/script/call.h"
#include "runtime/script/log_line.h"
#include "runtime/script/rewrite_uri.h"
#include "runtime/script/streams.h"
#include "runtime/sip/print.h"
#include "stdlib/outbound/flow_token.h"

namespace strowger {
namespace {

const outbound::Key& key_of(Call& call) { return *static_cast<const outbound::Key*>(call.process().module_state[Outbound::slot]); }

bool has_flag(const LiveMessage& live, Int number) { return number >= 0 && (live.flags >> number & 1U) != 0; }

/// Does the request come from the user agent itself? Then its only Via is that one's.
bool is_first_hop(sip::Message& message) {
  const sip::Header* const line = message.first(sip::HeaderId::Via);
  if (!line || message.next(line)) return false;
  Text rest = message.value(*line);
  return sip::next_via(rest) && rest.len == 0;
}

/// Is the topmost Route ours, with the parameter `ob` (RFC 5626 §5.3)?
bool follows_flow(Call& call) {
  sip::Message& message = call.live->message;
  const sip::Header* const line = message.first(sip::HeaderId::Route);
  if (!line) return false;
  Text rest = message.value(*line);
  const auto route = sip::next_name_addr(rest);
  const auto uri = route ? sip::parse_uri(route->uri) : std::nullopt;
  return uri && !uri->param("ob").is_null() &&
         call.process().is_myself(uri->host, uri->port, uri->protocol().value_or(sip::Protocol::Any));
}

Code use_outbound(Call& call) {
  LiveMessage& live = *call.live;
  if (has_flag(live, Outbound::Param::force_outbound_flag)) return 1;
  if (has_flag(live, Outbound::Param::force_no_outbound_flag)) return -1;
  sip::Message& message = live.message;
  if (!live.socket || !is_first_hop(message)) return -1;
  if (message.method_bit() != kRegister && follows_flow(call)) return 1;
  const sip::Header* const line = message.first(sip::HeaderId::Contact);
  if (!line) return -1;
  Text rest = message.value(*line);
  auto contact = sip::next_name_addr(rest);
  if (!contact) return -1;
  if (message.method_bit() == kRegister) {   // any of the line's contacts
    for (; contact; contact = sip::next_name_addr(rest))
      if (!contact->param("reg-id").is_null()) return 1;
    return -1;
  }
  const auto uri = sip::parse_uri(contact->uri);
  return uri && !uri->param("ob").is_null() ? 1 : -1;
}

Text flow_token(Call& call) {
  const LiveMessage& live = *call.live;
  char* const out = static_cast<char*>(call.arena->allocate(outbound::kMostToken));
  if (!out || !live.socket) return Text::null();
  const std::size_t length = outbound::print_token({live.socket->protocol, live.socket->address, live.source}, key_of(call), out);
  return {out, length};
}

Code follow_flow(Call& call, Text user) {
  LiveMessage& live = *call.live;
  outbound::Flow flow;
  switch (outbound::read_token(user, key_of(call), flow)) {
    case outbound::Verdict::NoToken: return 0;
    case outbound::Verdict::Forged:
      log_line(call, LogLevel::Err, "outbound", {"the flow token \"", user, "\" of a Route is not ours"});
      return -1;
    case outbound::Verdict::Good: break;
  }
  const bool from_it = live.source.same_ip(flow.peer) && live.source.port == flow.peer.port && live.socket && live.socket->protocol == flow.protocol;
  if (from_it) return 0;                       // it goes the other way
  const Socket* const socket = call.process().find_socket(flow.protocol, flow.local);
  if (!socket) {
    log_line(call, LogLevel::Err, "outbound", {"the flow token \"", user, "\" names a socket that is gone"});
    return -1;
  }
  constexpr std::size_t kRoom = 96;
  char room[kRoom], ip[64];
  sip::Writer out(room, kRoom);
  out.put("sip:");
  out.put(Text(ip, sip::print_ip_bracketed(flow.peer, ip)));
  out.put(':');
  out.put_number(flow.peer.port);
  out.put(";transport=");
  out.put(sip::name_of(flow.protocol));
  set_dst_uri(live, *call.arena, call.arena->copy(out.text()));
  live.send_socket = socket;
  if (flow.protocol != sip::Protocol::Udp && call.process().streams) live.out_connection = call.process().streams->find(flow.peer, flow.protocol);
  return 1;
}

}  // namespace

void Outbound::start(Process& process) {
  std::string secret(Param::flow_token_secret.is_null() ? std::string_view() : Param::flow_token_secret.view());
  if (secret.empty()) {
    char random[32];
    if (getrandom(random, sizeof random, 0) != static_cast<ssize_t>(sizeof random)) {
      process.log.write(LogLevel::Crit, "outbound: the system gives no random bytes");
      process.failed = true;
      return;
    }
    secret.assign(random, sizeof random);
  }
  process.module_state[slot] = new outbound::Key(sip::make_hash_key(secret));
  process.services.use_outbound = use_outbound;
  process.services.flow_token = flow_token;
  process.services.follow_flow = follow_flow;
}

void Outbound::stop(Process& process) { delete static_cast<outbound::Key*>(process.module_state[slot]); }

}  // namespace strowger
