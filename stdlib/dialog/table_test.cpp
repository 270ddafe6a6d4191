// Tests of the table of dialogs: numbers, names, lifetimes by a clock of their own, profiles.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/dialog/table.h"

#include <gtest/gtest.h>

namespace strowger::dialog {
namespace {

class DialogTable : public ::testing::Test {
 protected:
  Table table{100, 2, 5, 3, [] { return 77; }};
  Table::Lock lock = table.lock();

  DialogPtr add(std::string_view call_id, std::string_view from_tag, std::uint32_t worker = 0) {
    const DialogPtr dialog = table.add(call_id);
    dialog->worker = worker;
    dialog->legs[kCaller].known = true;
    dialog->legs[kCaller].tag = from_tag;
    return dialog;
  }
  void answer(Dialog& dialog, std::string_view to_tag) {
    dialog.state = State::Answered;
    dialog.legs[kCallee].known = true;
    dialog.legs[kCallee].tag = to_tag;
  }
};

TEST(DialogStates, EventsThatMeanNothingChangeNothing) {
  EXPECT_EQ(next_state(State::Unconfirmed, Event::Provisional), State::Early);
  EXPECT_EQ(next_state(State::Early, Event::Success), State::Answered);
  EXPECT_EQ(next_state(State::Answered, Event::Ack), State::Confirmed);
  EXPECT_EQ(next_state(State::Answered, Event::Bye), State::Deleted);
  EXPECT_EQ(next_state(State::Early, Event::Bye), State::Early);
  EXPECT_EQ(next_state(State::Confirmed, Event::Provisional), State::Confirmed);
  EXPECT_EQ(next_state(State::Confirmed, Event::Failure), State::Confirmed);
  for (const Event event : {Event::Provisional, Event::Success, Event::Failure, Event::Ack, Event::Bye, Event::End})
    EXPECT_EQ(next_state(State::Deleted, event), State::Deleted);
}

TEST(DialogNames, ThePartOfOurRecordRoute) {
  Dialog dialog;
  dialog.h_entry = 0xd06;
  dialog.h_id = 0x22b0;
  EXPECT_EQ(print_did(dialog), "60d.0b22");
  Did did;
  ASSERT_TRUE(parse_did("60d.0b22", did));
  EXPECT_EQ(did.h_entry, 0xd06u);
  EXPECT_EQ(did.h_id, 0x22b0u);
  for (const char* bad : {"", ".", "1.", ".1", "1", "1.g", "1.2.3", "123456789.1", "1.-1"}) EXPECT_FALSE(parse_did(bad, did)) << bad;
}

TEST_F(DialogTable, NumbersOfAPlaceGoUp) {
  const DialogPtr one = add("c", "a"), two = add("c", "b");
  EXPECT_EQ(table.places(), 128u);
  EXPECT_EQ(one->h_id, 5u);
  EXPECT_EQ(two->h_id, 8u);
  EXPECT_EQ(one->h_entry, two->h_entry);
  EXPECT_EQ(table.find({one->h_entry, 8}), two);
  EXPECT_EQ(table.find({one->h_entry, 6}), nullptr);
  EXPECT_EQ(table.find({9999999, 5}), nullptr);
  std::vector<DialogPtr> seen;
  const std::uint64_t last = table.visit(0, 1, [&](const DialogPtr& dialog) { seen.push_back(dialog); });
  EXPECT_EQ(table.visit(last, 5, [&](const DialogPtr& dialog) { seen.push_back(dialog); }), 0u);
  EXPECT_EQ(seen, (std::vector{one, two}));
}

TEST_F(DialogTable, FoundByTagsInBothDirections) {
  const DialogPtr dialog = add("c", "alice");
  Side from = kCallee;
  EXPECT_EQ(table.find({"c", "alice", "any"}, &from), dialog);   // nobody has answered
  EXPECT_EQ(from, kCaller);
  EXPECT_EQ(table.find({"c", "any", "alice"}, &from), dialog);
  EXPECT_EQ(from, kCallee);
  answer(*dialog, "bob");
  EXPECT_EQ(table.find({"c", "alice", "any"}), nullptr);
  EXPECT_EQ(table.find({"c", "bob", "alice"}, &from), dialog);
  EXPECT_EQ(from, kCallee);
  EXPECT_EQ(table.find({"d", "alice", "bob"}), nullptr);
  EXPECT_EQ(table.find_initial("c", "bob"), nullptr);
  EXPECT_EQ(table.find_initial("c", "alice"), dialog);
}

TEST_F(DialogTable, LifetimesEndInTheirOrderAndAtTheirWorker) {
  const DialogPtr one = add("one", "a"), two = add("two", "a"), other = add("three", "a", 1);
  table.arm(one, 3000);
  table.arm(two, 2000);
  table.arm(other, 1000);
  EXPECT_TRUE(table.take_due(0, 1999).empty());
  table.arm(one, 2500);
  EXPECT_EQ(table.take_due(0, 2500), (std::vector{two, one}));
  EXPECT_EQ(one->due, 0);
  EXPECT_TRUE(table.take_due(0, 9999).empty());
  table.arm(other, 0);
  EXPECT_TRUE(table.take_due(1, 9999).empty());
}

TEST_F(DialogTable, NothingIsLeftOfOneThatIsRemoved) {
  const DialogPtr dialog = add("c", "a");
  ASSERT_TRUE(table.define("calls", false));
  ASSERT_TRUE(table.define("caller", true));
  EXPECT_FALSE(table.define("calls", true));
  table.join(*dialog, *table.profile("calls"), "");
  table.join(*dialog, *table.profile("caller"), "alice");
  table.join(*dialog, *table.profile("caller"), "alice");
  EXPECT_EQ(table.profile("caller")->sizes.at("alice"), 2u);
  EXPECT_FALSE(table.leave(*dialog, *table.profile("caller"), "bob"));
  EXPECT_TRUE(table.leave(*dialog, *table.profile("caller"), "alice"));
  table.arm(dialog, 1000);
  dialog->holders = 1;
  dialog->state = State::Deleted;
  table.remove_if_over(*dialog);
  EXPECT_EQ(table.size(), 1u);           // somebody works with it
  dialog->holders = 0;
  table.remove_if_over(*dialog);
  table.remove(*dialog);
  EXPECT_EQ(table.size(), 0u);
  EXPECT_EQ(table.profile("calls")->size, 0u);
  EXPECT_TRUE(table.profile("caller")->sizes.empty());
  EXPECT_TRUE(table.take_due(0, 9999).empty());
  EXPECT_EQ(table.find({"c", "a", ""}), nullptr);
  EXPECT_EQ(dialog.use_count(), 1);
}

TEST_F(DialogTable, WhoStaysTooLong) {
  const DialogPtr early = add("1", "a"), no_ack = add("2", "a"), ended = add("3", "a"), talks = add("4", "a");
  early->init_time = 100;
  answer(*no_ack, "b");
  no_ack->start_time = 200;
  ended->state = State::Deleted;
  ended->end_time = 300;
  talks->state = State::Confirmed;
  const Limits limits{50, 40, 30};
  EXPECT_TRUE(table.find_stale(0, 150, limits).empty());
  EXPECT_EQ(table.find_stale(0, 151, limits), std::vector{early});
  EXPECT_EQ(table.find_stale(0, 331, limits).size(), 3u);
  EXPECT_TRUE(table.find_stale(1, 331, limits).empty());
}

TEST(DialogVariables, AreBounded) {
  Dialog dialog;
  EXPECT_TRUE(dialog.variables.set("x", "1"));
  EXPECT_TRUE(dialog.variables.set("x", "2"));
  EXPECT_EQ(*dialog.variables.find("x"), "2");
  EXPECT_FALSE(dialog.variables.set("x", std::string_view(std::string(Variables::kLongestValue + 1, 'y'))));
  EXPECT_TRUE(dialog.variables.set("x", Text::null()));
  EXPECT_EQ(dialog.variables.find("x"), nullptr);
  for (std::size_t i = 0; i < Variables::kMost; ++i) EXPECT_TRUE(dialog.variables.set(std::to_string(i), "v"));
  EXPECT_FALSE(dialog.variables.set("one more", "v"));
}

}  // namespace
}  // namespace strowger::dialog
