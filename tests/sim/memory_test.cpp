// What transactions cost: bytes of pending and of ended ones, by the worker's counters, and calls of the allocator in a busy
// worker. STROWGER_TRANSACTIONS=100000 for other numbers; the process's memory is printed beside them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <new>
#include <string>

#include "rr.interface.h"
#include "runtime/script/call.h"
#include "runtime/script/forward.h"
#include "runtime/sim/world.h"
#include "stdlib/tm/table.h"
#include "tests/sim/scripts.h"
#include "tests/sim/sip_text.h"
#include "tm.interface.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STROWGER_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define STROWGER_TSAN 1     // its own operators cannot be replaced: nothing is counted
#endif
#endif

namespace {

thread_local bool g_counting = false;
thread_local long g_allocations = 0;

[[maybe_unused]] void* take(std::size_t bytes) {
  if (g_counting) ++g_allocations;
  return std::malloc(bytes ? bytes : 1);
}

}  // namespace

#ifndef STROWGER_TSAN
void* operator new(std::size_t bytes) {
  void* const place = take(bytes);
  if (!place) throw std::bad_alloc();
  return place;
}
void* operator new[](std::size_t bytes) { return operator new(bytes); }
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
#ifdef STROWGER_ASAN   // there each object of a pool comes from here (slab_pool.cpp)
  return std::malloc(bytes ? bytes : 1);
#else
  return take(bytes);
