// Tests of loose_route() with unusual Routes: as Kamailio 5.6.3 follows them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "rr.interface.h"
#include "runtime/script/test_call.h"

namespace strowger::testing {
namespace {

class LooseRoute : public ScriptCall {
 protected:
  struct Result {
    Code code, next_hop;
    std::string uri, dst, routes;
  };
  /// Of a request within a dialog; `routes` are whole headers.
  Result follow(std::string_view uri, std::string_view routes) {
    std::string message = test_request("MESSAGE", uri, "", routes);
    message.insert(message.find("\r\nCall-ID"), ";tag=t2");
    load(std::move(message));
    const Code code = Rr::loose_route(call), next = Rr::rr_next_hop_route(call);
    std::string left;
    const std::string all = sent();
    for (std::size_t at = 0; (at = all.find("\r\nRoute: ", at)) != std::string::npos; ++at)
      left += all.substr(at + 9, all.find("\r\n", at + 2) - at - 9) + " ";
    return {code, next, std::string(live.uri().view()), std::string(live.dst_uri.view()), left};
  }
};

TEST_F(LooseRoute, SipsNamesUsToo) {
  const Result r = follow("sip:x@y.test", "Route: <sips:127.0.0.1:5070;lr>\r\n");
  EXPECT_EQ(r.code, 1);
  EXPECT_EQ(r.next_hop, -1);
  EXPECT_EQ(r.dst, "");
  EXPECT_EQ(r.routes, "");
}

TEST_F(LooseRoute, ADoubledRouteBehindAStrictRouter) {
  const Result r = follow("sip:127.0.0.1:5070;lr",
                          "Route: <sip:127.0.0.1:5070;r2=on;lr>,<sip:127.0.0.1:5071;r2=on;lr>,<sip:10.0.0.1;lr>\r\n");
  EXPECT_EQ(r.code, 1);
  EXPECT_EQ(r.uri, "sip:10.0.0.1;lr");
  EXPECT_EQ(r.routes, "<sip:127.0.0.1:5071;r2=on;lr> ");
}

TEST_F(LooseRoute, ParametersBeginWithTheirSemicolon) {
  const auto matches = [&](std::string_view pattern) {
    return Rr::check_route_param(call, test_regex(pattern));
  };
  follow("sip:x@y.test", "Route: <sip:127.0.0.1:5070;lr;nat=yes>\r\n");
  EXPECT_EQ(matches("^;lr"), 1);
  EXPECT_EQ(matches("nat=yes$"), 1);
  EXPECT_EQ(matches("^lr"), -1);
}

TEST_F(LooseRoute, TransportDoesNotMatter) {
  for (const char* params : {";transport=tcp;lr", ";lr;transport=tls", ";transport=junk;lr"}) {
    const Result r = follow("sip:x@y.test", "Route: <sip:127.0.0.1:5070" + std::string(params) + ">\r\n");
    EXPECT_EQ(r.code, 1) << params;
    EXPECT_EQ(r.dst, "") << params;
  }
}

TEST_F(LooseRoute, PreloadedIsTrueWhereOnlyWeAreNamed) {
  const auto preloaded = [&](std::string_view routes) {
    load(test_request("MESSAGE", "sip:x@y.test", "", routes));
    return Rr::loose_route_preloaded(call);
  };
  EXPECT_EQ(preloaded("Route: <sip:127.0.0.1:5070;lr>\r\n"), 1);
  EXPECT_EQ(preloaded("Route: <sip:127.0.0.1:5070;lr>\r\nRoute: <sip:10.0.0.1;lr>\r\n"), -1);
  EXPECT_EQ(live.dst_uri.view(), "sip:10.0.0.1;lr");
  EXPECT_EQ(preloaded(""), -1);
}

TEST_F(LooseRoute, PreloadedFollowsRoutesOfDialogsToo) {
  std::string message = test_request("MESSAGE", "sip:x@y.test", "", "Route: <sip:127.0.0.1:5070;lr>\r\nRoute: <sip:10.0.0.1;lr>\r\n");
  message.insert(message.find("\r\nCall-ID"), ";tag=t2");
  load(std::move(message));
  EXPECT_EQ(Rr::loose_route_preloaded(call), -1);
  EXPECT_EQ(live.dst_uri.view(), "sip:10.0.0.1;lr");
}

TEST_F(LooseRoute, MaddrIsWhereItGoes) {
  EXPECT_EQ(follow("sip:x@y.test", "Route: <sip:1.2.3.4:5090;transport=tcp;lr;maddr=127.0.0.12>\r\n").dst, "sip:127.0.0.12:5090");
  EXPECT_EQ(follow("sip:x@y.test", "Route: <sip:1.2.3.4;maddr=127.0.0.12>\r\n").uri, "sip:127.0.0.12");
}

TEST_F(LooseRoute, NextHopComesFromTheRouteBehindOurs) {
  const Result loose = follow("sip:x@y.test", "Route: <sip:127.0.0.1:5070;lr>\r\nRoute: <sip:10.0.0.1;lr>\r\n");
  EXPECT_EQ(loose.next_hop, 1);
  EXPECT_EQ(loose.dst, "sip:10.0.0.1;lr");
  const Result strict = follow("sip:x@y.test", "Route: <sip:127.0.0.1:5070>\r\nRoute: <sip:10.0.0.1>\r\n");
  EXPECT_EQ(strict.next_hop, 1);
  EXPECT_EQ(strict.uri, "sip:10.0.0.1");
  EXPECT_EQ(follow("sip:x@y.test", "Route: <sip:10.0.0.1;lr>\r\n").next_hop, -1);
  const Result after_strict = follow("sip:127.0.0.1:5070;lr", "Route: <sip:10.0.0.1;lr>\r\n");
  EXPECT_EQ(after_strict.next_hop, -1);
  EXPECT_EQ(after_strict.dst, "sip:10.0.0.1;lr");
}

TEST_F(LooseRoute, OtherForms) {
  EXPECT_EQ(follow("sip:x@y.test", "Route: <tel:+123;lr>\r\n").dst, "tel:+123;lr");
  EXPECT_EQ(follow("sip:x@y.test", "Route: <sip:127.0.0.1:5070;lr>\r\nRoute: <sip:[::1]:5066;lr>\r\n").dst, "sip:[::1]:5066;lr");
  for (const char* broken : {"Route: junk\r\n", "Route: <>\r\n", "Route: <sip:127.0.0.1:5070;lr\r\n", "Route: <sip:127.0.0.1:5070;lr>,\r\n"})
    EXPECT_EQ(follow("sip:x@y.test", broken).code, -1) << broken;
  const Result behind = follow("sip:x@y.test", "Route: <sip:127.0.0.1:5070;lr>\r\nRoute: junk\r\n");
  EXPECT_EQ(behind.code, -1);
  EXPECT_EQ(behind.routes, "junk ");
}

}  // namespace
}  // namespace strowger::testing
