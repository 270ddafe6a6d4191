// Control sockets are private, and never take the place of what somebody else uses.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/server/endpoint_open.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace strowger::server {
namespace {

class EndpointTest : public testing::Test {
 protected:
  EndpointTest() {
    char name[] = "/tmp/strowger-endpoint-XXXXXX";
    directory = ::mkdtemp(name);
    endpoint.path = directory + "/control";
  }
  ~EndpointTest() override {
    ::unlink(endpoint.path.c_str());
    ::rmdir(directory.c_str());
  }
  unsigned mode() const {
    struct stat info {};
    return ::stat(endpoint.path.c_str(), &info) == 0 ? info.st_mode & 0777U : 0;
  }
  std::string directory, why;
  Endpoint endpoint;
};

TEST_F(EndpointTest, IsPrivate) {
  for (const auto kind : {Endpoint::Kind::UnixDatagram, Endpoint::Kind::UnixStream, Endpoint::Kind::Fifo}) {
    endpoint.kind = kind;
    const auto fd = open_endpoint(endpoint, why);
    ASSERT_TRUE(fd) << why;
    EXPECT_EQ(mode(), 0600u);
    ::unlink(endpoint.path.c_str());
  }
}

TEST_F(EndpointTest, HasTheModeThatWasAskedFor) {
  endpoint.mode = 0660;
  const auto fd = open_endpoint(endpoint, why);
  ASSERT_TRUE(fd) << why;
  EXPECT_EQ(mode(), 0660u);
}

TEST_F(EndpointTest, ALiveOneStays) {
  for (const auto kind : {Endpoint::Kind::UnixDatagram, Endpoint::Kind::UnixStream, Endpoint::Kind::Fifo}) {
    endpoint.kind = kind;
    const auto first = open_endpoint(endpoint, why);
    ASSERT_TRUE(first) << why;
    EXPECT_FALSE(open_endpoint(endpoint, why));
    EXPECT_NE(why.find("in use"), std::string::npos) << why;
    EXPECT_EQ(mode(), 0600u);
    ::unlink(endpoint.path.c_str());
  }
}

TEST_F(EndpointTest, ALeftOneIsReplaced) {
  for (const auto kind : {Endpoint::Kind::UnixDatagram, Endpoint::Kind::UnixStream, Endpoint::Kind::Fifo}) {
    endpoint.kind = kind;
    { ASSERT_TRUE(open_endpoint(endpoint, why)) << why; }
    EXPECT_TRUE(open_endpoint(endpoint, why)) << why;
    ::unlink(endpoint.path.c_str());
  }
}

TEST_F(EndpointTest, OtherFilesStay) {
  std::FILE* file = std::fopen(endpoint.path.c_str(), "w");
  ASSERT_NE(file, nullptr);
  std::fclose(file);
  for (const auto kind : {Endpoint::Kind::UnixDatagram, Endpoint::Kind::UnixStream, Endpoint::Kind::Fifo}) {
    endpoint.kind = kind;
    EXPECT_FALSE(open_endpoint(endpoint, why));
  }
  EXPECT_EQ(::access(endpoint.path.c_str(), F_OK), 0);
}

TEST_F(EndpointTest, RefusesWhatCannotBe) {
  endpoint.path = directory + "/" + std::string(200, 'x');
  EXPECT_FALSE(open_endpoint(endpoint, why));
  endpoint.path = directory + "/missing/control";
  EXPECT_FALSE(open_endpoint(endpoint, why));
  endpoint.path = directory + "/control";
  endpoint.user = "no-such-user-here";
  EXPECT_FALSE(open_endpoint(endpoint, why));
  EXPECT_NE(::access(endpoint.path.c_str(), F_OK), 0);
  endpoint = {};
  endpoint.kind = Endpoint::Kind::Tcp;
  endpoint.host = "example.org";
  EXPECT_FALSE(open_endpoint(endpoint, why));
}

}  // namespace
}  // namespace strowger::server
