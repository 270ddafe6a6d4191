// A message and what the script has decided about it so far: edits, target, branches, flags. A transaction keeps one.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/script/socket.h"
#include "runtime/sip/arena.h"
#include "runtime/sip/edits.h"
#include "runtime/sip/message.h"
#include "runtime/sip/uri.h"

namespace strowger {

inline constexpr int kMaxBranches = 32;
inline constexpr std::int16_t kNoQ = -1;       ///< q not given; otherwise 0..1000

/// One destination besides the request URI. Texts live in the owner's arena.
struct BranchTarget {
  Text uri, dst_uri, path, instance, ruid, location_ua;
  const Socket* send_socket = nullptr;
  std::uint32_t flags = 0;
  std::uint32_t connection = 0;
  std::int16_t q = kNoQ;
};

/// From and To as they came (name and URI, without parameters), where a module changes them on the way: replies get them back. Null: unchanged.
struct SenderParties { Text from, to; };

struct ReplyHeader { Text text; ReplyHeader* next = nullptr; };   ///< append_to_reply(): whole lines with CRLF

struct LiveMessage {
  LiveMessage() = default;
  LiveMessage(Text bytes, sip::Arena& arena) : message(sip::Message::parse(bytes, arena)) {}

  sip::Message message;
  sip::Edits edits;
  sip::Address source;
  const Socket* socket = nullptr;         ///< received on
  std::uint32_t connection = 0;

  // The target. new_uri null: the request URI as received.
  Text new_uri, dst_uri, path, instance, ruid, location_ua;
  const Socket* send_socket = nullptr;    ///< forced ($fs), or null
  bool uri_is_new = false;                ///< the request URI itself is a branch to be tried ("ruri_is_new")
  std::int16_t q = kNoQ;
  BranchTarget* branches = nullptr;       ///< array of kMaxBranches in the arena, made on first use
  std::uint16_t branch_count = 0;

  std::uint32_t flags = 0, branch_flags = 0, script_flags = 0;
  std::uint64_t extended_flags = 0;       ///< setxflag
  std::uint32_t out_connection = 0;       ///< tcp_set_otcpid(): the stream connection that a request goes out on; 0: by address
  sip::Protocol mtu_protocol = sip::Protocol::Any;   ///< udp_mtu_try_proto(); Any: as the setting says
  bool force_rport = false, local_rport = false;
  Int via_srvid = -1;                     ///< our Via carries ;srvid=..., -1: it does not
  bool forward_no_connect = false, forward_close = false, reply_no_connect = false, reply_close = false;
  Text advertised_host;                   ///< set_advertised_address(): for the Via of this message
  std::uint16_t advertised_port = 0;
  ReplyHeader* reply_headers = nullptr;   ///< in order
  Text reply_body, reply_body_type;
  Text authorized_user;                   ///< user of the credentials that an auth module has accepted; null before
  Text record_route_params;               ///< rr: what add_rr_param() collected for our Record-Route URI
  const SenderParties* parties = nullptr; ///< in the arena; null: From and To go on as they came
  bool made_here = false;                 ///< no message came: an event, or a request of our own
  std::uint64_t number = 0;               ///< $mi
  Text log_prefix;                        ///< log_prefix as evaluated for this message; null until a script line is logged
  Text source_text;                       ///< $si, printed when first asked for; arena
  std::int64_t received_us = 0;           ///< wall clock when processing began ($Ts, $TV)

  Text uri() const { return new_uri.is_null() ? message.ruri() : new_uri; }
  /// The parsed request URI in force; null when it cannot be parsed. Memoised until set_uri().
  const sip::Uri* parsed_uri() { return uri_state_ == 1 ? &uri_.value : parse_uri(); }
  /// `text` must live as long as the arena. Marks the URI new.
  void set_uri(Text text) {
    new_uri = text;
    uri_is_new = true;
    uri_state_ = 0;
  }
  void revert_uri() {
    new_uri = Text::null();
    uri_is_new = true;
    uri_state_ = 0;
  }
  /// False when there are `limit` already.
  bool add_branch(sip::Arena& arena, const BranchTarget& target, int limit);

  /// A copy for a transaction: buffer, header index and edits in `arena`; texts that live in `from` stay valid because the
  /// transaction takes over that arena.
  /// False when the arena is full: the message still lies in the receive buffer then.
  bool move_buffer(sip::Arena& arena);

 private:
  const sip::Uri* parse_uri();
  sip::Unset<sip::Uri> uri_;
  std::uint8_t uri_state_ = 0;            ///< 0 not parsed, 1 good, 2 bad
};

}  // namespace strowger