#endif
}
void* operator new[](std::size_t bytes, const std::nothrow_t& nothrow) noexcept { return operator new(bytes, nothrow); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
#endif

namespace strowger::simtest {
namespace {

constexpr std::string_view kBody =
    "v=0\r\no=alice 53655765 2353687637 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0 8 97\r\n"
    "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:97 iLBC/8000\r\na=sendrecv\r\n";

Int stateless(Call* call) {
  forward_stateless(*call, nullptr, sip::Protocol::Any);
  return 1;
}
Int options(Call* call) {
  send_local_reply(*call, 200, "OK", "t", Text::null(), Text::null(), Text::null());
  return 1;
}
/// What a script for calls does: record-routing, replies for what it does not know.
Int relay(Call* call) {
  const std::uint32_t method = call->message().method_bit();
  if (!call->message().to_tag().empty()) {
    if (Rr::loose_route(*call) > 0 || method == kAck) Tm::t_relay(*call);
    return 1;
  }
  if (method == kInvite) Rr::record_route(*call);
  Tm::t_relay(*call);
  return 1;
}

/// One worker, fed by hand.
class MemoryTest : public testing::Test {
 protected:
  void start(RouteFunction route) {
    std::size_t count = 0;
    fill_image(image, scripts(count)[0]);
    image.request_route = route;
    proxy = &world.add_proxy(image, "192.0.2.1:5060");
    ASSERT_TRUE(world.start());
    now = world.now();
  }
  Worker& worker() { return proxy->worker(); }
  tm::Table& table() { return tm::table_of(worker()); }

  void pass(Millis millis) {
    now += millis;
    worker().advance({now, sim::World::kWallStart + now * 1000});
    worker().outbox.clear();
  }
  /// Gives the worker a message; what it sent last to port `to`, into `out`.
  void receive(const std::string& text, int from, int to = 0, std::string* out = nullptr) {
    worker().receive({Text(std::string_view(text)), *sim::parse_address("192.0.2." + std::to_string(from) + ":5060"),
                      proxy->process.sockets[0].get(), 0});
    for (const Departure& departure : worker().outbox.entries())
      if (out && departure.to.ip[3] == to) out->assign(worker().outbox.bytes(departure).view());
    worker().outbox.clear();
  }

  static std::string request(const std::string& method, const std::string& uri, int n, const std::string& branch, const std::string& to_tag = "",
                             const std::string& routes = "", std::string_view body = "") {
    const std::string number = std::to_string(n);
    return method + " " + uri + " SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;rport;branch=z9hG4bK-" + branch + number +
           "\r\nMax-Forwards: 70\r\n" + routes + "From: \"Alice\" <sip:alice@example.org>;tag=a" + number + "\r\nTo: <sip:bob@example.org>" +
           (to_tag.empty() ? "" : ";tag=" + to_tag) + "\r\nCall-ID: " + number + "-3848276298220188511@192.0.2.10\r\nCSeq: " +
           (method == "BYE" ? "2 " : "1 ") + method + "\r\nContact: <sip:alice@192.0.2.10:5060>\r\nUser-Agent: Phone 1.0\r\n" +
           (body.empty() ? "" : "Content-Type: application/sdp\r\n") + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  }
  /// Vias, dialog and route set of what a callee got.
  static std::string reply(const std::string& got, const std::string& status, std::string_view body = "") {
    std::string text = "SIP/2.0 " + status + "\r\n";
    for (std::size_t begin = got.find("\r\n") + 2, end; (end = got.find("\r\n", begin)) != begin; begin = end + 2) {
      std::string line = got.substr(begin, end - begin);
      if (line.starts_with("To:") && line.find(";tag=") == std::string::npos) line += ";tag=b1";
      for (const char* name : {"Via:", "From:", "To:", "Call-ID:", "CSeq:", "Record-Route:"})
        if (line.starts_with(name)) text += line + "\r\n";
    }
    return text + "Contact: <sip:bob@192.0.2.20:5060>\r\n" + (body.empty() ? "" : "Content-Type: application/sdp\r\n") +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
  }

  static std::string routes_of(const std::string& ok) {
    std::string routes;
    for (const std::string_view route : read(ok).record_routes) routes.append("Route: ").append(route).append("\r\n");
    return routes;
  }

  struct Cost { std::size_t pending, ringing, answered, failed, message; };
  static long rss_kb() {
    std::FILE* const file = std::fopen("/proc/self/statm", "r");
    long pages = 0, resident = 0;
    if (file) {
      if (std::fscanf(file, "%ld %ld", &pages, &resident) != 2) resident = 0;
      std::fclose(file);
    }
    return resident * 4;
  }
  /// Per transaction: blocks of the pool, what the table holds, and the table's cells.
  std::size_t bytes_each(std::size_t count) {
    return (worker().pool.bytes_in_use() - bytes_before) / count + sizeof(tm::Transaction) + 2 * 4 * sizeof(std::uint64_t) +
           table().requests_in_memory() * sizeof(LiveMessage) / count;
  }

  ScriptImage image;
  sim::World world{1};
  sim::Proxy* proxy = nullptr;
  Millis now = 0;
  std::size_t bytes_before = 0;
};

int how_many() {
  const char* const given = std::getenv("STROWGER_TRANSACTIONS");
  return given && *given ? std::atoi(given) : 2000;
}

TEST_F(MemoryTest, BytesOfATransaction) {
  start(relay);
  const int count = how_many();
  bytes_before = worker().pool.bytes_in_use();
  const long rss_before = rss_kb();
  std::vector<std::string> got(static_cast<std::size_t>(count));
  for (int n = 0; n < count; ++n) receive(request("INVITE", "sip:bob@192.0.2.20", n, "i", "", "", kBody), 10, 20, &got[static_cast<std::size_t>(n)]);
  std::size_t kept_here = 0;
  for (const std::string& text : got) kept_here += text.capacity();
  const auto each = [&] { return bytes_each(static_cast<std::size_t>(count)); };
  const auto rss = [&] { return (rss_kb() - rss_before - static_cast<long>(kept_here / 1024)) * 1024 / count; };
  ASSERT_EQ(table().size(), static_cast<std::size_t>(count));
  const std::size_t message = request("INVITE", "sip:bob@192.0.2.20", count, "i", "", "", kBody).size();
  const std::size_t pending = each();
  std::printf("pending INVITE, one branch: %zu bytes, %zu beyond the message of %zu; process %ld each\n", pending, pending - message, message, rss());
  EXPECT_LE(pending - message, 6144u);
  for (const std::string& invite : got) receive(reply(invite, "183 Session Progress", kBody), 20);
  const std::size_t ringing = each();
  std::printf("ringing, 183 with a body: %zu bytes, %zu beyond the message\n", ringing, ringing - message);
  EXPECT_LE(ringing - message, 6144u);
  const std::size_t half = got.size() / 2;
  for (std::size_t n = 0; n < got.size(); ++n) receive(reply(got[n], n < half ? "200 OK" : "486 Busy Here", n < half ? kBody : ""), 20);
  pass(8);      // ended transactions are cut down together
  pass(1);
  ASSERT_EQ(table().size(), static_cast<std::size_t>(count));
  const std::size_t ended = each();
  std::printf("ended (half 200 with a body, half 486): %zu bytes; process %ld each\n", ended, rss());
  EXPECT_LE(ended, 2048u);
  // Still good for stragglers.
  std::string out;
  receive(request("INVITE", "sip:bob@192.0.2.20", 0, "i", "", "", kBody), 10, 10, &out);
  EXPECT_TRUE(out.starts_with("SIP/2.0 200 OK")) << out;
  out.clear();
  receive(reply(got[0], "200 OK", kBody), 20, 10, &out);
  EXPECT_TRUE(out.starts_with("SIP/2.0 200 OK")) << out;
  out.clear();
  receive(request("CANCEL", "sip:bob@192.0.2.20", count - 1, "i"), 10, 10, &out);
  EXPECT_TRUE(out.starts_with("SIP/2.0 200 ok -- no more pending branches")) << out;
  out.clear();
  receive(reply(got.back(), "486 Busy Here"), 20, 20, &out);
  EXPECT_TRUE(out.starts_with("ACK ")) << out;
  receive(request("ACK", "sip:bob@192.0.2.20", count - 1, "i", "b1"), 10);
  for (int i = 0; i < 50; ++i) pass(1000);
  EXPECT_EQ(table().size(), 0u);
  EXPECT_EQ(worker().pool.bytes_in_use(), bytes_before);
  EXPECT_EQ(worker().timers.armed(), 0u);
}

// ---- the allocator ----------------------------------------------------------------------------------------------------

TEST_F(MemoryTest, OptionsTakeNothingFromTheAllocator) {
  start(options);
  const std::string text = request("OPTIONS", "sip:192.0.2.1", 1, "o");
  for (int i = 0; i < 10; ++i) receive(text, 10);
  const sip::Address from = *sim::parse_address("192.0.2.10:5060");
  g_allocations = 0;
  g_counting = true;
  for (int i = 0; i < 1000; ++i) {
    worker().receive({Text(std::string_view(text)), from, proxy->process.sockets[0].get(), 0});
    worker().outbox.clear();
  }
  g_counting = false;
  EXPECT_EQ(g_allocations, 0);
}

TEST_F(MemoryTest, StatelessForwardingTakesNothingFromTheAllocator) {
  start(stateless);
  const std::string text = request("MESSAGE", "sip:bob@192.0.2.20", 1, "s", "", "", "hello");
  std::string out;
  receive(text, 10, 20, &out);
  const std::string answer = reply(out, "200 OK");
  const sip::Address from = *sim::parse_address("192.0.2.10:5060"), back = *sim::parse_address("192.0.2.20:5060");
  for (int i = 0; i < 510; ++i) {   // ten to get warm
    if (i == 10) g_allocations = 0;
    g_counting = i >= 10;
    worker().receive({Text(std::string_view(text)), from, proxy->process.sockets[0].get(), 0});
    worker().receive({Text(std::string_view(answer)), back, proxy->process.sockets[0].get(), 0});
    worker().outbox.clear();
  }
  g_counting = false;
  EXPECT_EQ(g_allocations, 0);
}

TEST_F(MemoryTest, CallsTakeNothingFromTheAllocator) {
  start(relay);
  long counted = 0;
  int messages = 0;
  const sip::Address alice = *sim::parse_address("192.0.2.10:5060"), bob = *sim::parse_address("192.0.2.20:5060");
  // The same load first, so that slabs and tables have their size.
  for (int round = 0; round < 4; ++round) {
    if (round == 3) messages = 0;
    for (int n = 0; n < 150; ++n) {
      const auto give = [&](const std::string& text, const sip::Address& from, std::string* out = nullptr, int to = 0) {
        g_allocations = 0;
        g_counting = round == 3;
        worker().receive({Text(std::string_view(text)), from, proxy->process.sockets[0].get(), 0});
        g_counting = false;
        counted += g_allocations;
        g_allocations = 0;
        ++messages;
        for (const Departure& departure : worker().outbox.entries())
          if (out && departure.to.ip[3] == to) out->assign(worker().outbox.bytes(departure).view());
        worker().outbox.clear();
      };
      const int id = round * 1000 + n;
      std::string invite, ok, bye;
      give(request("INVITE", "sip:bob@192.0.2.20", id, "i", "", "", kBody), alice, &invite, 20);
      give(reply(invite, "180 Ringing"), bob);
      give(reply(invite, "200 OK", kBody), bob, &ok, 10);
      give(request("ACK", "sip:bob@192.0.2.20:5060", id, "k", "b1", routes_of(ok)), alice);
      give(request("BYE", "sip:bob@192.0.2.20:5060", id, "b", "b1", routes_of(ok)), alice, &bye, 20);
      give(reply(bye, "200 OK"), bob);
      g_counting = round == 3;
      pass(2);
      g_counting = false;
      counted += g_allocations;
    }
    for (int i = 0; i < 40; ++i) {
      g_allocations = 0;
      g_counting = round == 3;
      pass(1000);
      g_counting = false;
      counted += g_allocations;
    }
  }
  std::printf("%d messages of calls, %ld allocator calls\n", messages, counted);
  EXPECT_EQ(counted, 0);
  EXPECT_EQ(table().size(), 0u);
}

// ---- one probe --------------------------------------------------------------------------------------------------------

TEST_F(MemoryTest, TransactionsAreFoundWithOneProbe) {
  start(relay);
  for (int n = 0; n < 10000; ++n) receive(request("INVITE", "sip:bob@192.0.2.20", n, "i"), 10);
  const double probes = table().probes_each();
  std::printf("10000 transactions: %.3f cells looked at to find one\n", probes);
  EXPECT_LT(probes, 1.5);
}

}  // namespace
}  // namespace strowger::simtest
