// xavp_params_explode() and its like.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "pv.interface.h"
#include "runtime/script/test_call.h"

namespace strowger::testing {
namespace {

std::string kept_text;
Value get_kept(Call*) { return Value::of(Text(std::string_view(kept_text))); }
Code set_kept(Call*, Value value) {
  kept_text = value.text().view();
  return 1;
}
const VariableRef kKept{get_kept, set_kept, Text("$var(x)")};

class XavpFunctions : public ScriptCall {
 protected:
  void SetUp() override {
    slots = {{Text("var:a"), 0}, {Text("vn:a"), 0}, {Text("var:b"), 0}};
    load(test_request("OPTIONS", "sip:x@y"));
  }
  std::string field(Text root, Text name, Index root_index = kNoIndex, Index index = kNoIndex) {
    const PathStep steps[] = {{root, root_index}, {name, index}};
    return shown(call, Pv::get_xavp(call, Path{steps, 2}));
  }
};

TEST_F(XavpFunctions, Parameters) {
  EXPECT_EQ(Pv::xavp_params_explode(call, "a=1; b=\"x;y\";c", "p"), 1);
  EXPECT_EQ(field("p", "a"), "1");
  EXPECT_EQ(field("p", "b"), "x;y");
  EXPECT_EQ(Pv::xavp_params_implode(call, "p", kKept), 1);
  EXPECT_EQ(kept_text, "a=1;b=x;y;c;");
  EXPECT_EQ(Pv::xavp_params_explode(call, "", "p"), -1);
  EXPECT_EQ(Pv::xavp_params_implode(call, "none", kKept), -1);
  EXPECT_EQ(Pv::xavu_params_explode(call, "a=1", "u"), 1);
  EXPECT_EQ(Pv::xavu_params_explode(call, "a=2", "u"), 1);
}

TEST_F(XavpFunctions, ListsFieldsAndCopies) {
  EXPECT_EQ(Pv::xavp_slist_explode(call, "x, y,z", ",", "t", "l"), 1);
  EXPECT_EQ(field("l", "v"), "x");
  EXPECT_EQ(field("l", "v", kNoIndex, 1), "y");
  EXPECT_EQ(Pv::get_cnt(call, "$xavp(l=>v)"), 3);
  EXPECT_EQ(Pv::xavp_child_seti(call, "r", "n", 5), 1);
  EXPECT_EQ(Pv::xavp_child_seti(call, "r", "n", 6), 1);
  EXPECT_EQ(Pv::xavp_child_sets(call, "r", "s", "t"), 1);
  EXPECT_EQ(field("r", "n"), "6");
  EXPECT_EQ(Pv::xavp_copy(call, "r", 0, "c"), 1);
  EXPECT_EQ(Pv::xavp_child_rm(call, "r", "n"), 1);
  EXPECT_EQ(Pv::xavp_child_rm(call, "r", "n"), 1);
  EXPECT_EQ(field("r", "n"), "<null>");
  EXPECT_EQ(field("c", "n"), "6");
  EXPECT_EQ(Pv::xavp_copy(call, "l", 0, "c", 0), 1);
  EXPECT_EQ(field("c", "n"), "<null>");
  EXPECT_EQ(field("c", "v", kNoIndex, 2), "z");
  EXPECT_EQ(Pv::xavp_copy(call, "nope", 0, "c"), -1);
  EXPECT_EQ(Pv::xavp_rm(call, "r"), 1);
  EXPECT_EQ(Pv::xavp_rm(call, "r"), 1) << "nothing to remove";
  EXPECT_EQ(Pv::pv_xavp_print(call), 1);
  EXPECT_FALSE(world.log.lines.empty());
}

TEST_F(XavpFunctions, ScriptVariables) {
  Pv::set_var(call, 0, Value::of(Text("one")));
  Pv::set_var(call, 2, Value::of(Int{2}));
  EXPECT_EQ(Pv::pv_var_to_xavp(call, "*", "v"), 1);
  EXPECT_EQ(field("v", "a"), "one");
  EXPECT_EQ(field("v", "b"), "2");
  Pv::set_var(call, 0, Value::null());
  EXPECT_EQ(Pv::pv_xavp_to_var(call, "v"), 1);
  EXPECT_EQ(shown(call, Pv::get_var(call, 0)), "one");
  EXPECT_EQ(Pv::pv_var_to_xavp(call, "nope", "v"), -1);
}

}  // namespace
}  // namespace strowger::testing
