// Tests of the location table: order, matching, growth, expiry, and two threads at once.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/usrloc/location.h"

#include <gtest/gtest.h>

#include <thread>

namespace strowger::usrloc {
namespace {

Contact contact(Text address, std::int16_t q = kNoQ, std::int64_t expires = 100) {
  Contact c;
  c.address = address;
  c.call_id = "call";
  c.user_agent = "phone";
  c.q = q;
  c.expires = expires;
  return c;
}

std::string order(const Table::Locked& record) {
  std::string all;
  for (const Entry* e = record.first(); e; e = e->next) all.append(e->contact.address.view()).append(" ");
  return all;
}

TEST(Location, OrdersByQThenAge) {
  Table table("location", {});
  Table::Locked record(table, "team");
  record.insert(contact("b", 300), "r1");
  record.insert(contact("none"), "r2");
  record.insert(contact("c", 900), "r3");
  record.insert(contact("c2", 900), "r4");
  record.insert(contact("none2"), "r5");
  EXPECT_EQ(order(record), "c c2 b none none2 ");
  // A refresh keeps the place while the order holds.
  Entry* const c = record.find(contact("c"));
  ASSERT_NE(c, nullptr);
  record.update(c, contact("c", 900));
  EXPECT_EQ(order(record), "c c2 b none none2 ");
  record.update(c, contact("c", 100));
  EXPECT_EQ(order(record), "c c2 b none none2 ");   // before the first of at least its q
  record.update(record.find(contact("none")), contact("none", 1000));
  EXPECT_EQ(order(record), "c c2 b none2 none ");   // to the end: nobody has as much
  EXPECT_EQ(record.count(), 5);
}

TEST(Location, NewestFirst) {
  Table table("location", {.newest_first = true});
  Table::Locked record(table, "team");
  record.insert(contact("a", 900), "r1");
  record.insert(contact("b", 100), "r2");
  EXPECT_EQ(order(record), "b a ");
  record.update(record.find(contact("a")), contact("a", 900));
  EXPECT_EQ(order(record), "a b ");
}

TEST(Location, RefreshesInPlaceAndGrowsWhereItMust) {
  Table table("location", {});
  Table::Locked record(table, "alice");
  Entry* const entry = record.insert(contact("sip:alice@10.0.0.1:5060"), "uloc-1");
  EXPECT_EQ(record.update(entry, contact("sip:alice@10.0.0.1")), entry);
  EXPECT_EQ(entry->contact.address.view(), "sip:alice@10.0.0.1");
  EXPECT_EQ(entry->contact.ruid.view(), "uloc-1");
  Contact longer = contact("sip:alice@10.0.0.1");
  const std::string path(300, 'p');
  longer.path = std::string_view(path);
  longer.instance = "<urn:uuid:1>";
  longer.reg_id = 2;
  Entry* const bigger = record.update(entry, longer);
  ASSERT_NE(bigger, nullptr);
  EXPECT_EQ(bigger->contact.path.view(), path);
  EXPECT_EQ(bigger->contact.ruid.view(), "uloc-1");
  // Instance and reg-id stay when they are not given again.
  Entry* const plain = record.update(bigger, contact("sip:alice@10.0.0.1"));
  EXPECT_EQ(plain->contact.instance.view(), "<urn:uuid:1>");
  EXPECT_EQ(plain->contact.reg_id, 2u);
  EXPECT_TRUE(plain->contact.path.is_null());
  EXPECT_EQ(record.find(contact("sip:alice@10.0.0.1")), plain);
  EXPECT_EQ(record.count(), 1);
}

TEST(Location, MatchesAsConfigured) {
  Contact a = contact("a");
  Contact b = contact("a");
  b.call_id = "other";
  b.path = "<sip:p;lr>";
  const auto same = [&](Matching matching) {
    Table table("location", {.matching = matching});
    Table::Locked record(table, "x");
    record.insert(a, "r");
    return record.find(b) != nullptr;
  };
  EXPECT_TRUE(same(Matching::Address));
  EXPECT_FALSE(same(Matching::AddressAndCallId));
  EXPECT_FALSE(same(Matching::AddressAndPath));
  EXPECT_FALSE(same(Matching::CallId));
  b.path = Text::null();
  EXPECT_TRUE(same(Matching::AddressAndPath));
  b.call_id = "call";
  b.address = "b";
  EXPECT_FALSE(same(Matching::Address));
  EXPECT_TRUE(same(Matching::CallId));
}

TEST(Location, BoundsAreKept) {
  Table table("location", {});
  const std::string huge(kMaxText + 1, 'x');
  {
    Table::Locked record(table, "a");
    EXPECT_EQ(record.insert(contact(std::string_view(huge)), "r"), nullptr);
    for (int i = 0; i < kMaxContactsPerAor; ++i) ASSERT_NE(record.insert(contact("c"), "r"), nullptr);
    EXPECT_EQ(record.insert(contact("c"), "r"), nullptr);
    record.remove_all();
  }
  EXPECT_EQ(table.records(), 0u);
  EXPECT_EQ(table.contacts(), 0u);
}

TEST(Location, SweepsWhatRanOut) {
  Table table("location", {});
  for (int i = 0; i < 1000; ++i) {
    const std::string aor = "user" + std::to_string(i);
    Table::Locked record(table, std::string_view(aor));
    record.insert(contact("short", kNoQ, 10), "r1");
    if (i % 2) record.insert(contact("long", kNoQ, 50), "r2");
    if (i % 10 == 0) record.insert(contact("ever", kNoQ, 0), "r3");
  }
  EXPECT_EQ(table.records(), 1000u);
  std::vector<Expired> expired;
  for (unsigned shard = 0; shard < Table::kShards; ++shard) table.sweep(shard, 10, nullptr, expired);
  EXPECT_EQ(expired.size(), 1000u);
  EXPECT_EQ(expired[0].entry->contact.address.view(), "short");
  EXPECT_EQ(table.contacts(), 600u);
  EXPECT_EQ(table.records(), 600u);
  for (const Expired& one : expired) free_entry(one.entry);
}

TEST(Location, CopiesOutliveTheTable) {
  sip::ChunkPool pool;
  sip::Arena arena(pool);
  Contact* copies = nullptr;
  Contact by_ruid;
  {
    Table table("location", {});
    Table::Locked(table, "bob").insert(contact("sip:bob@1.1.1.1"), "uloc-9");
    ASSERT_EQ(table.copy("bob", arena, copies), 1);
    EXPECT_EQ(table.copy("nobody", arena, copies), 0);
    ASSERT_EQ(table.copy("bob", arena, copies), 1);
    ASSERT_TRUE(table.copy_by_ruid(table.hash("bob"), "uloc-9", arena, by_ruid));
    EXPECT_FALSE(table.copy_by_ruid(table.hash("bob"), "uloc-8", arena, by_ruid));
  }
  EXPECT_EQ(copies[0].address.view(), "sip:bob@1.1.1.1");
  EXPECT_EQ(by_ruid.ruid.view(), "uloc-9");
}

TEST(ShortLock, ExcludesOthers) {
  ShortLock lock;
  int shared = 0;
  const auto work = [&] {
    for (int i = 0; i < 100000; ++i) {
      const std::lock_guard guard(lock);
      ++shared;
    }
  };
  std::thread one(work), two(work);
  work();
  one.join();
  two.join();
  EXPECT_EQ(shared, 300000);
}

TEST(Location, TwoThreads) {
  Table table("location", {});
  constexpr int kAors = 50, kRounds = 4000;
  const auto work = [&](int me) {
    sip::ChunkPool pool;
    const std::string mine = "sip:phone" + std::to_string(me) + "@1.1.1.1";
    for (int i = 0; i < kRounds; ++i) {
      const std::string aor = "user" + std::to_string(i * 7 % kAors);
      {
        Table::Locked record(table, std::string_view(aor));
        const Contact c = contact(std::string_view(mine), static_cast<std::int16_t>(i % 1000));
        if (Entry* const known = record.find(c))
          record.update(known, c);
        else
          record.insert(c, "r");
      }
      sip::Arena arena(pool);
      Contact* copies = nullptr;
      const int count = table.copy(std::string_view(aor), arena, copies);
      ASSERT_GE(count, 1);
      ASSERT_LE(count, 2);
      for (int k = 0; k < count; ++k) ASSERT_TRUE(copies[k].address.view().starts_with("sip:phone"));
      if (i % 5 == 0) {
        Table::Locked record(table, std::string_view(aor));
        if (Entry* const known = record.find(contact(std::string_view(mine)))) record.remove(known);
      }
    }
    for (int i = 0; i < kAors; ++i) {
      const std::string aor = "user" + std::to_string(i);
      Table::Locked record(table, std::string_view(aor));
      if (!record.find(contact(std::string_view(mine)))) record.insert(contact(std::string_view(mine)), "r");
    }
  };
  std::thread other(work, 1);
  work(2);
  other.join();
  EXPECT_EQ(table.records(), static_cast<std::uint64_t>(kAors));
  EXPECT_EQ(table.contacts(), static_cast<std::uint64_t>(2 * kAors));
}

}  // namespace
}  // namespace strowger::usrloc
