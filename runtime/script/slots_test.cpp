// $var slots: texts that outlive a run, values of scripts that wait, and URIs that a worker remembers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/slots.h"

#include <gtest/gtest.h>

#include <string>

#include "runtime/script/operators.h"
#include "runtime/script/test_world.h"

namespace strowger {
namespace {

struct SlotsTest : ::testing::Test {
  NamedInt names[3] = {{Text("var:a"), NamedInt::kStartsAsZero}, {Text("vn:b"), 0},
                       {Text("var:c"), NamedInt::kStartsAsZero | NamedInt::kLocalToRun}};
  ScriptImage image;
  void SetUp() override {
    image.slots = names;
    image.slot_count = 3;
  }
};

TEST_F(SlotsTest, StartAsZeroOrNull) {
  Slots slots(image);
  EXPECT_TRUE(slots[0].is_int());
  EXPECT_TRUE(slots[1].is_null());
}

TEST_F(SlotsTest, AKeptTextOutlivesWhatItViewed) {
  Slots slots(image);
  std::string text = "first";
  slots[0] = Value::of(Text(std::string_view(text)));
  slots.keep(0);
  text = "XXXXX";
  EXPECT_EQ(slots[0].text().view(), "first");
}

TEST_F(SlotsTest, AReplacedTextStaysUntilReleased) {
  Slots slots(image);
  slots.assign(0, Value::of(Text("first")));
  const Text view = slots[0].text();
  slots.assign(0, Value::of(Text("other")));
  EXPECT_EQ(view.view(), "first");
  slots.release(true);
  EXPECT_EQ(view.view(), "first");
  slots.release(false);
  EXPECT_EQ(slots[0].text().view(), "other");
}

TEST_F(SlotsTest, APartOfItselfIsKept) {
  Slots slots(image);
  slots.assign(0, Value::of(Text("abcdef")));
  const Text whole = slots[0].text();
  slots[0] = Value::of(Text(whole.ptr + 2, 3));
  slots.keep(0);
  slots.release(false);
  EXPECT_EQ(slots[0].text().view(), "cde");
}

TEST_F(SlotsTest, OfANumberWithATextTheNumberStays) {
  Slots slots(image);
  const Value::IntText both{0, Text("")};
  slots.assign(0, Value::of(&both));
  EXPECT_TRUE(slots[0].is_int());
  EXPECT_EQ(slots[0].kind, Value::kInt);
}

TEST_F(SlotsTest, AScriptThatWaitsGetsItsValuesBack) {
  Slots slots(image);
  std::string arena = "mine and mine alone";
  slots[0] = Value::of(Text(std::string_view(arena).substr(0, 4)));
  slots[2] = Value::of(Text(std::string_view(arena).substr(9)));
  void* const left = slots.leave();
  slots.assign(0, Value::of(Int{5}));
  slots[2] = Value::of(Text("theirs"));
  slots.release(true);
  slots.enter(left);
  EXPECT_EQ(slots[0].text().view(), "mine");
  EXPECT_EQ(slots[2].text().view(), "mine alone");
  EXPECT_EQ(slots[2].text().ptr, arena.data() + 9) << "only this run reads it: not copied";
}

// What other runs may read is not a view of a waiting run.
TEST_F(SlotsTest, WhatOthersReadOfAWaitingScriptIsKept) {
  Slots slots(image);
  std::string arena = "mine";
  slots[0] = Value::of(Text(std::string_view(arena)));
  void* const left = slots.leave();
  arena = "gone";
  EXPECT_EQ(slots[0].text().view(), "mine");
  slots.enter(left);
}

TEST(Append, CopiesEveryLength) {
  std::string source;
  for (int i = 0; i < 40; ++i) source += static_cast<char>('a' + i % 26);
  for (std::size_t n = 0; n <= source.size(); ++n) {
    std::string out(n + 1, '#');
    EXPECT_EQ(Operators::append(out.data(), Text(source.data(), n)), out.data() + n);
    EXPECT_EQ(out, source.substr(0, n) + "#");
  }
}

TEST(TextEqual, LooksAtEveryByte) {
  for (std::size_t n = 1; n <= 40; ++n) {
    const std::string text(n, 'x');
    EXPECT_TRUE(Operators::text_eq(Text(std::string_view(text)), Text(std::string_view(std::string(text)))));
    for (std::size_t i = 0; i < n; ++i) {
      std::string other = text;
      other[i] = 'y';
      EXPECT_FALSE(Operators::text_eq(Text(std::string_view(text)), Text(std::string_view(other)))) << n << " " << i;
    }
  }
}

TEST(UriMemo, KnowsUrisByTheirBytes) {
  UriMemo memo;
  std::string text = "sip:alice@example.com:5070;transport=udp";
  const sip::Uri* uri = memo.find(std::string_view(text));
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->user.view(), "alice");
  EXPECT_EQ(memo.find(std::string_view(std::string(text))), uri);
  text[4] = 'A';   // the same place, another URI
  uri = memo.find(std::string_view(text));
  ASSERT_TRUE(uri);
  EXPECT_EQ(uri->user.view(), "Alice");
  EXPECT_EQ(memo.find("nonsense"), nullptr);
  EXPECT_EQ(memo.find(std::string_view("sip:" + std::string(300, 'a') + "@h")), nullptr);
}

}  // namespace
}  // namespace strowger
