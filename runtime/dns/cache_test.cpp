// The cache: times to live, negative and stale answers, memory.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/dns/cache.h"

#include <gtest/gtest.h>

namespace strowger::dns {
namespace {

Answer found(const std::string& ip, std::uint32_t ttl) {
  Answer answer;
  answer.status = Status::Found;
  answer.ttl = ttl;
  answer.records.emplace_back().address = *sip::parse_ip(ip);
  return answer;
}

Answer with(Status status) {
  Answer answer;
  answer.status = status;
  return answer;
}

std::string ip_of(const SharedAnswer& answer) {
  if (!answer || answer->records.empty()) return "none";
  char text[64];
  return std::string(text, sip::print_ip(answer->records[0].address, text));
}

TEST(Cache, KeepsForTheTimeToLive) {
  Cache cache({});
  EXPECT_EQ(cache.find("a.test", Type::A, 0), nullptr);
  EXPECT_EQ(ip_of(cache.put("a.test", Type::A, found("192.0.2.1", 10), 1000)), "192.0.2.1");
  EXPECT_EQ(ip_of(cache.find("a.test", Type::A, 10999)), "192.0.2.1");
  EXPECT_EQ(cache.find("a.test", Type::Aaaa, 2000), nullptr);
  EXPECT_EQ(cache.find("a.test", Type::A, 11000), nullptr);
  cache.put("a.test", Type::A, found("192.0.2.2", 10), 11000);
  EXPECT_EQ(ip_of(cache.find("a.test", Type::A, 11001)), "192.0.2.2");
  EXPECT_EQ(cache.numbers().entries, 1U);
}

TEST(Cache, LeastAndMostTimesToLive) {
  CacheLimits limits;
  limits.min_ttl = 5;
  limits.max_ttl = 20;
  Cache cache(limits);
  cache.put("short.test", Type::A, found("192.0.2.1", 0), 0);
  cache.put("long.test", Type::A, found("192.0.2.2", 86400), 0);
  EXPECT_NE(cache.find("short.test", Type::A, 4999), nullptr);
  EXPECT_EQ(cache.find("short.test", Type::A, 5000), nullptr);
  EXPECT_NE(cache.find("long.test", Type::A, 19999), nullptr);
  EXPECT_EQ(cache.find("long.test", Type::A, 20000), nullptr);
}

TEST(Cache, AnswersWithoutTimeToLiveAreUsedOnce) {
  Cache cache({});
  EXPECT_EQ(ip_of(cache.put("a.test", Type::A, found("192.0.2.1", 0), 0)), "192.0.2.1");
  EXPECT_EQ(cache.find("a.test", Type::A, 0), nullptr);
}

TEST(Cache, KeepsThatThereIsNothing) {
  Cache cache({});
  cache.put("a.test", Type::Srv, with(Status::NoName), 0);
  cache.put("b.test", Type::Srv, with(Status::Failed), 0);
  ASSERT_NE(cache.find("a.test", Type::Srv, 59999), nullptr);
  EXPECT_EQ(cache.find("a.test", Type::Srv, 59999)->status, Status::NoName);
  EXPECT_EQ(cache.find("b.test", Type::Srv, 59999)->status, Status::Failed);
  EXPECT_EQ(cache.find("a.test", Type::Srv, 60000), nullptr);
}

TEST(Cache, AnOldAnswerStandsInForADeadServer) {
  Cache cache({});
  cache.put("a.test", Type::A, found("192.0.2.1", 10), 0);
  EXPECT_EQ(cache.find("a.test", Type::A, 20000), nullptr);
  EXPECT_EQ(ip_of(cache.put("a.test", Type::A, with(Status::Failed), 25000)), "192.0.2.1");
  EXPECT_EQ(ip_of(cache.find("a.test", Type::A, 54999)), "192.0.2.1");   // nobody waits for the dead server meanwhile
  EXPECT_EQ(cache.find("a.test", Type::A, 55000), nullptr);
  const std::int64_t late = 10000 + Cache::kStale;
  EXPECT_EQ(ip_of(cache.put("a.test", Type::A, with(Status::Failed), late)), "none");
}

TEST(Cache, AServerThatSaysNoIsBelieved) {
  Cache cache({});
  cache.put("a.test", Type::A, found("192.0.2.1", 10), 0);
  EXPECT_EQ(cache.put("a.test", Type::A, with(Status::NoName), 20000)->status, Status::NoName);
  EXPECT_EQ(cache.put("a.test", Type::A, with(Status::Failed), 90000)->status, Status::Failed);
}

TEST(Cache, FixedEntriesWin) {
  Cache cache({});
  Record record;
  record.address = *sip::parse_ip("192.0.2.7");
  cache.add("a.test", Type::A, record, true, 0);
  EXPECT_EQ(ip_of(cache.put("a.test", Type::A, found("192.0.2.1", 10), 0)), "192.0.2.7");
  EXPECT_EQ(ip_of(cache.find("a.test", Type::A, INT64_MAX)), "192.0.2.7");
  cache.clear(false);
  EXPECT_EQ(cache.numbers().entries, 1U);
  EXPECT_TRUE(cache.remove("a.test", Type::A));
  EXPECT_FALSE(cache.remove("a.test", Type::A));
  EXPECT_EQ(cache.numbers().bytes, 0U);
}

TEST(Cache, StaysWithinItsMemory) {
  CacheLimits limits;
  limits.bytes = 8 * 1024;
  for (const bool forget : {false, true}) {
    limits.delete_nonexpired = forget;
    Cache cache(limits);
    for (int i = 0; i < 500; ++i) cache.put("host" + std::to_string(i) + ".test", Type::A, found("192.0.2.1", 600), i);
    EXPECT_LE(cache.numbers().bytes, limits.bytes);
    EXPECT_GT(cache.numbers().entries, 5U);
    EXPECT_EQ(cache.find("host499.test", Type::A, 500) != nullptr, forget);
    EXPECT_EQ(cache.find("host0.test", Type::A, 500) != nullptr, !forget);
    // What has expired goes first.
    cache.put("late.test", Type::A, found("192.0.2.9", 600), 700000);
    EXPECT_NE(cache.find("late.test", Type::A, 700001), nullptr);
  }
}

TEST(Cache, SwitchedOffItKeepsNothing) {
  CacheLimits limits;
  limits.on = false;
  Cache cache(limits);
  EXPECT_EQ(ip_of(cache.put("a.test", Type::A, found("192.0.2.1", 10), 0)), "192.0.2.1");
  EXPECT_EQ(cache.find("a.test", Type::A, 0), nullptr);
}

}  // namespace
}  // namespace strowger::dns
