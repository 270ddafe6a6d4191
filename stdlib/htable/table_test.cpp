// Tests of htable's tables: definitions, values, expiry, growth, locks, and two threads at once.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/htable/table.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace strowger::htable {
namespace {

Definition definition(Text text) {
  std::string why;
  const auto parsed = parse_definition(text, why);
  EXPECT_TRUE(parsed) << why;
  return parsed.value_or(Definition());
}

std::string refusal(Text text) {
  std::string why;
  EXPECT_FALSE(parse_definition(text, why)) << text.view();
  return why;
}

TEST(HtableHash, SpreadsKeysAndDependsOnTheSeed) {
  std::set<std::uint64_t> seen;
  unsigned shards[64] = {};
  std::string longest;
  for (int i = 0; i < 64; ++i) {  // every length, each byte counts
    for (std::size_t at = 0; at < longest.size(); ++at) {
      std::string other = longest;
      other[at] ^= 1;
      EXPECT_TRUE(seen.insert(hash_key(7, std::string_view(other))).second) << i << " " << at;
    }
    EXPECT_TRUE(seen.insert(hash_key(7, std::string_view(longest))).second);
    EXPECT_NE(hash_key(7, std::string_view(longest)), hash_key(8, std::string_view(longest)));
    longest.push_back(static_cast<char>('a' + i % 26));
  }
  for (int i = 0; i < 6400; ++i) {
    const std::string key = "10.0.0." + std::to_string(i);
    ++shards[hash_key(7, std::string_view(key)) & 63];
  }
  for (const unsigned count : shards) {
    EXPECT_GT(count, 50U);
    EXPECT_LT(count, 160U);
  }
}

class HtableTableTest : public ::testing::Test {
 protected:
  sip::ChunkPool pool;
  sip::Arena arena{pool};
  std::string shown(Value value) {
    if (value.is_null()) return value.kind == Value::kFailed ? "failed" : "null";
    return value.is_int() ? std::to_string(value.number()) : "'" + std::string(value.text().view()) + "'";
  }
  std::string get(Table& table, Text key, Millis now = 1000) { return shown(table.get(1, key, now, arena)); }
};

TEST(HtableDefinition, ReadsAttributes) {
  const Definition full =
      definition("ipban => size=8 ; autoexpire=300;initval=-2;updateexpire=0;dbmode=1; dmqreplicate=0;");
  EXPECT_EQ(full.name, "ipban");
  EXPECT_EQ(full.size, 8U);
  EXPECT_EQ(full.autoexpire, 300);
  EXPECT_FALSE(full.update_expire);
  EXPECT_TRUE(full.has_initval);
  EXPECT_EQ(full.initval, -2);
  const Definition bare = definition("t=>");
  EXPECT_EQ(bare.size, 3U);
  EXPECT_FALSE(bare.has_initval);
  EXPECT_TRUE(bare.update_expire);
  EXPECT_EQ(definition("t=>size=1").size, 3U);
  EXPECT_EQ(definition("t=>size=32").size, 14U);
  EXPECT_EQ(definition("t=>cols='a;b,c';size=4").size, 4U);
}

TEST(HtableDefinition, RefusesWhatItCannotDo) {
  EXPECT_NE(refusal("t"), "");
  EXPECT_NE(refusal("=>size=4"), "");
  EXPECT_NE(refusal("t=>size=four").find("no number"), std::string::npos);
  EXPECT_NE(refusal("t=>size").find("no value"), std::string::npos);
  EXPECT_NE(refusal("t=>colour=4").find("unknown"), std::string::npos);
  EXPECT_EQ(definition("t=>dbtable=users;dbmode=0").database_table, "users");
  EXPECT_TRUE(refusal("t=>dbtable=users;cols='a,b'").starts_with("cols"));
  EXPECT_TRUE(refusal("t=>dbtable=users;dbmode=1").starts_with("dbmode"));
  EXPECT_NE(refusal("t=>autoexpire=-1"), "");
}

TEST_F(HtableTableTest, KeepsIntsAndTexts) {
  Table table(definition("t=>size=4"), 7);
  EXPECT_EQ(get(table, "a"), "null");
  EXPECT_EQ(table.put(1, "a", Value::of(Int{5}), 1000), Written::Yes);
  EXPECT_EQ(get(table, "a"), "5");
  EXPECT_EQ(get(table, "A"), "null");
  table.put(1, "a", Value::of(Text("short")), 1000);
  EXPECT_EQ(get(table, "a"), "'short'");
  const std::string longer(5000, 'x');
  table.put(1, "a", Value::of(Text(std::string_view(longer))), 1000);
  EXPECT_EQ(get(table, "a"), "'" + longer + "'");
  table.put(1, "a", Value::of(Text("")), 1000);
  EXPECT_EQ(get(table, "a"), "''");
  table.put(1, "", Value::of(Int{1}), 1000);
  EXPECT_EQ(get(table, ""), "1");
  EXPECT_TRUE(table.remove(1, "a"));
  EXPECT_EQ(get(table, "a"), "null");
  EXPECT_TRUE(table.remove(1, "a"));
  const std::string endless(kMaxKey + 1, 'k');
  EXPECT_EQ(table.put(1, std::string_view(endless), Value::of(Int{1}), 1000), Written::TooLong);
  EXPECT_EQ(table.remaining(1, "", 1000), 0);
  EXPECT_TRUE(table.set_expiry(1, "", 5, 1000));
  EXPECT_EQ(get(table, "", 100000), "1") << "without autoexpire nothing expires";
}

TEST_F(HtableTableTest, ReadTextOutlivesTheItem) {
  Table table(definition("t=>size=4"), 7);
  table.put(1, "a", Value::of(Text("first")), 1000);
  const Value read = table.get(1, "a", 1000, arena);
  table.put(1, "a", Value::of(Text("other")), 1000);
  table.remove(1, "a");
  EXPECT_EQ(shown(read), "'first'");
}

TEST_F(HtableTableTest, Adds) {
  Table plain(definition("t=>size=4"), 7), counting(definition("c=>size=4;initval=7"), 7);
  EXPECT_EQ(shown(plain.add(1, "n", 1, 1000)), "null");
  EXPECT_EQ(get(plain, "n"), "null");
  plain.put(1, "n", Value::of(Int{41}), 1000);
  EXPECT_EQ(shown(plain.add(1, "n", 1, 1000)), "42");
  EXPECT_EQ(shown(plain.add(1, "n", -1, 1000)), "41");
  plain.put(1, "x", Value::of(Text("1")), 1000);
  EXPECT_EQ(shown(plain.add(1, "x", 1, 1000)), "null");
  EXPECT_EQ(get(plain, "x"), "'1'");
  EXPECT_EQ(get(counting, "n"), "7");
  EXPECT_EQ(shown(counting.add(1, "n", 1, 1000)), "8");
  EXPECT_EQ(shown(counting.add(1, "m", -1, 1000)), "6");
}

TEST_F(HtableTableTest, ExpiresOnReadAndBySweep) {
  Table table(definition("t=>size=4;autoexpire=10"), 7);
  table.put(1, "a", Value::of(Int{1}), 1000);
  table.put(1, "b", Value::of(Int{2}), 1000);
  table.put(1, "c", Value::of(Int{3}), 1000, 3);
  EXPECT_EQ(table.remaining(1, "a", 1000), 10);
  EXPECT_EQ(table.remaining(1, "a", 1001), 10);
  EXPECT_EQ(table.remaining(1, "c", 1000), 3);
  EXPECT_EQ(get(table, "c", 3999), "3");
  EXPECT_EQ(get(table, "c", 4000), "null");
  EXPECT_LT(table.remaining(1, "c", 4000), 0);
  table.put(1, "a", Value::of(Int{4}), 6000);  // begins anew
  EXPECT_TRUE(table.set_expiry(1, "b", 0, 6000));
  std::set<std::string> taken;
  for (unsigned shard = 0; shard < table.shards(); ++shard) {
    Item* const first = table.take_expired(1, shard, 11000);
    for (Item* item = first; item; item = item->next) taken.emplace(item->key().view());
    free_items(first);
  }
  EXPECT_EQ(taken, std::set<std::string>{"c"});
  EXPECT_EQ(get(table, "a", 15999), "4");
  EXPECT_EQ(get(table, "a", 16000), "null");
  EXPECT_EQ(get(table, "b", 1000000), "2") << "0 seconds: it stays";
}

TEST_F(HtableTableTest, UpdateexpireOffKeepsTheEnd) {
  Table table(definition("t=>size=4;autoexpire=10;updateexpire=0"), 7);
  table.put(1, "a", Value::of(Int{1}), 1000);
  table.put(1, "a", Value::of(Int{2}), 9000);
  EXPECT_EQ(shown(table.add(1, "a", 1, 9000)), "3");
  EXPECT_EQ(get(table, "a", 10999), "3");
  EXPECT_EQ(get(table, "a", 11000), "null");
  table.put(1, "a", Value::of(Int{5}), 12000);  // what has expired is gone
  EXPECT_EQ(get(table, "a", 21999), "5");
}

TEST_F(HtableTableTest, GrowsAndVisits) {
  Table table(definition("t=>size=2"), 7);
  for (int i = 0; i < 5000; ++i) {
    const std::string key = "key" + std::to_string(i);
    ASSERT_EQ(table.put(1, std::string_view(key), Value::of(Int{i}), 1000), Written::Yes);
  }
  for (int i = 0; i < 5000; ++i) {
    const std::string key = "key" + std::to_string(i);
    ASSERT_EQ(get(table, std::string_view(key)), std::to_string(i));
  }
  int seen = 0;
  EXPECT_TRUE(table.visit(1, 1000, [&](const Item& item) {
    ++seen;
    return item.number % 2 ? Visit::Remove : Visit::Next;
  }));
  EXPECT_EQ(seen, 5000);
  EXPECT_EQ(get(table, "key7"), "null");
  EXPECT_EQ(get(table, "key8"), "8");
  seen = 0;
  table.visit(1, 1000, [&](const Item&) { return ++seen == 10 ? Visit::Stop : Visit::Next; });
  EXPECT_EQ(seen, 10);
  std::vector<std::string> keys;
  int count = 0;
  for (unsigned shard = 0; shard < table.shards(); ++shard) count += table.keys_of(1, shard, 1000, keys);
  EXPECT_EQ(count, 2500);
  EXPECT_TRUE(table.clear(1));
  EXPECT_EQ(get(table, "key8"), "null");
}

TEST_F(HtableTableTest, AHeldShardIsItsOwnersAlone) {
  Table table(definition("t=>size=2"), 7);
  const unsigned shard = table.shard_of("a");
  table.put(1, "a", Value::of(Int{1}), 1000);
  ASSERT_TRUE(table.lock(1, shard));
  ASSERT_TRUE(table.lock(1, shard));
  EXPECT_EQ(get(table, "a"), "1");
  EXPECT_EQ(shown(table.get(2, "a", 1000, arena)), "failed") << "given up after a while";
  EXPECT_EQ(table.put(2, "a", Value::of(Int{2}), 1000), Written::Busy);
  table.unlock(shard);
  table.unlock(shard);
  EXPECT_EQ(table.put(2, "a", Value::of(Int{2}), 1000), Written::Yes);
}

TEST_F(HtableTableTest, TwoThreads) {
  Table table(definition("t=>size=4;initval=0"), 7);
  constexpr int kRounds = 20000;
  const auto work = [&](Owner me) {
    sip::ChunkPool own_pool;
    for (int i = 0; i < kRounds; ++i) {
      sip::Arena own(own_pool);
      table.add(me, "both", 1, 1000);
      const unsigned shard = table.shard_of("locked");
      ASSERT_TRUE(table.lock(me, shard));
      const Int before = table.get(me, "locked", 1000, own).number();
      table.put(me, "locked", Value::of(before + 1), 1000);
      table.unlock(shard);
      const std::string_view text = me.id == 1 ? "aaaaaaaaaaaaaaaaaaaaaaaa" : "bbbb";
      table.put(me, "text", Value::of(Text(text)), 1000);
      const Value read = table.get(me, "text", 1000, own);
      if (read.is_text()) {
        ASSERT_TRUE(read.text().view() == "aaaaaaaaaaaaaaaaaaaaaaaa" || read.text().view() == "bbbb");
      }
      if (i % 64 == 0) table.remove(me, "text");
    }
  };
  std::thread other([&] { work(2); });
  work(1);
  other.join();
  EXPECT_EQ(get(table, "both"), std::to_string(2 * kRounds));
  EXPECT_EQ(get(table, "locked"), std::to_string(2 * kRounds));
}

}  // namespace
}  // namespace strowger::htable
