// Parameters of commands: what JSON and binrpc take for what is wanted.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/rpc.h"

#include <gtest/gtest.h>

#include "runtime/script/test_world.h"

namespace strowger {
namespace {

RpcParam number(Int value) { return {RpcParam::Kind::Int, value, 0, ""}; }
RpcParam real(double value) { return {RpcParam::Kind::Double, 0, value, ""}; }
RpcParam text(const char* value) { return {RpcParam::Kind::Text, 0, 0, value}; }
RpcParam yes() { return {RpcParam::Kind::Other, 1, 0, ""}; }

class RpcParams : public ::testing::Test {
 protected:
  void SetUp() override { world.start(); }
  TestWorld world;
  template <class F>
  auto with(RpcParam param, bool typed, F get) {
    const std::vector<RpcParam> params{std::move(param)};
    RpcCall call(*world.worker, params, {}, typed);
    return get(call);
  }
};

TEST_F(RpcParams, InJsonEverythingIsSomeInt) {
  const auto get = [](RpcCall& call) { return call.next_int(); };
  EXPECT_EQ(with(number(5), false, get), 5);
  EXPECT_EQ(with(text("5"), false, get), 0);
  EXPECT_EQ(with(real(2.9), false, get), 2);
  EXPECT_EQ(with(yes(), false, get), 1);
}

TEST_F(RpcParams, OverBinrpcOnlyIntsAre) {
  const auto get = [](RpcCall& call) { return call.next_int(); };
  EXPECT_EQ(with(number(5), true, get), 5);
  EXPECT_EQ(with(text("5"), true, get), std::nullopt);
  EXPECT_EQ(with(real(2.9), true, get), std::nullopt);
  const auto convert = [](RpcCall& call) { return call.next_int_of_any(); };
  EXPECT_EQ(with(text("5"), true, convert), 5);
  EXPECT_EQ(with(text(""), true, convert), 0);
  EXPECT_EQ(with(text("5x"), true, convert), std::nullopt);
  EXPECT_EQ(with(real(2.9), true, convert), 2);
}

TEST_F(RpcParams, TextsAreTexts) {
  const auto get = [](RpcCall& call) { return call.next_text(); };
  const auto convert = [](RpcCall& call) { return call.next_text_of_any(); };
  for (const bool typed : {false, true}) {
    EXPECT_EQ(with(text("a"), typed, get), "a");
    EXPECT_EQ(with(number(5), typed, get), std::nullopt);
    EXPECT_EQ(with(number(5), typed, convert), "5");
    EXPECT_EQ(with(yes(), typed, convert), std::nullopt);
  }
  EXPECT_EQ(with(real(1.5), false, convert), "1");
}

TEST_F(RpcParams, BinrpcTellsWhichParameterWasWrong) {
  const std::vector<RpcParam> params{text("a"), number(1)};
  RpcCall call(*world.worker, params, {}, true);
  EXPECT_TRUE(call.next_text());
  EXPECT_FALSE(call.next_text());
  call.refuse(500, "in JSON only");
  EXPECT_EQ(call.reply.fault_code(), 400);
  EXPECT_EQ(call.reply.fault_text(), "error at parameter 1: expected string type but record doesn't match type");
  EXPECT_FALSE(call.next_int());
  call.refuse(500, "in JSON only");
  EXPECT_EQ(call.reply.fault_text(), "error at parameter 2: expected integer type but end of packet encountered");
}

}  // namespace
}  // namespace strowger
