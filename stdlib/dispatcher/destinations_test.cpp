// Tests of the list file, of the order of destinations, and of what is made of weights.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/dispatcher/destinations.h"

#include <gtest/gtest.h>

#include "runtime/script/test_world.h"
#include "stdlib/dispatcher/calls.h"
#include "stdlib/dispatcher/core_hash.h"

namespace strowger::dispatcher {
namespace {

class DestinationsTest : public ::testing::Test {
 protected:
  std::shared_ptr<const List> made(std::string_view text) {
    const auto rows = parse_rows(text, building);
    return rows ? build(*rows, building) : nullptr;
  }
  static std::string uris(const Set& set) {
    std::string all;
    for (const auto& one : set.all) all += one->host + " ";
    return all;
  }
  static int count(const std::array<std::uint16_t, kSlots>& slots, std::uint16_t index) {
    return static_cast<int>(std::count(slots.begin(), slots.end(), index));
  }
  struct Started : TestWorld {
    Started() { start(); }
  } world;
  std::vector<std::string> lines;
  Building building{*world.process,
                    nullptr,
                    true,
                    false,
                    false,
                    7,
                    [this](LogLevel, const std::string& text) { lines.push_back(text); }};
};

TEST_F(DestinationsTest, ByPriorityAndThenTheLastFirst) {
  const auto list = made(
      "# comment\n\n1 sip:10.0.0.1\n1 sip:10.0.0.2 0 5\n1\tsip:10.0.0.3  0 5 duid=x;weight=3\n1 sip:10.0.0.4 9 \n");
  ASSERT_TRUE(list);
  const Set& set = *list->find(1);
  EXPECT_EQ(uris(set), "10.0.0.3 10.0.0.2 10.0.0.4 10.0.0.1 ");
  EXPECT_EQ(set.all[0]->attributes.duid, "x");
  EXPECT_EQ(set.all[2]->flags.load(), kInactive | kProbing);
  EXPECT_FALSE(set.all[2]->usable());
  EXPECT_EQ(list->find(2), nullptr);
  // Made again out of its rows, equal ones turn round; state and load go on.
  set.all[0]->load = 4;
  set.all[1]->flags = kTrying;
  const auto again = build(list->rows(), building);
  EXPECT_EQ(uris(*again->find(1)), "10.0.0.2 10.0.0.3 10.0.0.1 10.0.0.4 ");
  EXPECT_EQ(again->find(1)->all[1]->load.load(), 4);
  EXPECT_EQ(again->find(1)->all[0]->flags.load(), kTrying);
}

TEST_F(DestinationsTest, FaultyOnesAreLeftOut) {
  const auto list = made(
      "1 10.0.0.1:5070\n1 sip:nosuch.test\n1 sip:known.test:5062;transport=tcp\n1 sip:later.test 16\n2 tel:1\n3 "
      "sip:10.0.0.1 0 0 weight=x\n"
      "4 sip:10.0.0.1 0 0 socket=udp:9.9.9.9:1\n5 sip:10.0.0.1 0 0 sockname=x\n6 sip:10.0.0.1 0 0 rweight=101\n");
  ASSERT_TRUE(list);
  EXPECT_EQ(uris(*list->find(1)), "later.test known.test nosuch.test 10.0.0.1 ");
  EXPECT_EQ(list->find(1)->all[1]->address, (sip::Address{4, 5062, {127, 0, 0, 12}}));
  EXPECT_EQ(list->find(1)->all[1]->protocol, sip::Protocol::Tcp);
  EXPECT_EQ(list->find(1)->all[2]->address.family, 0);   // DNS may know it
  EXPECT_EQ(list->find(1)->all[3]->uri, "sip:10.0.0.1:5070");
  EXPECT_EQ(list->find(6)->all[0]->attributes.relative_weight, 0);
  EXPECT_EQ(list->find(3)->all[0]->attributes.weight, 0);
  EXPECT_EQ(list->sets.size(), 3u);
  EXPECT_EQ(lines.size(), 5u);
  EXPECT_EQ(made("sip:10.0.0.1 a=b\n")->find(0)->all[0]->attributes.body, "a=b");
  EXPECT_FALSE(made("1 sip:10.0.0.1\n2\n"));
  EXPECT_TRUE(made("# nothing\n")->sets.empty());
  building.strict = true;
  EXPECT_TRUE(made("1 sip:10.0.0.1\n1 sip:nosuch.test\n"));
  EXPECT_FALSE(made("1 sip:10.0.0.1\n1 tel:1\n"));
}

TEST_F(DestinationsTest, AttributesAndSockets) {
  building.none_attributes = true;
  const auto list = made(
      "1 sip:10.0.0.1 0 1 "
      "a=b;duid=q;maxload=7;cc=1;latency=20;obproxy=sip:p;ping_from=sip:me@x;socket=udp:127.0.0.1:5070\n1 "
      "sip:10.0.0.2\n");
  ASSERT_TRUE(list);
  const Destination& one = *list->find(1)->all[0];
  EXPECT_EQ(one.socket, world.process->sockets.front().get());
  EXPECT_EQ(one.attributes.max_load, 7);
  EXPECT_EQ(one.attributes.outbound_proxy, "sip:p");
  EXPECT_EQ(one.attributes.ping_from, "sip:me@x");
  EXPECT_TRUE(one.attributes.congestion_control);
  EXPECT_EQ(one.latency.estimate(), 20);
  EXPECT_EQ(list->find(1)->all[1]->attributes.body, "none=yes");
}

TEST_F(DestinationsTest, Weights) {
  const auto list = made(
      "1 sip:10.0.0.1 0 9 weight=50\n1 sip:10.0.0.2 0 8 weight=20\n"
      "2 sip:10.0.0.1 0 9 weight=80\n2 sip:10.0.0.2 0 8 weight=80\n"
      "3 sip:10.0.0.1 0 9\n3 sip:10.0.0.2 0 8 weight=80\n");
  EXPECT_EQ(count(list->find(1)->by_weight, 0), 50);
  EXPECT_EQ(count(list->find(1)->by_weight, 1), 50);
  EXPECT_EQ(count(list->find(2)->by_weight, 0), 80);
  EXPECT_EQ(count(list->find(3)->by_weight, 0), 100);
}

TEST_F(DestinationsTest, RelativeWeightsOfThoseInUse) {
  const auto list = made("1 sip:10.0.0.1 0 9 rweight=50\n1 sip:10.0.0.2 0 8\n1 sip:10.0.0.3 0 7 rweight=25\n");
  const Set& set = *list->find(1);
  EXPECT_EQ(count(relative_slots(set, 1), 0), 66);
  EXPECT_EQ(count(relative_slots(set, 1), 2), 34);
  set.all[0]->flags = kInactive;
  EXPECT_EQ(count(relative_slots(set, 1), 2), 100);
  set.all[2]->flags = kDisabled;
  EXPECT_EQ(count(relative_slots(set, 1), 0), 100);
}

TEST(DispatcherTree, ChildrenFirst) {
  EXPECT_EQ(tree_order({1, 2, 3, 4, 5, 6, 8, 9, 7}), (std::vector<Int>{1, 3, 2, 5, 7, 9, 8, 6, 4}));
  EXPECT_EQ(tree_order({2, 1, 5}), (std::vector<Int>{1, 5, 2}));
  EXPECT_EQ(tree_order({3, 1, 2, 2}), (std::vector<Int>{1, 3, 2}));
  std::vector<Int> many;
  for (Int i = 0; i < 50000; ++i) many.push_back(i);
  EXPECT_EQ(tree_order(many).size(), many.size());
}

TEST(DispatcherHash, KnownValues) {
  const auto hash = [](std::initializer_list<std::string_view> texts) {
    CoreHash sum;
    for (const std::string_view text : texts) sum.add(Text(text));
    return sum.result();
  };
  EXPECT_EQ(hash({"bob", "server.com"}), 3883463682u);
  EXPECT_EQ(hash({"bob"}), 7222211u);
  EXPECT_EQ(hash({""}), 1u);
}

TEST(DispatcherCalls, EndByThemselves) {
  Calls calls(4);
  CallPlace place;
  EXPECT_TRUE(calls.add("a", {1, "x"}, 1000));
  EXPECT_FALSE(calls.add("a", {1, "y"}, 1000));
  EXPECT_TRUE(calls.add("b", {1, "y"}, 1000));
  EXPECT_TRUE(calls.move("a", {1, "z"}, place));
  EXPECT_EQ(place.duid, "x");
  EXPECT_TRUE(calls.confirm("a", 5000));
  std::string gone;
  calls.expire(1000, [&](const CallPlace& at) { gone += at.duid; });
  EXPECT_EQ(gone, "y");
  EXPECT_FALSE(calls.remove("b", place));
  EXPECT_TRUE(calls.remove("a", place));
  EXPECT_EQ(place.duid, "z");
}

TEST(DispatcherLatency, MeanDeviationAndEstimate) {
  Latency latency;
  latency.add(2, 900);
  latency.add(0, 900);
  EXPECT_DOUBLE_EQ(latency.average(), 1);
  EXPECT_NEAR(latency.deviation(), 1.414214, 1e-6);
  for (int i = 0; i < 8; ++i) latency.add(0, 900);
  EXPECT_DOUBLE_EQ(latency.estimate(), latency.average());
  const double before = latency.estimate();
  latency.add(0, 900);
  EXPECT_DOUBLE_EQ(latency.estimate(), before * 0.9);
  EXPECT_EQ(latency.max(), 2);
}

}  // namespace
}  // namespace strowger::dispatcher
