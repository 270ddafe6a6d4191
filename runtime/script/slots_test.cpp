// $var slots: texts that outlive a run, values of scripts that wait. Joining and comparing texts.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/slots.h"

#include <gtest/gtest.h>

#include <string>

#include "runtime/script/joining.h"
#include "runtime/script/operators.h"
#include "runtime/script/test_world.h"

namespace strowger {
namespace {

struct SlotsTest : ::testing::Test {
  NamedInt names[3] = {{Text("var:a"), kStartsAsZero}, {Text("vn:b"), 0}, {Text("var:c"), kStartsAsZero | kLocalToRun}};
  TestWorld world;
  Worker* worker = nullptr;
  void SetUp() override {
    world.image.slots = names;
    world.image.slot_count = 3;
    world.start();
    worker = world.worker.get();
  }
  Value& at(std::size_t slot) { return worker->slots[slot].value; }
  void assign(std::size_t slot, std::string_view text) {
    at(slot) = Value::of(Text(text));
    keep_in_storage(*worker, worker->slots[slot]);
  }
};

TEST_F(SlotsTest, StartAsZeroOrNull) {
  EXPECT_TRUE(at(0).is_int());
  EXPECT_TRUE(at(1).is_null());
}

TEST_F(SlotsTest, AKeptTextOutlivesWhatItViewed) {
  std::string text = "first";
  assign(0, text);
  text = "XXXXX";
  EXPECT_EQ(at(0).text().view(), "first");
}

TEST_F(SlotsTest, APartOfItselfIsKept) {
  assign(0, "abcdef and so on, long enough for the heap");
  const Text whole = at(0).text();
  at(0) = Value::of(Text(whole.ptr + 2, 3));
  keep_in_storage(*worker, worker->slots[0]);
  EXPECT_EQ(at(0).text().view(), "cde");
}

TEST_F(SlotsTest, AScriptThatWaitsGetsItsValuesBack) {
  std::string arena = "mine and mine alone";
  at(0) = Value::of(Text(std::string_view(arena).substr(0, 4)));
  at(2) = Value::of(Text(std::string_view(arena).substr(9)));
  void* const left = leave_slots(*worker);
  at(0) = Value::of(Int{5});
  at(2) = Value::of(Text("theirs"));
  enter_slots(*worker, left);
  EXPECT_EQ(at(0).text().view(), "mine");
  EXPECT_EQ(at(2).text().view(), "mine alone");
  EXPECT_EQ(at(2).text().ptr, arena.data() + 9) << "only this run reads it: not copied";
}

// What other runs may read is not a view of a waiting run.
TEST_F(SlotsTest, WhatOthersReadOfAWaitingScriptIsKept) {
  std::string arena = "mine";
  at(0) = Value::of(Text(std::string_view(arena)));
  void* const left = leave_slots(*worker);
  EXPECT_EQ(at(0).text().view(), "mine");
  EXPECT_NE(at(0).text().ptr, arena.data());
  enter_slots(*worker, left);
  EXPECT_EQ(at(0).text().ptr, arena.data());
}

// A waiting script's frames may hold a view of a text that an earlier run left, while others give the variable new ones.
TEST_F(SlotsTest, WhatAWaitingScriptLooksAtStays) {
  for (const std::string kept : {"short", "long enough for the heap of any library there is"}) {
    std::string arena = kept;
    at(0) = Value::of(Text(arena));
    keep_in_storage(*worker, worker->slots[0]);
    const Text view = at(0).text();
    void* const left = leave_slots(*worker);
    std::string other = "other text, long enough for the heap, too";
    at(0) = Value::of(Text(other));
    keep_in_storage(*worker, worker->slots[0]);
    EXPECT_EQ(view.view(), kept);
    enter_slots(*worker, left);
    EXPECT_EQ(view.view(), kept);
    EXPECT_EQ(at(0).text().ptr, view.ptr);
  }
}

// A run inside of a run (a branch route) gives the variable another text: the outer one's view stays.
TEST_F(SlotsTest, WhatAnOuterRunLooksAtStays) {
  std::string arena = "before";
  at(0) = Value::of(Text(arena));
  keep_in_storage(*worker, worker->slots[0]);
  const Text view = at(0).text();
  std::string inner = "after";
  at(0) = Value::of(Text(inner));
  keep_in_storage(*worker, worker->slots[0]);
  EXPECT_EQ(view.view(), "before");
  EXPECT_EQ(at(0).text().view(), "after");
}

TEST(Append, CopiesEveryLength) {
  std::string source;
  for (int i = 0; i < 40; ++i) source += static_cast<char>('a' + i % 26);
  for (std::size_t n = 0; n <= source.size(); ++n) {
    std::string out(n + 1, '#');
    EXPECT_EQ(Joining::append(out.data(), Text(source.data(), n)), out.data() + n);
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

}  // namespace
}  // namespace strowger
