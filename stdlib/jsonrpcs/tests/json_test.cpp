// JSON-RPC requests and replies, hostile ones among them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "stdlib/jsonrpcs/json_reply.h"
#include "stdlib/jsonrpcs/json_request.h"

namespace strowger::jsonrpcs {
namespace {

TEST(JsonRequest, IsRead) {
  const auto request = parse_request(R"( {"jsonrpc":"2.0","method":"core.echo","params":["a\u00e9\ud83d\ude00\n", -3, 1.5, "", true, 9],"id":7} )");
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->is_object);
  EXPECT_TRUE(request->is_version_2);
  EXPECT_EQ(request->method, "core.echo");
  EXPECT_EQ(request->id, "7");
  ASSERT_EQ(request->params.size(), 6u);
  EXPECT_EQ(request->params[4].kind, RpcParam::Kind::Other);
  EXPECT_EQ(request->params[4].number, 1);
  EXPECT_EQ(request->params[0].text, "a\xc3\xa9\xf0\x9f\x98\x80\n");
  EXPECT_EQ(request->params[1].number, -3);
  EXPECT_EQ(request->params[1].kind, RpcParam::Kind::Int);
  EXPECT_EQ(request->params[2].kind, RpcParam::Kind::Double);
  EXPECT_DOUBLE_EQ(request->params[2].real, 1.5);
  EXPECT_EQ(request->params[3].kind, RpcParam::Kind::Text);
}

TEST(JsonRequest, ParametersByNameCountByPlace) {
  const auto request = parse_request(R"({"params":{"b":"x","a":2},"method":"m","jsonrpc":"2.0","id":"q\"1","reply_name":"fifo"})");
  ASSERT_TRUE(request);
  ASSERT_EQ(request->params.size(), 2u);
  EXPECT_EQ(request->params[0].text, "x");
  EXPECT_EQ(request->params[1].number, 2);
  EXPECT_EQ(request->id, R"("q\"1")");
  EXPECT_EQ(request->reply_name, "fifo");
}

TEST(JsonRequest, BatchesAreNoObjects) {
  const auto request = parse_request(R"([{"method":"m"}])");
  ASSERT_TRUE(request);
  EXPECT_FALSE(request->is_object);
}

TEST(JsonRequest, IdsOfAllKinds) {
  const auto id_of = [](std::string_view id) {
    const auto request = parse_request("{\"id\":" + std::string(id) + ",\"id\":5}");   // the first one counts
    return request ? request->id : "none";
  };
  EXPECT_EQ(id_of("1.5"), "1.500000");
  EXPECT_EQ(id_of("1e3"), "1000");
  EXPECT_EQ(id_of("-5"), "-5");
  EXPECT_EQ(id_of("\"\""), "\"\"");
  EXPECT_EQ(id_of("null"), "0");
  EXPECT_EQ(id_of("true"), "1");
  EXPECT_EQ(id_of("[1]"), "0");
}

TEST(JsonRequest, NamesInAnyCaseAndTheVersion) {
  EXPECT_TRUE(parse_request(R"({"JSONRPC":"2.0"})")->is_version_2);
  EXPECT_FALSE(parse_request(R"({"jsonrpc":"1.0"})")->is_version_2);
  EXPECT_FALSE(parse_request(R"({"jsonrpc":2.0})")->is_version_2);
  EXPECT_EQ(parse_request(R"({"Method":"a","method":"b"})")->method, "a");
  EXPECT_EQ(parse_request(R"({"method":5})")->method, std::nullopt);
  for (const std::string_view scalar : {"1", "null", "true", "\"text\""}) {
    const auto request = parse_request(scalar);
    ASSERT_TRUE(request) << scalar;
    EXPECT_FALSE(request->is_object);
  }
}

TEST(JsonRequest, TwoBehindEachOther) {
  const std::string_view two = R"({"method":"a"}{"method":"b"})";
  std::size_t used = 0;
  ASSERT_TRUE(parse_request(two, &used));
  EXPECT_EQ(used, 14u);
  EXPECT_EQ(parse_request(two.substr(used), &used)->method, "b");
}

TEST(JsonRequest, MalformedOnesAreRefused) {
  for (const std::string_view text :
       {"", " ", "x", "{", R"({"a")", R"({"a":})", R"({"a":1,})", R"({"a":1]})", R"({"a":"\x"})", R"({"a":"\u12"})",
        R"({"a":"\ud800"})", R"({"a":"\udc00"})", R"({"a":"\u0000"})", R"({"a":tru})", R"({"a":1e})", R"({"a":-})", R"({"a":1.})",
        R"({"a":1e999})", "{\"a\":\"\x01\"}", R"({"a":")", R"({1:2})", "\"text"})
    EXPECT_FALSE(parse_request(text)) << text;
}

