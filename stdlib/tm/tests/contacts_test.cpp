// Serial forking by q, replication, failures to send, other ways to answer.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <set>

#include "runtime/script/rewrite_uri.h"
#include "runtime/script/xavp_fields.h"
#include "stdlib/tm/contacts_of.h"
#include "stdlib/tm/tests/proxy.h"

namespace strowger::tm {
namespace {

BranchTarget target(std::string_view uri, std::int16_t q, std::string_view instance = {}) {
  BranchTarget it;
  it.uri = Text(uri);
  it.q = q;
  if (!instance.empty()) it.instance = Text(instance);
  return it;
}

struct ContactsTest : testing::Test {
  ContactsTest() { avps.arena = &arena; }
  /// What one call of next() gives, apart by blanks.
  std::string next() {
    std::array<BranchTarget, kMaxBranches + 1> taken;
    const int count = take_next_group(avps, process, "list", "flows", taken);
    std::string text;
    for (int i = 0; i < count; ++i) text += (i ? " " : "") + std::string(taken[i].uri.view());
    return text;
  }
  sip::ChunkPool pool;
  sip::Arena arena{pool};
  Avps avps;
  ScriptImage image;
  sim::MemoryLog log{now};
  Millis now = 0;
  Process process{image, log};
};

TEST_F(ContactsTest, HighestQFirstAndEqualOnesTogether) {
  std::array<BranchTarget, 5> targets = {target("sip:main", kNoQ), target("sip:a", 500), target("sip:b", 900), target("sip:c", 500),
                                         target("sip:d", kNoQ)};
  ASSERT_TRUE(store_groups(avps, "list", targets.data(), targets.size(), nullptr));
  std::string ends;   // 4 where a group ends, but for the last one
  for (const Xavp* record = *xavp_link(avps, "list"); record; record = record->next) ends += std::to_string(field_of(*record, "q_flag")->number());
  EXPECT_EQ(ends, "40400");
  EXPECT_EQ(next(), "sip:b");
  EXPECT_EQ(next(), "sip:c sip:a");   // of equals the last one first
  EXPECT_EQ(next(), "sip:d sip:main");
  EXPECT_EQ(next(), "");
}

TEST_F(ContactsTest, OneFlowOfAnInstanceAtATime) {
  std::array<BranchTarget, 3> targets = {target("sip:a1", 500, "<urn:a>"), target("sip:a2", 500, "<urn:a>"), target("sip:b", 500, "<urn:b>")};
  ASSERT_TRUE(store_groups(avps, "list", targets.data(), targets.size(), nullptr));
  EXPECT_EQ(next(), "sip:b sip:a2");
  BranchTarget flow;
  EXPECT_FALSE(take_flow(avps, process, "flows", "<urn:b>", flow));
  ASSERT_TRUE(take_flow(avps, process, "flows", "<urn:a>", flow));
  EXPECT_EQ(flow.uri.view(), "sip:a1");
  EXPECT_FALSE(take_flow(avps, process, "flows", "<urn:a>", flow));
}

TEST_F(ContactsTest, DrawnByWeightEveryoneGetsATurn) {
  std::array<BranchTarget, 3> targets = {target("sip:a", 100), target("sip:b", 200), target("sip:c", 300)};
  std::uint64_t n = 0;
  ASSERT_TRUE(store_groups(avps, "list", targets.data(), targets.size(), [&] { return n += 77; }));
  std::set<std::string> seen;
  for (int i = 0; i < 3; ++i) seen.insert(next());
  EXPECT_EQ(seen, (std::set<std::string>{"sip:a", "sip:b", "sip:c"}));
  EXPECT_EQ(next(), "");
}

}  // namespace
}  // namespace strowger::tm
