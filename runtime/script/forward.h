// Sending messages on: next hop, outgoing socket, own Via, bytes. Used by forward(), tm and sl alike.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/script/call.h"

namespace strowger {

struct NextHop {
  sip::Address address;            ///< with port
  sip::Protocol protocol = sip::Protocol::Udp;
};

/// Where a request to `uri` goes (RFC 3263, numeric hosts and names of /etc/hosts): nothing when it cannot be resolved.
/// `force` overrides the transport. `why` gets -478 (unresolvable) or -400-like codes for bad URIs.
std::optional<NextHop> resolve(Worker& worker, Text uri, sip::Protocol force, Int& why);
/// The same for a URI that is parsed already.
std::optional<NextHop> resolve(Worker& worker, const sip::Uri& uri, sip::Protocol force, Int& why);
/// The same for a host and port given apart.
std::optional<NextHop> resolve_host(Worker& worker, Text host, std::uint16_t port, sip::Protocol protocol);

struct ForwardPlan {
  const Socket* out = nullptr;
  NextHop hop;
  Text branch;                     ///< Via branch without "branch=", complete with cookie
  Text uri;                        ///< request URI to write; null: live.uri()
  const sip::Edits* edits = nullptr;   ///< null: live.edits
};

/// The request as it is to be sent: edits applied, new first line, our Via on top (RFC 3261 §16.6), `received` and `rport`
/// values in the Via below where they are due (§18.2.1, RFC 3581). In `arena`; null when it does not fit 64 KiB.
/// `into`, where not null: where send() sends it from, at once.
Text build_request(LiveMessage& live, const ForwardPlan& plan, sip::Arena& arena, Outbox* into = nullptr);

/// The reply with our Via removed and edits applied (§16.7). In `arena`; null when there is no Via below ours.
/// `protocol`: what it goes out over. `first_line`, when not null, replaces the status line.
Text build_forwarded_reply(LiveMessage& live, sip::Arena& arena, sip::Protocol protocol, Text first_line = Text::null(),
                           Outbox* into = nullptr);

/// The socket that a request to `hop` leaves by: what the script has chosen, else Process::socket_for(), which may change `hop`.
const Socket* socket_out(Process& process, const LiveMessage& live, NextHop& hop);

/// A request of `length` bytes that is too long for a datagram (udp_mtu, RFC 3261 §18.1.1) changes to the protocol that the script
/// wants such sent over: true, and `plan` has its socket; it has to be built again then.
bool leave_datagrams(Process& process, const LiveMessage& live, ForwardPlan& plan, std::size_t length);

/// Where a reply goes by the Via that is topmost once ours is gone (§18.2.2, RFC 3581), or by `via` itself.
std::optional<NextHop> reply_hop(const sip::Via& via);

enum class Sending : std::uint8_t { Request, RelayedReply, OwnReply };

/// Puts bytes on the way; runs onsend_route for requests, and for relayed replies where onsend_route_reply says so (false: it
/// dropped them).
bool send(Call& call, const Socket* from, const NextHop& hop, Text bytes, std::uint32_t connection, Sending what);
/// The same for what was built where Outbox::reserve() says, is not empty, fits, and onsend_route is not to see.
void send_built(Call& call, const Socket* from, const NextHop& hop, std::size_t length, std::uint32_t connection, Sending what);

/// A branch value for stateless forwarding: constant for retransmissions of the same request (RFC 3261 §16.11).
Text stateless_branch(LiveMessage& live, sip::Arena& arena);

/// forward(): 1 sent, negative otherwise. `hop` null: by $du or the request URI.
Code forward_stateless(Call& call, const NextHop* hop, sip::Protocol force);
/// Sends a reply on without transaction state; false when it cannot.
bool forward_reply_stateless(Call& call, Text first_line = Text::null());

/// A local reply, statelessly, to where the request came from (§18.2.2); false on failure. `sent`, where not null, gets its bytes.
bool send_local_reply(Call& call, Int code, Text reason, Text to_tag, Text extra_headers, Text body, Text body_type, Text* sent = nullptr);
/// Destination set as "Contact: <...>;q=..., ..." line for 3xx replies; null when there is none. `rich`: 1 with the branch
/// flags, 2 with the path of each as ?Route=.
Text contacts_of_branches(Call& call, sip::Arena& arena, Int rich = 0);

}  // namespace strowger