TEST(JsonRequest, EveryCutIsRefused) {
  const std::string whole = R"({"jsonrpc":"2.0","method":"m","params":["a",1,{"b":[null]}],"id":1})";
  ASSERT_TRUE(parse_request(whole));
  for (std::size_t length = 0; length < whole.size(); ++length) EXPECT_FALSE(parse_request(whole.substr(0, length))) << length;
}

TEST(JsonRequest, DepthAndCountAreBounded) {
  EXPECT_FALSE(parse_request("{\"params\":" + std::string(100000, '[')));
  EXPECT_FALSE(parse_request("{\"params\":" + std::string(20, '[') + std::string(20, ']') + "}"));
  std::string many = "{\"params\":[0";
  for (int i = 0; i < 1000; ++i) many += ",0";
  const auto request = parse_request(many + "]}");
  ASSERT_TRUE(request);
  EXPECT_TRUE(request->bad_params);
  EXPECT_EQ(request->params.size(), kMaxParams);
}

TEST(JsonReply, IsPrintedWithTabs) {
  RpcReply reply;
  reply.begin_struct();
  reply.begin_struct("socket");
  reply.add_named("proto", "udp");
  reply.add_named("port", Int{5060});
  EXPECT_EQ(print_reply(reply, "7", true, true),   // open structs are closed
            "{\n\t\"jsonrpc\":\t\"2.0\",\n\t\"result\":\t[{\n\t\t\t\"socket\":\t{\n\t\t\t\t\"proto\":\t\"udp\",\n\t\t\t\t\"port\":\t5060\n"
            "\t\t\t}\n\t\t}],\n\t\"id\":\t7\n}");
}

TEST(JsonReply, KeepsTheLastValueUnlessItIsAList) {
  RpcReply reply;
  reply.add(Int{1});
  reply.begin_array();
  reply.add(std::string_view("x"));
  reply.end_array();
  reply.add(2.5);
  EXPECT_EQ(print_reply(reply, "", false, false), R"({"jsonrpc":"2.0","result":2.500000})");
  EXPECT_EQ(print_reply(reply, "", true, false), R"({"jsonrpc":"2.0","result":[1,["x"],2.500000]})");
}

TEST(JsonReply, NothingIsAnEmptyObjectOrList) {
  RpcReply reply;
  EXPECT_EQ(print_reply(reply, "\"a\"", false, false), R"({"jsonrpc":"2.0","result":{},"id":"a"})");
  EXPECT_EQ(print_reply(reply, "", true, false), R"({"jsonrpc":"2.0","result":[]})");
}

TEST(JsonReply, FaultsAreErrors) {
  RpcReply reply;
  reply.add(Int{1});
  reply.fault(404, "Not \"there\"");
  EXPECT_EQ(print_reply(reply, "1", false, false), R"({"jsonrpc":"2.0","error":{"code":404,"message":"Not \"there\""},"id":1})");
}

TEST(JsonReply, TextsAreAlwaysUtf8) {
  std::string out;
  put_text(out, "a\xff\xc3\xa9\xe2\x82\xed\xa0\x80\x01\"\\\t");
  EXPECT_EQ(out, "\"a\xef\xbf\xbd\xc3\xa9\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\\u0001\\\"\\\\\\t\"");
}

TEST(JsonReply, NullsAndUnsignedNumbers) {
  RpcReply reply;
  reply.begin_struct();
  reply.add_named("none", Text::null());
  reply.add_unsigned("all", 0xffffffff);
  EXPECT_EQ(print_reply(reply, "", false, false), R"({"jsonrpc":"2.0","result":{"none":null,"all":4294967295}})");
}

TEST(RpcReply, IsBounded) {
  RpcReply reply;
  const std::string text(1000, 'x');
  for (int i = 0; i < 2000; ++i) reply.add(std::string_view(text));
  EXPECT_TRUE(reply.failed());
  EXPECT_LT(reply.finish().size(), 600u);
  RpcReply deep;
  for (int i = 0; i < 100; ++i) deep.begin_array();
  EXPECT_TRUE(deep.failed());
  EXPECT_EQ(deep.finish().size(), 2u * RpcReply::kMaxDepth);
}

}  // namespace
}  // namespace strowger::jsonrpcs
