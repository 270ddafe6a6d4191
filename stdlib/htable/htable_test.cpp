// htable as scripts use it: variables, functions, iterators, and expiry events in virtual time.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/test_call.h"
#include "stdlib/htable/state.h"

namespace strowger::testing {
namespace {

std::vector<std::string>& seen() {
  static std::vector<std::string> lines;
  return lines;
}

/// event_route[htable:expired:t]
Int expired_route(Call* call) {
  seen().push_back(shown(*call, Htable::get_shtrecord(*call, "key")) + "=" +
                   shown(*call, Htable::get_shtrecord(*call, "value")));
  return 1;
}

/// event_route[htable:mod-init]
Int init_route(Call* call) {
  seen().push_back("mod-init");
  Htable::set_sht(*call, TableRef{"plain", 1}, "start", Value::of(Text("at init")));
  return 1;
}

constexpr Text kNames[] = {Text("t"), Text("plain"), Text("none")};

class HtableTest : public ScriptCall {
 protected:
  const TableRef t{"t", 0}, plain{"plain", 1}, none{"none", 2};
  RouteRef events[2] = {{"htable:expired:t", expired_route, kEventRoute, 1},
                        {"htable:mod-init", init_route, kEventRoute, 2}};

  /// Parameters have their defaults in tests: the tables are made here instead.
  static void start(Process& process) {
    auto* const state = new htable::ProcessState;
    process.module_state[Htable::slot] = state;
    for (const Text text : {Text("t=>size=4;autoexpire=100"), Text("plain=>size=2;initval=3")}) {
      std::string why;
      htable::ProcessState::Entry entry;
      entry.table = std::make_unique<htable::Table>(*htable::parse_definition(text, why), 7);
      entry.expired = process.event_route("htable:expired:" + std::string(entry.table->name().view()));
      state->tables.push_back(std::move(entry));
    }
    for (const Text name : kNames) state->by_number.push_back(state->find(name));
  }

  void SetUp() override {
    seen().clear();
    ModuleImage module;
    module.name = Text("htable");
    module.start = start;
    module.worker_start = Htable::worker_start;
    module.tick = Htable::tick;
    module.script_end = Htable::script_end;
    module.stop = Htable::stop;
    world.modules = {module};
    world.image.event_routes = events;
    world.image.event_route_count = 2;
    load(test_request("OPTIONS", "sip:x@y"));
  }

