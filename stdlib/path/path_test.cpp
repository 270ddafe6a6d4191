// Tests of add_path(): where the header goes and what it says.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "path.interface.h"
#include "runtime/script/forward.h"
#include "runtime/script/test_world.h"

namespace strowger {
namespace {

Int script(Call* call) {
  const sip::Uri* uri = call->live->parsed_uri();
  const std::string_view user = uri ? uri->user.view() : "";
  Code code = 0;
  if (user == "plain") code = PathModule::add_path(*call);
  if (user == "user") code = PathModule::add_path(*call, "edge");
  if (user == "params") code = PathModule::add_path(*call, "edge", "ob;x=1");
  if (user == "received") code = PathModule::add_path_received(*call, "usr", "PARAMS");
  if (user == "long") return PathModule::add_path(*call, std::string_view(std::string(600, 'x')));
  if (user == "bad") return PathModule::add_path(*call, "a>\r\nX: y");
  EXPECT_EQ(code, 1);
  return forward_stateless(*call, nullptr, sip::Protocol::Any);
}

class PathTest : public testing::Test {
 protected:
  void SetUp() override {
    world.image.request_route = script;
    world.start();
  }
  std::string send(std::string_view user, std::string_view extra = "") {
    const auto sent =
        world.receive(test_request("REGISTER", "sip:" + std::string(user) + "@127.0.0.12:5090", "", extra));
    return sent.empty() ? "" : sent[0].bytes;
  }
  TestWorld world;
};

TEST_F(PathTest, NamesTheOutgoingSocket) {
  EXPECT_NE(send("plain").find("Content-Length: 0\r\nPath: <sip:127.0.0.1:5070;lr>\r\n\r\n"), std::string::npos);
  EXPECT_NE(send("user").find("\r\nPath: <sip:edge@127.0.0.1:5070;lr>\r\n\r\n"), std::string::npos);
  EXPECT_NE(send("params").find("\r\nPath: <sip:edge@127.0.0.1:5070;lr;ob;x=1>\r\n\r\n"), std::string::npos);
  EXPECT_NE(send("received").find("\r\nPath: <sip:usr@127.0.0.1:5070;lr;received=sip:127.0.0.11:5080;PARAMS>\r\n\r\n"),
            std::string::npos);
}

TEST_F(PathTest, GoesAboveOtherPaths) {
  EXPECT_NE(send("plain", "Path: <sip:9.9.9.9;lr>\r\n")
                .find("\r\nPath: <sip:127.0.0.1:5070;lr>\r\nPath: <sip:9.9.9.9;lr>\r\n"),
            std::string::npos);
}

TEST_F(PathTest, RefusesWhatIsNoPart) {
  EXPECT_EQ(send("long"), "");
  EXPECT_EQ(send("bad"), "");
  EXPECT_EQ(world.log.lines.size(), 2u);
}

}  // namespace
}  // namespace strowger
