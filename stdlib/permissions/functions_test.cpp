// Tests of the functions of permissions, over tables and rules made by hand.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "runtime/script/test_call.h"
#include "stdlib/permissions/state.h"

namespace strowger {
namespace {

using permissions::Shared;

class PermissionsCall : public testing::ScriptCall {
 protected:
  void SetUp() override {
    ModuleImage module;
    module.name = "permissions";
    module.start = Permissions::start;
    module.worker_start = Permissions::worker_start;
    module.stop = Permissions::stop;
    world.modules = {module};
  }
  Shared& shared() { return *static_cast<Shared*>(world.process->module_state[Permissions::slot]); }
  void set_addresses(std::string_view content) {
    std::string why;
    auto entries = permissions::parse_addresses(content, why);
    ASSERT_TRUE(entries) << why;
    shared().addresses.publish(std::make_shared<permissions::Addresses>(std::move(*entries), 512));
  }
  void set_rules(std::string name, std::string_view allow, std::string_view deny) {
    const auto parsed = [](std::string_view content) {
      return permissions::Rules::parse(content, [](const std::string& why) { ADD_FAILURE() << why; });
    };
    permissions::Rules& allows = shared().rules[name + ".allow"] = parsed(allow);
    permissions::Rules& denies = shared().rules[name + ".deny"] = parsed(deny);
    shared().pairs[name] = {&allows, &denies};
    shared().files["a"] = &allows;
    shared().files["d"] = &denies;
  }
  Code routing(std::string_view uri) {
    load(test_request("INVITE", uri));
    return Permissions::allow_routing(call, "r");
  }
  Code registering(std::string_view contacts) {
    load(test_request("REGISTER", "sip:sip.test", "", contacts));
    return Permissions::allow_register(call, "r");
  }
};

TEST_F(PermissionsCall, SourcesOfMessages) {
  load(test_request("OPTIONS", "sip:sip.test"));  // from 127.0.0.11:5080
  EXPECT_EQ(Permissions::allow_source_address(call), -1) << "there is no table";
  EXPECT_EQ(Permissions::allow_source_address_group(call), -1);
  set_addresses("3 127.0.0.0 8 0 net\n7 127.0.0.11 32 5080 host\n5 one.test 32 0 name\n");
  EXPECT_EQ(Permissions::allow_source_address(call), -1);
  EXPECT_EQ(Permissions::allow_source_address(call, 3), 1);
  EXPECT_EQ(Permissions::allow_source_address_group(call), 7);
  live.source.port = 5081;
  EXPECT_EQ(Permissions::allow_source_address_group(call), 3);
  EXPECT_EQ(Permissions::allow_address(call, 7, "127.0.0.11", 5080), 1);
  EXPECT_EQ(Permissions::allow_address(call, 7, "127.0.0.11", 0), -1);
  EXPECT_EQ(Permissions::allow_address(call, 5, "one.test", 9), 1);
  EXPECT_EQ(Permissions::allow_address(call, 5, Text::null(), 9), -1);
  EXPECT_EQ(Permissions::allow_address_group(call, "one.test", 9), 5);
  EXPECT_EQ(Permissions::allow_address_group(call, "128.0.0.1", 9), -1);
}

TEST_F(PermissionsCall, ATableInUseIsReplaced) {
  load(test_request("OPTIONS", "sip:sip.test"));
  set_addresses("1 127.0.0.11\n");
  EXPECT_EQ(Permissions::allow_source_address(call), 1);
  set_addresses("1 127.0.0.12\n");
  EXPECT_EQ(Permissions::allow_source_address(call), -1);
}

TEST_F(PermissionsCall, TrustedPeers) {
  load(test_request("OPTIONS", "sip:bob@sip.test"));  // From is alice@sip.test
  EXPECT_EQ(Permissions::allow_trusted(call), -1) << "there is no table";
  std::string why;
  const auto peers = permissions::Peers::build({{"127.0.0.11", "tcp", {}, {}, "a", Int{9}},
                                                {"127.0.0.11", "udp", "^sip:carol", {}, "b", Int{8}},
                                                {"127.0.0.11", "udp", "^sip:alice", "^sip:bob@", "c", Int{7}},
                                                {"host.test", "any", "ALICE", {}, {}, Int{0}}},
                                               why);
  ASSERT_TRUE(peers) << why;
  shared().peers.publish(peers);
  EXPECT_EQ(Permissions::allow_trusted(call), 1);
  EXPECT_EQ(Permissions::allow_trusted(call, "127.0.0.11", "TLS"), -1);
  EXPECT_EQ(Permissions::allow_trusted(call, "127.0.0.11", "tcp"), 1);
  EXPECT_EQ(Permissions::allow_trusted(call, "127.0.0.11", "any"), 1);
  EXPECT_EQ(Permissions::allow_trusted(call, "127.0.0.11", "bogus"), -1);
  EXPECT_EQ(Permissions::allow_trusted(call, "127.0.0.11", "udp", "sip:dave@x"), -1);
  EXPECT_EQ(Permissions::allow_trusted(call, "127.0.0.11", "udp", "sip:carol@x"), 1);
  EXPECT_EQ(Permissions::allow_trusted(call, "host.test", "udp"), -1) << "case counts in patterns of peers";
  EXPECT_EQ(Permissions::allow_trusted(call, "", "udp"), -1);
}

TEST_F(PermissionsCall, RoutingAsUserAtHost) {
  load(test_request("INVITE", "sip:sip.test"));
  set_rules("r", "\"^sip:alice@sip\\.test$\" : \"^sip:bob@h\\.test$\", \"^sip:@h\\.test$\", \"^sip:\\+1@$\"\n",
            "ALL : ALL\n");
  EXPECT_EQ(routing("sip:bob@h.test"), 1);
  EXPECT_EQ(routing("sips:bob:secret@h.test:5070;user=phone?x=y"), 1);
  EXPECT_EQ(routing("sip:h.test"), 1);
  EXPECT_EQ(routing("tel:+1"), 1);
  EXPECT_EQ(routing("sip:carol@h.test"), -1);
  EXPECT_EQ(Permissions::allow_routing(call, "a", "d"), -1);
  EXPECT_EQ(Permissions::allow_routing(call), 1) << "the default files are not there";
  EXPECT_EQ(routing("sip:bob@h.test"), 1);
  ASSERT_TRUE(live.add_branch(*arena, {.uri = "sip:carol@h.test"}, 12));
  EXPECT_EQ(Permissions::allow_routing(call, "r"), -1);
}

TEST_F(PermissionsCall, AllContactsOfARegistration) {
  load(test_request("REGISTER", "sip:sip.test"));
  set_rules("r", "ALL : \"^sip:bob@h\\.test$\", \"^sip:h\\.test$\"\n", "ALL : ALL\n");
  EXPECT_EQ(registering("Contact: \"B\" <sip:bob:secret@h.test:5070;x>;expires=3, <sip:h.test>\r\n"), 1);
  EXPECT_EQ(registering("Contact: <sip:bob@h.test>\r\nContact: <sip:carol@h.test>\r\n"), -1);
  EXPECT_EQ(registering("Contact: *\r\n"), 1);
  EXPECT_EQ(registering(""), 1);
  EXPECT_EQ(registering("Contact: <bob>\r\n"), -1);
}

TEST_F(PermissionsCall, UrisAsTheyAre) {
  load(test_request("REFER", "sip:sip.test"));
  set_rules("r", "\"alice\" : \"^sip:bob@h\\.test:5070$\"\n", "ALL : ALL\n");
  const auto allows = [&](const VariableRef& uri) { return Permissions::allow_uri(call, "r", uri); };
  EXPECT_EQ(allows({[](Call*) { return Value::of(Text("sip:bob@h.test:5070")); }, nullptr, "$var(x)"}), 1);
  EXPECT_EQ(allows({[](Call*) { return Value::of(Text("sip:bob@h.test")); }, nullptr, "$var(x)"}), -1);
  EXPECT_EQ(allows({[](Call*) { return Value::null(); }, nullptr, "$var(x)"}), -1);
}

}  // namespace
}  // namespace strowger