  std::string sht(const TableRef& table, Text key) { return shown(call, Htable::get_sht(call, table, key)); }
  void set(const TableRef& table, Text key, Value value) { EXPECT_EQ(Htable::set_sht(call, table, key, value), 1); }
  void advance_seconds(int seconds) {
    for (int i = 0; i < seconds; ++i) world.advance(1000);
  }
};

TEST_F(HtableTest, FillsTablesAtStart) {
  EXPECT_EQ(seen(), std::vector<std::string>{"mod-init"});
  EXPECT_EQ(sht(plain, "start"), "at init");
}

TEST_F(HtableTest, Variables) {
  EXPECT_EQ(sht(t, "a"), "<null>");
  EXPECT_EQ(sht(plain, "a"), "3");
  EXPECT_EQ(sht(none, "a"), "<null>");
  EXPECT_EQ(Htable::set_sht(call, none, "a", Value::of(Int{1})), -1);
  EXPECT_NE(world.log.lines.back().find("there is no table \"none\""), std::string::npos);
  set(t, "a", Value::of(Int{5}));
  EXPECT_EQ(shown(call, Htable::get_shtinc(call, t, "a")), "6");
  EXPECT_EQ(shown(call, Htable::get_shtdec(call, plain, "b")), "2");
  EXPECT_EQ(shown(call, Htable::get_shtex(call, t, "a")), "100");
  EXPECT_EQ(Htable::set_shtex(call, t, "a", Value::of(Text("7"))), 1);
  EXPECT_EQ(shown(call, Htable::get_shtex(call, t, "a")), "7");
  EXPECT_EQ(shown(call, Htable::get_shtex(call, plain, "start")), "0");
  set(t, "a", Value::null());
  EXPECT_EQ(sht(t, "a"), "<null>");
  EXPECT_EQ(shown(call, Htable::get_shtrecord(call, "key")), "");
}

TEST_F(HtableTest, ExpiryEventsInVirtualTime) {
  seen().clear();
  set(t, "short", Value::of(Text("one")));
  Htable::set_shtex(call, t, "short", Value::of(Int{2}));
  set(t, "long", Value::of(Int{2}));
  set(plain, "stays", Value::of(Int{3}));
  advance_seconds(1);
  EXPECT_EQ(sht(t, "short"), "one");
  advance_seconds(1);
  EXPECT_EQ(sht(t, "short"), "<null>") << "gone before the sweep";
  advance_seconds(20);
  EXPECT_EQ(seen(), std::vector<std::string>{"short=one"});
  advance_seconds(100);
  EXPECT_EQ(seen(), (std::vector<std::string>{"short=one", "long=2"}));
  EXPECT_EQ(sht(plain, "stays"), "3");
}

TEST_F(HtableTest, Counts) {
  set(t, "x", Value::of(Text("tx")));
  set(t, "xy", Value::of(Text("12")));
  set(t, "n", Value::of(Int{12}));
  set(t, "pre1", Value::of(Text("pret")));
  set(t, "1pre", Value::of(Text("tpre")));
  const auto names = [&](Text pattern) { return Htable::get_shtcn(call, t, pattern); };
  const auto values = [&](Text pattern) { return Htable::get_shtcv(call, t, pattern); };
  EXPECT_EQ(names("~~X"), 2);
  EXPECT_EQ(names("^^x"), 2);
  EXPECT_EQ(names("==x"), 1);
  EXPECT_EQ(names("**"), 5);
  EXPECT_EQ(names("~%pre"), 1);
  EXPECT_EQ(names("%~pre"), 1);
  EXPECT_EQ(names("pre"), 2);
  EXPECT_EQ(names("eq12"), 0);
  EXPECT_EQ(names("~~"), 0);
  EXPECT_EQ(values("eq12"), 1);
  EXPECT_EQ(values("==12"), 1);
  EXPECT_EQ(values("~~1"), 1) << "patterns see texts only";
  EXPECT_EQ(values("**"), 5);
  EXPECT_EQ(values("eqtwelve"), 0);
  EXPECT_EQ(values("~~("), 0);
}

TEST_F(HtableTest, MatchesAndRemoves) {
  set(t, "m1", Value::of(Text("v1")));
  set(t, "m2", Value::of(Text("v2")));
  set(t, "i", Value::of(Int{4}));
  EXPECT_EQ(Htable::sht_match_name(call, "t", "eq", "m1"), 1);
  EXPECT_EQ(Htable::sht_match_name(call, "t", "eq", "m"), -1);
  EXPECT_EQ(Htable::sht_match_name(call, "t", "ne", "m1"), 1);
  EXPECT_EQ(Htable::sht_match_name(call, "t", "re", "M1"), 1);
  EXPECT_EQ(Htable::sht_match_name(call, "t", "sw", "m"), 1);
  EXPECT_EQ(Htable::sht_match_name(call, "t", "zz", "m"), -1);
  EXPECT_EQ(Htable::sht_match_str_value(call, "t", "eq", "4"), -1);
  EXPECT_EQ(Htable::sht_match_str_value(call, "t", "sw", "v"), 1);
  EXPECT_EQ(Htable::sht_match_name(call, "nope", "eq", "m"), -1);
  EXPECT_EQ(Htable::sht_rm_name(call, "t", "eq", "i"), -1);
  EXPECT_EQ(Htable::sht_rm_value(call, "t", "sw", "v1"), 1);
  EXPECT_EQ(sht(t, "m1"), "<null>");
  EXPECT_EQ(Htable::sht_rm_value_re(call, "t=>^4"), 1);
  EXPECT_EQ(sht(t, "i"), "4");
  EXPECT_EQ(Htable::sht_rm_name_re(call, "t=>^M"), 1);
  EXPECT_EQ(sht(t, "m2"), "<null>");
  EXPECT_EQ(Htable::sht_rm_name_re(call, "t"), -1);
  EXPECT_EQ(Htable::sht_rm(call, "t", "i"), 1);
  EXPECT_EQ(sht(t, "i"), "<null>");
  EXPECT_EQ(Htable::sht_setxs(call, "t", "x", "brief", 3), 1);
  EXPECT_EQ(Htable::sht_setxi(call, "t", "y", 8, 0), 1);
  EXPECT_EQ(shown(call, Htable::get_shtex(call, t, "x")), "3");
  EXPECT_EQ(shown(call, Htable::get_shtex(call, t, "y")), "100");
  EXPECT_EQ(Htable::sht_print(call), 1);
  EXPECT_NE(world.log.lines.back().find("=>"), std::string::npos);
  EXPECT_EQ(Htable::sht_reset(call, "t"), 1);
  EXPECT_EQ(Htable::get_shtcn(call, t, "**"), 0);
  EXPECT_EQ(Htable::sht_reset(call, "nope"), -1);
}

TEST_F(HtableTest, Walks) {
  for (const Text key : {Text("a"), Text("b"), Text("c")}) set(t, key, Value::of(key));
  EXPECT_EQ(Htable::sht_iterator_next(call, "i"), -1);
  EXPECT_EQ(Htable::sht_iterator_start(call, "i", "nope"), -1);
  ASSERT_EQ(Htable::sht_iterator_start(call, "i", "t"), 1);
  EXPECT_EQ(shown(call, Htable::get_shtitkey(call, "i")), "<null>");
  EXPECT_EQ(Htable::sht_iterator_rm(call, "i"), -1);
  int steps = 0;
  while (Htable::sht_iterator_next(call, "i") == 1) {
    ++steps;
    const std::string key = shown(call, Htable::get_shtitkey(call, "i"));
    EXPECT_EQ(shown(call, Htable::get_shtitval(call, "i")), key);
    if (key == "a") {
      EXPECT_EQ(Htable::sht_iterator_rm(call, "i"), 1);
      EXPECT_EQ(shown(call, Htable::get_shtitkey(call, "i")), "<null>");
    } else if (key == "b") {
      EXPECT_EQ(Htable::sht_iterator_sets(call, "i", "longer than before"), 1);
      EXPECT_EQ(Htable::sht_iterator_setex(call, "i", 33), 1);
      EXPECT_EQ(shown(call, Htable::get_shtitval(call, "i")), "longer than before");
    } else {
      EXPECT_EQ(Htable::sht_iterator_seti(call, "i", 9), 1);
    }
  }
  EXPECT_EQ(steps, 3);
  EXPECT_EQ(sht(t, "a"), "<null>");
  EXPECT_EQ(sht(t, "b"), "longer than before");
  EXPECT_EQ(shown(call, Htable::get_shtex(call, t, "b")), "33");
  EXPECT_EQ(sht(t, "c"), "9");
  EXPECT_EQ(Htable::sht_iterator_next(call, "i"), 1) << "begins anew";
  EXPECT_EQ(Htable::sht_iterator_end(call, "i"), 1);
  EXPECT_EQ(Htable::sht_iterator_end(call, "i"), -1);
  for (const Text name : {Text("1"), Text("2"), Text("3"), Text("4")})
    EXPECT_EQ(Htable::sht_iterator_start(call, name, "t"), 1);
  EXPECT_EQ(Htable::sht_iterator_start(call, "5", "t"), -1);
}

TEST_F(HtableTest, LocksEndWithTheScript) {
  htable::Table& table = *htable::state_of(call).process->find("t");
  EXPECT_EQ(Htable::sht_lock(call, "t=>k"), 1);
  EXPECT_EQ(Htable::sht_lock(call, " t =>k"), 1);
  EXPECT_EQ(table.put(2, "k", Value::of(Int{1}), 0), htable::Written::Busy);
  EXPECT_EQ(Htable::sht_unlock(call, "t=>k"), 1);
  set(t, "k", Value::of(Int{2}));
  Htable::script_end(call);
  EXPECT_EQ(table.put(2, "k", Value::of(Int{3}), 0), htable::Written::Yes);
  EXPECT_EQ(Htable::sht_unlock(call, "t=>k"), 1) << "as Kamailio says";
  EXPECT_EQ(Htable::sht_lock(call, "t"), -1);
  EXPECT_EQ(Htable::sht_lock(call, "nope=>k"), -1);
  for (int i = 0; i < htable::kMaxLocks; ++i) EXPECT_EQ(Htable::sht_lock(call, "t=>k"), 1);
  EXPECT_EQ(Htable::sht_lock(call, "t=>k"), -1);
  advance_seconds(1);  // the tick gives back what is left
  EXPECT_EQ(table.put(2, "k", Value::of(Int{4}), 0), htable::Written::Yes);
}

}  // namespace
}  // namespace strowger::testing
