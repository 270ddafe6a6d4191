// Tests of uac_redirect: which contacts become branches, and in what order.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/test_call.h"
#include "stdlib/tm/transaction.h"
#include "uac_redirect.interface.h"

namespace strowger::testing {
namespace {

class UacRedirectTest : public ScriptCall {
 protected:
  void SetUp() override {
    ModuleImage module;
    module.name = Text("uac_redirect");
    module.start = UacRedirect::start;
    module.stop = UacRedirect::stop;
    module.worker_start = UacRedirect::worker_start;
    world.modules = {module};
  }
  void TearDown() override { forget(); }
  void forget() {
    branch.reset();
    transaction.reset();
    reply.reset();
    if (arena2) arena2.reset();
  }
  /// A failure route over a 302 with these Contact headers.
  void redirect(std::string_view contacts) {
    forget();
    load(test_request("INVITE", "sip:a@sip.test"));
    bytes2 = "SIP/2.0 302 Moved\r\nVia: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKx\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\n"
             "Call-ID: c\r\nCSeq: 1 INVITE\r\n" + std::string(contacts) + "Content-Length: 0\r\n\r\n";
    arena2 = std::make_unique<sip::Arena>(world.worker->pool);
    reply = std::make_unique<LiveMessage>(Text(std::string_view(bytes2)), *arena2);
    transaction = std::make_unique<tm::Transaction>(world.worker->pool);
    branch = std::make_unique<tm::Branch>(*transaction, 0, world.worker->pool);
    branch->status = 302;
    branch->reply = reply.get();
    only = branch.get();
    transaction->branches = &only;
    transaction->branch_count = 1;
    call.transaction = transaction.get();
    call.route_kind = kFailureRoute;
  }
  /// The branches as "uri:q", the last one first.
  std::string branches() {
    std::string all;
    for (int i = live.branch_count; i > 0; --i)
      all += std::string(live.branches[i - 1].uri.view().substr(4, 1)) + std::to_string(live.branches[i - 1].q) + " ";
    return all;
  }
  std::string bytes2;
  std::unique_ptr<sip::Arena> arena2;
  std::unique_ptr<LiveMessage> reply;
  std::unique_ptr<tm::Transaction> transaction;
  std::unique_ptr<tm::Branch> branch;
  tm::Branch* only = nullptr;
};

constexpr std::string_view kContacts =
    "Contact: <sip:a@x>;q=0.5, <sip:b@x>;q=0.9\r\nContact: <sip:c@x>\r\nContact: <sip:d@x>;q=0.5\r\n";

TEST_F(UacRedirectTest, OrderAndLimits) {
  redirect(kContacts);
  EXPECT_EQ(UacRedirect::get_redirects(call, "*"), 1);
  EXPECT_EQ(branches(), "b900 d500 a500 c10 ");
  redirect(kContacts);
  EXPECT_EQ(UacRedirect::get_redirects(call, "3:2"), 1);
  EXPECT_EQ(branches(), "b900 d500 ");
  redirect(kContacts);
  EXPECT_EQ(UacRedirect::get_redirects(call, "0:1"), 1);
  EXPECT_EQ(branches(), "b900 ");
  for (const char* bad : {"", "x", "1:x", "-1"}) EXPECT_EQ(UacRedirect::get_redirects(call, std::string_view(bad)), -1) << bad;
}

TEST_F(UacRedirectTest, BadContactsAreLeftOut) {
  redirect("Contact: *\r\nContact: <sip:a@x>;q=2, <sip:b@x>;q=., <sip:c@x>;q=0.5555, <junk>\r\n");
  EXPECT_EQ(UacRedirect::get_redirects(call, "*"), 1);
  EXPECT_EQ(branches(), "c555 ");
  redirect("");
  EXPECT_EQ(UacRedirect::get_redirects(call, "*"), -1);
  redirect(kContacts);
  branch->status = 404;
  EXPECT_EQ(UacRedirect::get_redirects(call, "*"), -1);
}

TEST_F(UacRedirectTest, NoMoreBranchesThanAllowed) {
  std::string many;
  for (int i = 0; i < 60; ++i) many += "Contact: <sip:" + std::to_string(i) + "@x>\r\n";
  redirect(many);
  EXPECT_EQ(UacRedirect::get_redirects(call, "*"), 1);
  EXPECT_EQ(live.branch_count, world.process->settings.max_branches - 1);
}

TEST_F(UacRedirectTest, AcceptComesBeforeDeny) {
  redirect(kContacts);
  EXPECT_EQ(UacRedirect::set_deny_filter(call, test_regex("SIP:[ab]@"), "reset_all"), 1);
  EXPECT_EQ(UacRedirect::set_accept_filter(call, test_regex("b@"), ""), 1);
  EXPECT_EQ(UacRedirect::get_redirects(call, "*"), 1);
  EXPECT_EQ(branches(), "b900 d500 c10 ");
  UacRedirect::script_end(call);
  redirect(kContacts);
  EXPECT_EQ(UacRedirect::get_redirects(call, "*"), 1);
  EXPECT_EQ(live.branch_count, 4);
  EXPECT_EQ(UacRedirect::set_deny_filter(call, test_regex("x"), "reset"), -1);
  for (int i = 0; i < 8; ++i) EXPECT_EQ(UacRedirect::set_deny_filter(call, test_regex("x"), ""), 1);
  EXPECT_EQ(UacRedirect::set_deny_filter(call, test_regex("x"), ""), -1);
}

}  // namespace
}  // namespace strowger::testing
