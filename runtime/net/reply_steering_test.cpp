// Tests of reply steering with the kernel's own sockets: delivery over loopback is done when sendto() returns.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/reply_steering.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstdio>
#include <string>

#include "runtime/net/udp_socket.h"

namespace strowger::net {
namespace {

constexpr int kWorkers = 18;   // the branch's first digit counts, too

class ReplySteering : public ::testing::Test {
 protected:
  void SetUp() override {
    sip::Address address;
    address.family = 4;
    address.ip[0] = 127, address.ip[3] = 1;
    for (int i = 0; i < kWorkers; ++i) {
      workers_.push_back(open_udp(address, true, {}));
      ASSERT_TRUE(workers_.back());
      address = bound_address(workers_[0].get());
    }
    peer_ = open_udp([&] { sip::Address any = address; any.port = 0; return any; }(), false, {});
    ASSERT_TRUE(peer_);
    sent_by_ = "127.0.0.1:" + std::to_string(address.port);
    length_ = to_sockaddr(address, to_);
    if (!steer_replies(workers_[0].get(), sent_by_.size())) GTEST_SKIP() << "no SO_ATTACH_REUSEPORT_CBPF here";
  }
  /// Which worker a datagram arrives at; -1 none.
  int arrives_at(const std::string& bytes) {
    EXPECT_EQ(::sendto(peer_.get(), bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&to_), length_), static_cast<ssize_t>(bytes.size()));
    char in[2048];
    for (int i = 0; i < kWorkers; ++i)
      if (::recv(workers_[static_cast<std::size_t>(i)].get(), in, sizeof in, MSG_DONTWAIT) == static_cast<ssize_t>(bytes.size())) return i;
    return -1;
  }
  std::string reply(const std::string& status, int worker, const std::string& before_via = {}) const {
    char branch[32];
    std::snprintf(branch, sizeof branch, "z9hG4bKsw%02x.1.2.0", static_cast<unsigned>(worker));
    return "SIP/2.0 " + status + "\r\n" + before_via + "Via: SIP/2.0/UDP " + sent_by_ + ";branch=" + branch + "\r\nCall-ID: x\r\n\r\n";
  }
  std::vector<Descriptor> workers_;
  Descriptor peer_;
  std::string sent_by_;
  sockaddr_storage to_{};
  socklen_t length_ = 0;
};

TEST_F(ReplySteering, replies_arrive_at_the_worker_that_their_branch_names) {
  for (const char* status : {"200 OK", "200 ", "200", "180 Ringing", "100 trying -- your call is important to us", "481 Call/Transaction Does Not Exist"})
    for (int worker = 0; worker < kWorkers; ++worker) EXPECT_EQ(arrives_at(reply(status, worker)), worker) << status;
}

TEST_F(ReplySteering, the_kernel_chooses_by_addresses_for_all_else) {
  const int by_address = arrives_at("OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKsw03\r\nCall-ID: x\r\n\r\n" + std::string(100, '.'));
  ASSERT_GE(by_address, 0);
  const int other = by_address == 0 ? 1 : 0;
  EXPECT_EQ(arrives_at(reply("200 OK", 0xff)), by_address);                              // there is no such worker
  EXPECT_EQ(arrives_at(reply("200 OK", other, "Server: x\r\n")), by_address);
  std::string foreign = reply("200 OK", other);
  foreign.replace(foreign.find("z9hG4bKsw"), 9, "z9hG4bKxx");
  EXPECT_EQ(arrives_at(foreign), by_address);
  EXPECT_EQ(arrives_at(reply("200 " + std::string(100, 'x'), other)), by_address);       // a reason that long is not looked through
}

TEST_F(ReplySteering, whatever_comes_arrives_somewhere) {
  const std::string whole = reply("200 OK", 1);
  for (std::size_t length = 1; length <= whole.size(); ++length) EXPECT_GE(arrives_at(whole.substr(0, length)), 0) << length;
}

}  // namespace
}  // namespace strowger::net
