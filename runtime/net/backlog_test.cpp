// Tests of overload: which messages are let go, and when.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/backlog.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <ctime>
#include <string>

namespace strowger::net {
namespace {

bool begins(const std::string& first, const std::string& to) {
  const std::string message = first + "\r\nVia: SIP/2.0/UDP a;branch=z9hG4bK1\r\n" + to + "\r\nCSeq: 1 X\r\n\r\n";
  return begins_something(Text(std::string_view(message)));
}

TEST(Backlog, what_begins_something) {
  EXPECT_TRUE(begins("INVITE sip:a@b SIP/2.0", "To: <sip:a@b>"));
  EXPECT_TRUE(begins("REGISTER sip:b SIP/2.0", "t: sip:a@b"));
  EXPECT_TRUE(begins("OPTIONS sip:b SIP/2.0", "To: <sip:tag=x@b>;x=tag"));
  EXPECT_TRUE(begins("INVITE sip:a@b SIP/2.0", "X: y"));
  EXPECT_FALSE(begins("INVITE sip:a@b SIP/2.0", "To: <sip:a@b>;tag=1"));
  EXPECT_FALSE(begins("INVITE sip:a@b SIP/2.0", "t: <sip:a@b>;x=y ; Tag = 1"));
  EXPECT_FALSE(begins("MESSAGE sip:a@b SIP/2.0", "TO : <sip:a@b>\r\n ;tag=1"));
  for (const char* first : {"ACK sip:a@b SIP/2.0", "CANCEL sip:a@b SIP/2.0", "BYE sip:a@b SIP/2.0", "PRACK sip:a@b SIP/2.0", "SIP/2.0 200 OK"})
    EXPECT_FALSE(begins(first, "To: <sip:a@b>")) << first;
  EXPECT_TRUE(begins_something(Text("")));
  EXPECT_TRUE(begins_something(Text("INVITE")));
}

/// A socket with datagrams that are read whenever the test likes; time is the test's but for their age.
struct Queue {
  Queue() {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof to;
    bind(fd, reinterpret_cast<sockaddr*>(&to), sizeof to);
    getsockname(fd, reinterpret_cast<sockaddr*>(&to), &length);
    connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to);
  }
  ~Queue() { close(fd); }
  void put() const { EXPECT_EQ(send(fd, "x", 1, 0), 1); }
  void take() const {
    char byte;
    EXPECT_EQ(recv(fd, &byte, 1, 0), 1);
  }
  /// The kernel begins to stamp some time after it was first asked; until then it gives the time of the question.
  bool gets_stamps() const {
    for (int i = 0; i < 1000; ++i) {
      put();
      usleep(4000);
      take();
      timespec came{}, now{};
      if (ioctl(fd, SIOCGSTAMPNS_OLD, &came) != 0 || came.tv_sec == 0) continue;
      clock_gettime(CLOCK_REALTIME, &now);
      if ((now.tv_sec - came.tv_sec) * 1000000000 + now.tv_nsec - came.tv_nsec >= 4000000) return true;
    }
    return false;
  }
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
};

TEST(Backlog, a_queue_is_behind_when_what_is_read_is_old) {
  const Queue queue;
  Backlog backlog;
  queue.put();
  queue.take();
  EXPECT_FALSE(backlog.update(queue.fd, true, 1000));
  EXPECT_FALSE(backlog.update(queue.fd, true, 1200));   // asks for the first time: from now on datagrams have their time
  ASSERT_TRUE(queue.gets_stamps());
  queue.put();
  usleep(300000);
  queue.take();
  EXPECT_FALSE(backlog.update(queue.fd, true, 1205));   // is not asked so soon
  EXPECT_TRUE(backlog.update(queue.fd, true, 1300));
  EXPECT_FALSE(backlog.update(queue.fd, false, 1301));  // read to its end
  EXPECT_FALSE(backlog.update(queue.fd, true, 1350));   // and begins anew
}

TEST(Backlog, a_queue_is_behind_when_its_buffer_is_filled) {
  const Queue queue;
  const int small = 4096;
  ASSERT_EQ(setsockopt(queue.fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small), 0);
  Backlog backlog;
  EXPECT_FALSE(backlog.update(queue.fd, true, 1000));
  EXPECT_FALSE(backlog.update(queue.fd, true, 1200));
  for (int i = 0; i < 20; ++i) queue.put();             // what has no room is lost
  EXPECT_TRUE(backlog.update(queue.fd, true, 1300));
  char byte;
  while (recv(queue.fd, &byte, 1, MSG_DONTWAIT) == 1) {
  }
}

}  // namespace
}  // namespace strowger::net
