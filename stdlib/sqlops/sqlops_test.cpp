// Tests of SQL from scripts: what is asked, what becomes of the rows, and whose they are.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "runtime/script/test_call.h"
#include "runtime/script/xavp_fields.h"
#include "sqlops.interface.h"
#include "stdlib/sqlops/results.h"

namespace strowger {

namespace {

using sqlops::Results;
using testing::shown;

db::Table fruit() {
  return {{"id", "name", "weight", "day"},
          {{Int{1}, std::string("apple"), 0.5, db::Moment{86400}}, {Int{2}, db::Field(), 1.0, db::Field()}, {Int{3}, std::string("pear"), 2.0, db::Field()}}};
}

class SqlopsTest : public testing::ScriptCall {
 protected:
  void SetUp() override { load(test_request("OPTIONS", "sip:bob@sip.test")); }
  /// $dbr(ra=>NAME[INDEX]) or, of two indexes, $dbr(ra=>[ROW,COLUMN])
  std::string dbr(Text name, Index index = kNoIndex, const VariableRef* by = nullptr, Index column = 0) {
    const PathStep steps[] = {{"ra"}, {name, index, by}, {Text(""), column}};
    return testing::shown(call, sqlops::read(call, results, {steps, name.empty() ? 3u : 2u}));
  }
  Results results;
};

TEST_F(SqlopsTest, ReadsResults) {
  EXPECT_EQ(dbr("rows") + dbr("cols") + dbr("colname", 0) + dbr("", 0), "00<null><null>");
  results.tables["ra"] = std::make_shared<const db::Table>(fruit());
  EXPECT_EQ(dbr("rows") + dbr("cols") + dbr("colname", 1), "34name");
  EXPECT_EQ(dbr("colname", 4) + dbr("colname", -1), "<null><null>");
  EXPECT_EQ(dbr("", 0, nullptr, 0) + dbr("", 0, nullptr, 1) + dbr("", 0, nullptr, 2) + dbr("", 0, nullptr, 3), "1apple<null>86400");
  EXPECT_EQ(dbr("", 1, nullptr, 1) + dbr("", 3, nullptr, 0) + dbr("", -1, nullptr, 0) + dbr("", 0, nullptr, 4) + dbr("", 0, nullptr, -1),
            "<null><null><null><null><null>");
  const VariableRef two{[](Call*) { return Value::of(Int{2}); }, nullptr, "$var(i)"};
  const VariableRef words{[](Call*) { return Value::of(Text("2")); }, nullptr, "$var(s)"};
  EXPECT_EQ(dbr("", 0, &two, 1), "pear");
  EXPECT_EQ(dbr("", 0, &words, 1), "<null>");
  EXPECT_NE(world.log.lines.back().find("an index of $dbr is no number: $var(s)"), std::string::npos);
}

TEST_F(SqlopsTest, MakesXavps) {
  ASSERT_TRUE(sqlops::make_xavps(call, "f", fruit()));
  ASSERT_TRUE(sqlops::make_xavps(call, "f", {{"a", "a"}, {{Int{7}, Int{8}}}}));
  const Xavp* record = *xavp_link(avps, "f");
  EXPECT_EQ(field_of(*record, "a")->number(), 7);
  EXPECT_EQ(record->fields->next->value.number(), 8);
  record = record->next;
  EXPECT_EQ(field_of(*record, "id")->number(), 1);
  EXPECT_EQ(field_of(*record, "name")->text().view(), "apple");
  EXPECT_EQ(field_of(*record, "weight"), nullptr);
  EXPECT_EQ(field_of(*record->next, "name"), nullptr);
  EXPECT_EQ(field_of(*record->next->next, "name")->text().view(), "pear");
}

std::string g_set;

TEST_F(SqlopsTest, SetsVariables) {
  g_set.clear();
  const auto set = [](Call*, Value value) -> Code {
    g_set += value.is_null() ? "null " : value.is_int() ? std::to_string(value.number()) + " " : std::string(value.text().view()) + " ";
    return 1;
  };
  const VariableRef var{nullptr, set, "$var(x)"}, avp{nullptr, set, "$avp(x)"};
  const VariableRef picky{nullptr, [](Call*, Value) -> Code { return -1; }, "$du"};
  const PathStep steps[] = {{Text(), kNoIndex, &var}, {Text(), kNoIndex, &avp}, {Text(), kNoIndex, &var}, {Text(), kNoIndex, &var}, {Text(), kNoIndex, &picky}};
  EXPECT_TRUE(sqlops::set_variables(call, {steps, 5}, fruit()));
  EXPECT_EQ(g_set, "3 pear null null 2 null null 1 apple null 86400 ");   // no NULL for $avp
  g_set.clear();
  EXPECT_FALSE(sqlops::set_variables(call, {steps, 3}, fruit()));
  EXPECT_EQ(g_set, "3 pear null ");
  EXPECT_NE(world.log.lines.back().find("no variable for column day"), std::string::npos);
  EXPECT_FALSE(sqlops::set_variables(call, {steps + 4, 1}, {{"a"}, {{Int{1}}}}));
  EXPECT_NE(world.log.lines.back().find("$du does not take the value of column a"), std::string::npos);
}

TEST_F(SqlopsTest, QuotesForSql) {
  EXPECT_EQ(shown(Sqlops::sql_val(call, Value::of(Text("it's \"a\" \\ b")))), "'it\\'s \\\"a\\\" \\\\ b'");
  EXPECT_EQ(shown(Sqlops::sql_val(call, Value::of(Text("a\0b", 3)))), "'a\\0b'");
  EXPECT_EQ(shown(Sqlops::sql_val(call, Value::of(Int{-5}))), "-5");
  const Value::IntText port{5060, "5060"};
  EXPECT_EQ(shown(Sqlops::sql_val_int(call, Value::of(&port))), "'5060'");
  EXPECT_EQ(shown(Sqlops::sql_val(call, Value())) + shown(Sqlops::sql_val_int(call, Value())) + shown(Sqlops::sql_val_str(call, Value())), "NULL0''");
  const std::string fits(1023, 'x'), long_one(1024, 'x');
  EXPECT_EQ(Sqlops::sql_val(call, Value::of(Text(std::string_view(fits)))).len, 1025u);
  EXPECT_TRUE(Sqlops::sql_val(call, Value::of(Text(std::string_view(long_one)))).is_failed());
}

}  // namespace
}  // namespace strowger
