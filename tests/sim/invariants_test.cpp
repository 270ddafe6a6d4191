// What the invariants see in traces of a proxy that does as the test says: faults that the real one must not have, and what is none.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "tests/sim/invariants.h"

#include <gtest/gtest.h>

#include <utility>

namespace strowger::simtest {
namespace {

constexpr std::string_view kCaller = "192.0.2.10:5060", kProxy = "192.0.2.1:5060", kCallee = "192.0.2.20:5060";

class Invariants : public testing::Test {
 protected:
  using Effects = std::vector<std::pair<std::string, sim::Agent*>>;

  void SetUp() override {
    proxy_.on_message = [this](const sim::Received&) {
      for (const auto& [bytes, to] : std::exchange(effects_, {})) proxy_.send_to(bytes, to->address);
      return true;
    };
  }

  /// A message of the one call; `leg`: of the proxy's leg of this name, else the caller's own.
  static std::string message(const std::string& first_line, const std::string& method, const std::string& leg = "") {
    std::string text = first_line + "\r\n";
    if (!leg.empty()) text += "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK." + leg + "\r\n";
    return text + "Via: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK-call\r\nFrom: <sip:a@example.org>;tag=a\r\nTo: <sip:b@example.org>;tag=" +
           (leg.empty() ? "" : "b") + "\r\nCall-ID: call\r\nCSeq: 1 " + method + "\r\nContent-Length: 0\r\n\r\n";
  }
  static std::string request(const std::string& method, const std::string& leg = "") {
    return message(method + " sip:b@192.0.2.20 SIP/2.0", method, leg);
  }
  static std::string reply(int status, const std::string& method, const std::string& leg = "") {
    return message("SIP/2.0 " + std::to_string(status) + " Reason", method, leg);
  }

  /// Hands the proxy what `from` sends; it sends `effects` at once.
  void arrives(sim::Agent& from, const std::string& text, Effects effects) {
    effects_ = std::move(effects);
    from.send_to(text, proxy_.address);
    world_.run_for(100);
  }

  /// The caller's INVITE goes to the callee as `leg`, which rejects it; nobody hears of that but the proxy.
  void rejected(const std::string& leg) {
    arrives(caller_, request("INVITE"), {{request("INVITE", leg), &callee_}});
    arrives(callee_, reply(486, "INVITE", leg), {{request("ACK", leg), &callee_}, {reply(486, "INVITE"), &caller_}});
  }

  /// What is broken, without the packet where it shows.
  std::string broken() {
    std::size_t count = 0;
    std::string all;
    for (const std::string& line : broken_invariants(world_, proxy_.address, {scripts(count)})) {
      const std::size_t packet = line.find("): ");
      all += line.substr(packet == std::string::npos ? 0 : packet + 3) + "\n";
    }
    return all;
  }

  sim::World world_;
  sim::Agent& caller_ = world_.add_agent("caller", kCaller);
  sim::Agent& proxy_ = world_.add_agent("proxy", kProxy);
  sim::Agent& callee_ = world_.add_agent("callee", kCallee);
  Effects effects_;
};

TEST_F(Invariants, ARepeatedRequestBeginsAnewOnceItIsForgotten) {
  rejected("1.0");
  world_.run_for(6000);
  arrives(caller_, request("INVITE"), {{request("INVITE", "2.0"), &callee_}});
  arrives(caller_, request("CANCEL"), {{reply(200, "CANCEL"), &caller_}});
  arrives(callee_, reply(180, "INVITE", "2.0"), {{request("CANCEL", "2.0"), &callee_}});
  arrives(callee_, reply(487, "INVITE", "2.0"), {{request("ACK", "2.0"), &callee_}, {reply(487, "INVITE"), &caller_}});
  EXPECT_EQ(broken(), "");
}

TEST_F(Invariants, WhatBeganAnewIsNotCanceledByItself) {
  rejected("1.0");
  world_.run_for(6000);
  arrives(caller_, request("INVITE"), {{request("INVITE", "2.0"), &callee_}});
  arrives(callee_, reply(180, "INVITE", "2.0"), {{request("CANCEL", "2.0"), &callee_}});
  arrives(callee_, reply(487, "INVITE", "2.0"), {{request("ACK", "2.0"), &callee_}, {reply(487, "INVITE"), &caller_}});
  EXPECT_EQ(broken(), "a CANCEL that nobody wanted\n");
}

TEST_F(Invariants, ACancelOfTheForgottenOneCancelsNotWhatBeginsAnew) {
  rejected("1.0");
  arrives(caller_, request("CANCEL"), {{reply(200, "CANCEL"), &caller_}});
  world_.run_for(6000);
  arrives(caller_, request("INVITE"), {{request("INVITE", "2.0"), &callee_}});
  arrives(callee_, reply(180, "INVITE", "2.0"), {{request("CANCEL", "2.0"), &callee_}});
  arrives(callee_, reply(487, "INVITE", "2.0"), {{request("ACK", "2.0"), &callee_}, {reply(487, "INVITE"), &caller_}});
  EXPECT_EQ(broken(), "a CANCEL that nobody wanted\n");
}

TEST_F(Invariants, WhatBeganAnewIsCanceledWhenTheCallerAsks) {
  rejected("1.0");
  world_.run_for(6000);
  arrives(caller_, request("INVITE"), {{request("INVITE", "2.0"), &callee_}});
  arrives(callee_, reply(180, "INVITE", "2.0"), {});
  arrives(caller_, request("CANCEL"), {{reply(200, "CANCEL"), &caller_}});
  arrives(callee_, reply(486, "INVITE", "2.0"), {{request("ACK", "2.0"), &callee_}, {reply(486, "INVITE"), &caller_}});
  EXPECT_EQ(broken(), "no CANCEL to leg z9hG4bK.2.0\n");
}

TEST_F(Invariants, WhatBeganAnewHasOneFinalReply) {
  rejected("1.0");
  world_.run_for(6000);
  arrives(caller_, request("INVITE"), {{request("INVITE", "2.0"), &callee_}});
  arrives(callee_, reply(404, "INVITE", "2.0"), {{request("ACK", "2.0"), &callee_}, {reply(404, "INVITE"), &caller_}});
  arrives(callee_, reply(404, "INVITE", "2.0"), {{request("ACK", "2.0"), &callee_}, {reply(500, "INVITE"), &caller_}});
  EXPECT_EQ(broken(), "another final reply: there was 404 \n");
}

TEST_F(Invariants, WhatBeganAnewIsAnswered) {
  rejected("1.0");
  world_.run_for(6000);
  arrives(caller_, request("INVITE"), {{request("INVITE", "2.0"), &callee_}});
  EXPECT_EQ(broken(), "no final reply to z9hG4bK-call INVITE\n");
}

TEST_F(Invariants, ARepeatedRequestIsTheSameWhileItIsKnown) {
  rejected("1.0");
  world_.run_for(3000);
  rejected("2.0");
  EXPECT_EQ(broken(), "a second transaction for z9hG4bK-call INVITE\n");
}

}  // namespace
}  // namespace strowger::simtest
