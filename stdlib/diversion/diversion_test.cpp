// Tests of diversion: where the header goes, and what it says.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "diversion.interface.h"
#include "runtime/script/test_call.h"

namespace strowger::testing {
namespace {

class DiversionTest : public ScriptCall {};

TEST_F(DiversionTest, TheNewestComesFirst) {
  load(test_request("INVITE", "sip:a@sip.test", "", "Diversion: <sip:old@sip.test>;reason=x\r\nX-A: 1\r\n"));
  live.set_uri("sip:new@sip.test");
  EXPECT_EQ(Diversion::add_diversion(call, "one"), 1);
  EXPECT_EQ(Diversion::add_diversion(call, "two", "sip:b@sip.test"), 1);
  EXPECT_NE(sent().find("Diversion: <sip:b@sip.test>;reason=two\r\nDiversion: <sip:a@sip.test>;reason=one\r\n"
                        "Diversion: <sip:old@sip.test>;reason=x\r\nX-A: 1\r\n"),
            std::string::npos)
      << sent();
}

TEST_F(DiversionTest, TheFirstComesBehindAllHeaders) {
  load(test_request("INVITE", "sip:a@sip.test"));
  live.edits.insert(*arena, live.message.headers_end(), "X-New: 1\r\n");
  for (int i = 0; i < 150; ++i) EXPECT_EQ(Diversion::add_diversion(call, ""), 1);
  EXPECT_NE(sent().find("Content-Length: 0\r\nDiversion: <sip:a@sip.test>;reason=\r\n"), std::string::npos) << sent();
  EXPECT_TRUE(sent().ends_with("X-New: 1\r\n\r\n"));
}

}  // namespace
}  // namespace strowger::testing
