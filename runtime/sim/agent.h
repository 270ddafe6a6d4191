// A scripted SIP end point in the simulator: sends bytes, keeps what it gets, answers when told to.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/script/timer_wheel.h"
#include "runtime/sip/address.h"

namespace strowger::sim {

class World;

/// A message that an agent received; false in a condition where there is none.
struct Received {
  std::string text;
  sip::Address source;
  sip::Protocol protocol = sip::Protocol::Udp;
  std::uint32_t connection = 0;
  Millis at = 0;

  explicit operator bool() const { return !text.empty(); }
  std::string first_line() const;
  int status() const;                                    ///< 0 for requests
  std::string method() const;                            ///< of replies by CSeq
  std::string header(std::string_view name) const;       ///< the first of this name (as written), "" when absent
  std::vector<std::string> headers(std::string_view name) const;
  std::string body() const;
  std::string param(std::string_view header_name, std::string_view name) const;   ///< `tag` of `To`, `branch` of `Via`
  bool matches(std::string_view what) const;             ///< "INVITE": a request; "200": a reply; "200 INVITE": by CSeq; "": any
};

/// What make_request() fills in when it is not given.
struct RequestParts {
  std::string call_id = "call-1", from = "<sip:alice@example.org>;tag=a1", to = "<sip:bob@example.org>";
  int cseq = 1, max_forwards = 70;
  std::string branch = "z9hG4bK-a-1";
  std::string headers;                                   ///< whole lines with CRLF
  std::string body, body_type = "application/sdp";
};

class Agent {
 public:
  Agent(World& world, std::string name, const sip::Address& address);

  const std::string name;
  const sip::Address address;
  sip::Protocol protocol = sip::Protocol::Udp;           ///< of what send() sends
  /// Where send() sends to: the first proxy's first socket unless set.
  sip::Address peer;
  std::deque<Received> inbox;
  /// When set, gets each message instead of the inbox; true: taken.
  std::function<bool(const Received&)> on_message;
  std::uint32_t connection = 0;                          ///< the last stream connection used

  void send(std::string_view bytes);
  void send_to(std::string_view bytes, const sip::Address& to);
  /// A request with everything RFC 3261 asks for and this agent's Via and Contact.
  std::string make_request(std::string_view method, std::string_view uri, const RequestParts& parts = {}) const;
  /// The reply to a request: Via, From, To (with `to_tag` unless it has one), Call-ID, CSeq, Record-Route copied.
  std::string make_reply(const Received& request, int status, std::string_view reason, std::string_view to_tag = "b1",
                         std::string_view headers = "", std::string_view body = "") const;
  /// make_reply() and send it where the request came from.
  void reply(const Received& request, int status, std::string_view reason, std::string_view to_tag = "b1",
             std::string_view headers = "", std::string_view body = "");

  /// Runs the world until a message that matches (see Received::matches) is in the inbox, and takes it out; others stay.
  /// Nothing within `limit`: a failure of the world (World::fail) and an empty Received.
  Received expect(std::string_view what, Millis limit = 40000);
  /// The first message of the inbox that matches, without running the world; empty when there is none.
  Received take_match(std::string_view what);
  /// The oldest message's bytes, "" when there is none; does not run the world.
  std::string take();
  /// Runs the world for `duration`; a failure when a message that matches `what` comes (or is there).
  bool expect_nothing(Millis duration, std::string_view what = "");

 private:
  friend class World;
  void on_arrival(Received received);
  World& world_;
};

}  // namespace strowger::sim
