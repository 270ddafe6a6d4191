// Tests of domains and their attributes: what Kamailio 5.6.3 was seen to do.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "domain.interface.h"
#include "runtime/script/test_call.h"
#include "runtime/script/test_database.h"
#include "stdlib/domain/published.h"
#include "stdlib/domain/table.h"

namespace strowger {
namespace {

using domain::Published;
using domain::Table;
using testing::TestDatabase;

db::Row attribute(std::string did, std::string name, Int type, std::string value) {
  return {std::move(did), std::move(name), type, std::move(value)};
}

std::string shown(const Table& table) {
  std::string out;
  for (const domain::Domain& one : table.domains()) out += one.name + "=" + one.did + " ";
  for (const auto& attributes : table.attributes()) {
    out += attributes->did + ":";
    for (const domain::Attribute& one : attributes->all)
      out += one.name + (one.is_number ? std::to_string(one.number) : one.text) + ",";
    out += " ";
  }
  return out;
}

TEST(DomainTable, OrderOfDumps) {
  std::string why;
  const auto table =
      Table::build({{"sip.test", db::Field()}, {"Other.Test", "did2"}, {"third.test", "did2"}, {"10.0.0.1", "ip"}},
                   {attribute("sip.test", "a", 2, "x"), attribute("did2", "a", 2, "y"), attribute("nobody", "b", 2, ""),
                    attribute("DID2", "n", 0, "-5"), attribute("did2", "m", 0, "+007")},
                   why);
  ASSERT_TRUE(table) << why;
  EXPECT_EQ(shown(*table),
            "10.0.0.1=ip Other.Test=did2 third.test=did2 sip.test=sip.test nobody:b, did2:m7,n-5,ay, sip.test:ax, ");
  ASSERT_TRUE(table->find("OTHER.test"));
  EXPECT_EQ(table->find("OTHER.test")->attributes->all.size(), 3u);
  EXPECT_EQ(table->find("10.0.0.1")->attributes, nullptr);
  EXPECT_EQ(table->find("sip.test:5060"), nullptr);
  EXPECT_EQ(table->find("sip.tes"), nullptr);
}

TEST(DomainTable, TheLastRowOfADomainCounts) {
  std::string why;
  const auto table = Table::build({{"sip.test", "did1"}, {"SIP.test", "did2"}}, {}, why);
  ASSERT_TRUE(table) << why;
  EXPECT_EQ(table->find("sip.test")->did, "did2");
}

TEST(DomainTable, FaultyRows) {
  std::string why;
  for (const db::Row& bad :
       {attribute("d", "a", 1, "x"), attribute("d", "a", 0, "12x"), attribute("d", "a", 0, "2147483648"),
        attribute("d", "a", 0, " 5"), db::Row{db::Field(), "a", Int{2}, "x"}, db::Row{"d", db::Field(), Int{2}, "x"},
        db::Row{"d", "a", db::Field(), "x"}, db::Row{"d", "a", Int{2}, db::Field()}})
    EXPECT_FALSE(Table::build({}, {attribute("d", "b", 2, "good"), bad}, why));
  EXPECT_TRUE(why.starts_with("row 2")) << why;
  EXPECT_FALSE(Table::build({{db::Field(), "d"}}, {}, why));
  EXPECT_TRUE(Table::build({}, {attribute("d", "a", 0, "")}, why));
}

TEST(Published, AReplacedValueIsFreedWhenAllHaveRested) {
  Published<int> published;
  EXPECT_EQ(published.get(), nullptr);
  Published<int>::Reader one(published);
  {
    Published<int>::Reader two(published);
    published.publish(std::make_unique<int>(1));
    const int* const old = published.get();
    published.publish(std::make_unique<int>(2));
    EXPECT_EQ(*published.get(), 2);
    one.rest();
    published.clean();
    EXPECT_EQ(published.kept(), 1u);
    EXPECT_EQ(*old, 1) << "the second worker may still hold it";
    two.rest();
    published.clean();
    EXPECT_EQ(published.kept(), 0u);
    published.publish(std::make_unique<int>(3));
    one.rest();
    published.clean();
    EXPECT_EQ(published.kept(), 1u);
  }
  published.clean();
  EXPECT_EQ(published.kept(), 0u) << "a worker that has ended holds nothing";
}

class DomainCall : public testing::ScriptCall {
 protected:
  void SetUp() override {
    ModuleImage module = testing::image_of<Domain>("domain");
    module.tick = Domain::tick;
    world.modules = {TestDatabase::image(), module};
    TestDatabase::load = [](std::string_view table) -> std::optional<db::Rows> {
      if (table == "version") return db::Rows{{"domain", Int{2}}, {"domain_attrs", Int{1}}};
      if (table == "domain") return db::Rows{{"sip.test", "d1"}, {"Other.test", db::Field()}};
      return db::Rows{attribute("d1", "a", 2, "one"), attribute("d1", "did", 2, "own"), attribute("d1", "a", 0, "2")};
    };
  }
  std::string avp(std::string_view name, int index = 0) {
    const Avp* const found = avps.find(name, false, index);
    return found ? testing::shown(call, found->value) : "-";
  }
};

TEST_F(DomainCall, Hosts) {
  load(test_request("OPTIONS", "sip:bob@OTHER.test:99;x"));  // From is alice@sip.test
  EXPECT_EQ(Domain::is_from_local(call), 1);
  EXPECT_EQ(Domain::is_uri_host_local(call), 1);
  EXPECT_EQ(Domain::is_domain_local(call, "SIP.TEST"), 1);
  EXPECT_EQ(Domain::is_domain_local(call, "sip.test:5060"), -1);
  EXPECT_EQ(Domain::is_domain_local(call, Text::null()), -1);
  load(test_request("OPTIONS", "tel:+1"));
  EXPECT_EQ(Domain::is_uri_host_local(call), -1);
}

TEST_F(DomainCall, AFailureRouteAsksAboutItsFirstBranch) {
  load(test_request("INVITE", "sip:bob@sip.test"));
  call.route_kind = kFailureRoute;
  EXPECT_EQ(Domain::is_uri_host_local(call), -1);
  ASSERT_TRUE(live.add_branch(*arena, {.uri = "sip:x@other.test"}, 12));
  ASSERT_TRUE(live.add_branch(*arena, {.uri = "sip:x@far.test"}, 12));
  EXPECT_EQ(Domain::is_uri_host_local(call), 1);
}

TEST_F(DomainCall, Attributes) {
  load(test_request("OPTIONS", "sip:bob@sip.test"));
  EXPECT_EQ(Domain::lookup_domain(call, "far.test"), -1);
  EXPECT_EQ(Domain::lookup_domain(call, "SIP.test"), 1);
  EXPECT_EQ(avp("a"), "one");
  EXPECT_EQ(avp("a", 1), "2");
  EXPECT_EQ(avp("did"), "d1");
  EXPECT_EQ(avp("did", 1), "own");
  EXPECT_EQ(Domain::lookup_domain(call, "other.test", "p_"), 1);
  EXPECT_EQ(avp("p_did"), "Other.test");
  EXPECT_EQ(avp("p_a"), "-");
}

}  // namespace
}  // namespace strowger
