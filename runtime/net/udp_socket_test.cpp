// Tests of batched UDP over loopback.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/udp_socket.h"

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

namespace strowger::net {
namespace {

sip::Address loopback(std::uint16_t port) { return {4, port, {127, 0, 0, 1}}; }

TEST(UdpSocket, batches_arrive_whole_in_order_with_their_source) {
  const Descriptor from = open_udp(loopback(0), false, {}), to = open_udp(loopback(0), false, {});
  ASSERT_TRUE(from && to);
  const sip::Address target = bound_address(to.get());
  EXPECT_NE(target.port, 0);
  DatagramSender sender(from.get());
  std::string texts[200];
  for (int i = 0; i < 200; ++i) {
    texts[i] = std::to_string(i) + std::string(static_cast<std::size_t>(i * 7), 'x');
    sender.add(target, Text(std::string_view(texts[i])));
  }
  sender.flush();
  EXPECT_EQ(sender.sent, 200u);
  DatagramBatch batch;
  ASSERT_TRUE(batch.good());
  int next = 0;
  while (next < 200) {
    const int count = batch.receive(to.get());
    ASSERT_GT(count, 0) << next;
    ASSERT_LE(count, DatagramBatch::kSize);
    for (int i = 0; i < count; ++i, ++next) {
      EXPECT_EQ(batch.bytes(i).view(), texts[next]);
      EXPECT_EQ(batch.source(i), bound_address(from.get()));
    }
  }
  EXPECT_EQ(batch.receive(to.get()), 0);
}

TEST(UdpSocket, one_datagram_alone_arrives_before_and_after_joined_ones) {
  const Descriptor from = open_udp(loopback(0), false, {}), to = open_udp(loopback(0), false, {}), other = open_udp(loopback(0), false, {});
  ASSERT_TRUE(from && to && other);
  DatagramSender sender(from.get());
  const auto send = [&](const Descriptor& peer, std::initializer_list<std::string_view> texts) {
    for (const std::string_view text : texts) sender.add(bound_address(peer.get()), Text(text));
    sender.flush();
    std::string got;
    DatagramBatch batch;
    for (int i = 0, count = batch.receive(peer.get()); i < count; ++i) got += std::string(batch.bytes(i).view()) + " ";
    return got;
  };
  EXPECT_EQ(send(to, {"one"}), "one ");
  EXPECT_EQ(send(to, {"two", "six"}), "two six ");
  EXPECT_EQ(send(other, {"three"}), "three ");
  EXPECT_EQ(send(to, {"four"}), "four ");
  EXPECT_EQ(sender.sent, 5u);
  EXPECT_EQ(sender.refused, 0u);
}

TEST(UdpSocket, equal_lengths_to_one_peer_are_joined_and_arrive_apart_and_in_order) {
  const Descriptor from = open_udp(loopback(0), false, {});
  const Descriptor to[2] = {open_udp(loopback(0), false, {}), open_udp(loopback(0), false, {})};
  ASSERT_TRUE(from && to[0] && to[1]);
  DatagramSender sender(from.get());
  std::vector<std::string> sent[2];
  std::vector<std::string> kept;   // bytes must stay until flush()
  kept.reserve(60);
  for (int i = 0; i < 60; ++i) {
    // Lengths change now and then, and the two peers take turns.
    const std::size_t length = i % 7 == 6 ? 90 : i % 11 == 10 ? 1390 + i : i == 30 ? 1 : 200;
    std::string text = std::to_string(i) + " ";
    text.resize(length, static_cast<char>('a' + i % 26));
    kept.push_back(text);
    sent[i % 2].push_back(kept.back());
    sender.add(bound_address(to[i % 2].get()), Text(std::string_view(kept.back())));
  }
  sender.flush();
  EXPECT_EQ(sender.sent, 60u);
  EXPECT_EQ(sender.refused, 0u);
  for (int peer = 0; peer < 2; ++peer) {
    DatagramBatch batch;
    std::vector<std::string> got;
    while (got.size() < sent[peer].size()) {
      const int count = batch.receive(to[peer].get());
      ASSERT_GT(count, 0);
      for (int i = 0; i < count; ++i) got.emplace_back(batch.bytes(i).view());
    }
    EXPECT_EQ(got, sent[peer]);
  }
}

// What of one call goes to one peer arrives in order, whatever the lengths; what belongs to no call is overtaken by nothing.
TEST(UdpSocket, joined_datagrams_keep_the_order_of_each_call) {
  const Descriptor from = open_udp(loopback(0), false, {});
  const Descriptor to[2] = {open_udp(loopback(0), false, {}), open_udp(loopback(0), false, {})};
  ASSERT_TRUE(from && to[0] && to[1]);
  DatagramSender sender(from.get());
  std::uint32_t random = 1;
  const auto next = [&](std::uint32_t below) {
    random = random * 1664525 + 1013904223;
    return (random >> 16) % below;
  };
  std::size_t overtaken = 0;
  for (int round = 0; round < 50; ++round) {
    std::vector<std::string> kept(60);
    std::vector<int> sent[2];
    std::vector<std::uint32_t> call(kept.size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
      call[i] = round % 2 != 0 && next(10) == 0 ? 0 : (next(8) + 1) << 26 | 1;
      kept[i] = std::to_string(i) + std::string(20 + 10 * next(3), ' ');
      kept[i].resize(20 + 10 * next(3), '.');
      const int peer = static_cast<int>(next(2));
      sent[peer].push_back(static_cast<int>(i));
      sender.add(bound_address(to[peer].get()), Text(std::string_view(kept[i])), 0, call[i]);
    }
    sender.flush();
    for (int peer = 0; peer < 2; ++peer) {
      DatagramBatch batch;
      std::vector<int> got;
      while (got.size() < sent[peer].size()) {
        const int count = batch.receive(to[peer].get());
        ASSERT_GT(count, 0);
        for (int i = 0; i < count; ++i) {
          got.push_back(std::atoi(std::string(batch.bytes(i).view()).c_str()));
          EXPECT_EQ(batch.bytes(i).view(), kept[static_cast<std::size_t>(got.back())]);
        }
      }
      for (std::size_t i = 0; i < got.size(); ++i)
        for (std::size_t j = i + 1; j < got.size(); ++j) {
          if (got[i] < got[j]) continue;
          ++overtaken;
          const std::uint32_t one = call[static_cast<std::size_t>(got[i])], other = call[static_cast<std::size_t>(got[j])];
          EXPECT_TRUE(one != 0 && other != 0 && one != other) << got[i] << " before " << got[j];
        }
      std::sort(got.begin(), got.end());
      EXPECT_EQ(got, sent[peer]);
    }
  }
  EXPECT_EQ(sender.sent, 50u * 60u);
  EXPECT_GT(overtaken, 0u);   // or the test shows nothing
}

TEST(UdpSocket, what_the_kernel_refuses_is_told_and_stops_nothing) {
  const Descriptor from = open_udp(loopback(0), false, {}), to = open_udp(loopback(0), false, {});
  ASSERT_TRUE(from && to);
  const sip::Address target = bound_address(to.get());
  const std::string too_long(66000, 'x');
  DatagramSender sender(from.get());
  sender.add(target, "before", 1);
  sender.add(target, Text(std::string_view(too_long)), 2);
  sender.add(target, "after", 3);
  sender.flush();
  EXPECT_EQ(sender.sent, 2u);
  EXPECT_EQ(sender.refused, 1u);
  EXPECT_EQ(sender.last_error, EMSGSIZE);
  EXPECT_EQ(sender.failed, std::vector<std::uint64_t>{2});
  DatagramBatch batch;
  ASSERT_EQ(batch.receive(to.get()), 2);
  EXPECT_EQ(batch.bytes(0).view(), "before");
  EXPECT_EQ(batch.bytes(1).view(), "after");
}

// A kernel that takes `budget` more datagrams; loopback never is full by itself.
thread_local int budget = 0;
thread_local std::string taken;

int take_some(int, mmsghdr* messages, unsigned count, int) {
  if (budget == 0) {
    errno = EAGAIN;
    return -1;
  }
  int n = 0;
  for (; n < static_cast<int>(count) && budget > 0; ++n, --budget) {
    const iovec& part = messages[n].msg_hdr.msg_iov[0];
    taken.append(static_cast<const char*>(part.iov_base), part.iov_len).push_back(' ');
  }
  return n;
}

TEST(UdpSocket, what_does_not_fit_waits_in_order_and_the_queue_is_bounded) {
  budget = 2;
  taken.clear();
  DatagramSender sender(-1, take_some);
  std::string texts[5] = {"a", "b", "c", "d", "e"};
  for (int i = 0; i < 4; ++i) sender.add(loopback(1), Text(std::string_view(texts[i])));
  sender.flush();
  EXPECT_EQ(taken, "a b ");
  EXPECT_TRUE(sender.waiting());
  budget = 1;
  sender.add(loopback(1), Text(std::string_view(texts[4])));   // behind those that wait
  sender.flush();
  sender.send_queued();
  EXPECT_EQ(taken, "a b c ");
  for (std::string& text : texts) text = "overwritten";         // what is queued is a copy
  budget = 10;
  sender.send_queued();
  EXPECT_EQ(taken, "a b c d e ");
  EXPECT_FALSE(sender.waiting());
  EXPECT_EQ(sender.sent, 5u);
  budget = 0;
  for (std::size_t i = 0; i < DatagramSender::kMaxQueued + 200; ++i) sender.add(loopback(1), "x");
  sender.flush();
  EXPECT_GE(sender.dropped_full, 100u);
  EXPECT_LE(sender.dropped_full, 200u);
}

TEST(UdpSocket, an_address_that_is_taken_is_refused) {
  const Descriptor one = open_udp(loopback(0), false, {});
  ASSERT_TRUE(one);
  const Descriptor two = open_udp(bound_address(one.get()), true, {});
  EXPECT_FALSE(two);
  EXPECT_EQ(errno, EADDRINUSE);
}

TEST(UdpSocket, addresses_survive_the_way_through_the_system) {
  sip::Address v6;
  v6.family = 6;
  v6.port = 5070;
  v6.ip[0] = 0x20;
  v6.ip[15] = 9;
  for (const sip::Address& address : {loopback(65535), v6}) {
    sockaddr_storage storage{};
    EXPECT_GT(to_sockaddr(address, storage), 0u);
    EXPECT_EQ(from_sockaddr(storage), address);
  }
  // An IPv4 peer of an IPv6 socket is an IPv4 peer.
  sockaddr_storage mapped{};
  sip::Address six;
  six.family = 6;
  six.port = 1;
  six.ip = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};
  to_sockaddr(six, mapped);
  EXPECT_EQ(from_sockaddr(mapped), loopback(1));
}

}  // namespace
}  // namespace strowger::net
