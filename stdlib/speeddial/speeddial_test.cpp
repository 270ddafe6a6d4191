// Tests of short numbers in a database: what is asked, and what becomes of the row.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include "runtime/script/database.h"
#include "runtime/script/test_call.h"
#include "speeddial.interface.h"

namespace strowger {
namespace {

std::string g_asked;
std::optional<db::Rows> g_rows;

/// Stands for a database module.
struct DbMysql {
  static void start(Process& process) {
    auto* const driver = new db::Driver;
    driver->find = [](std::string_view, const db::Question& question, std::string& why) {
      if (question.table.empty()) return std::optional(db::Rows());      // can it be opened?
      g_asked = question.table + ":";
      for (const std::string& column : question.columns) g_asked += " " + column;
      for (const auto& [column, text] : question.keys) g_asked += " " + column + "='" + text + "'";
      if (!g_rows) why = "it is down";
      return g_rows;
    };
    process.module_state[0] = driver;
  }
  static void stop(Process& process) { delete static_cast<db::Driver*>(process.module_state[0]); }
};

class SpeeddialTest : public testing::ScriptCall {
 protected:
  void SetUp() override {
    ModuleImage database, speeddial;
    database.name = "db_mysql";
    database.start = DbMysql::start;
    database.stop = DbMysql::stop;
    speeddial.name = "speeddial";
    speeddial.start = Speeddial::start;
    speeddial.worker_start = Speeddial::worker_start;
    speeddial.stop = Speeddial::stop;
    world.modules = {database, speeddial};
    g_asked.clear();
    g_rows = db::Rows{{std::string("sip:carol@c.test;x=y")}};
    load(test_request("OPTIONS", "sip:11@sip.test"));
  }
};

TEST_F(SpeeddialTest, LooksUpTheNumberOfASender) {
  EXPECT_EQ(Speeddial::sd_lookup(call, "speed_dial"), 1);
  EXPECT_EQ(g_asked, "speed_dial: new_uri username='alice' sd_username='11'");
  EXPECT_EQ(live.uri().view(), "sip:carol@c.test;x=y");
  load(test_request("OPTIONS", "sip:11@sip.test"));
  g_rows = db::Rows{{std::string("tel:1")}};
  EXPECT_EQ(Speeddial::sd_lookup(call, "speed_dial", "tel:bob"), 1);
  EXPECT_EQ(g_asked, "speed_dial: new_uri username='bob' sd_username='11'");
  EXPECT_EQ(live.uri().view(), "sip:tel:1");   // as 5.6.3 has it
  load(test_request("OPTIONS", "sip:11@sip.test"));
  EXPECT_EQ(Speeddial::sd_lookup(call, "speed_dial", ""), 1);
  EXPECT_EQ(g_asked, "speed_dial: new_uri username='alice' sd_username='11'");
}

TEST_F(SpeeddialTest, LeavesTheRequestUriWhereThereIsNone) {
  for (const auto& rows : {std::optional(db::Rows()), std::optional(db::Rows{{db::Field()}}), std::optional<db::Rows>()}) {
    g_rows = rows;
    EXPECT_EQ(Speeddial::sd_lookup(call, "speed_dial"), -1);
    EXPECT_EQ(live.uri().view(), "sip:11@sip.test");
  }
  g_asked.clear();
  EXPECT_EQ(Speeddial::sd_lookup(call, ""), -1);
  EXPECT_EQ(Speeddial::sd_lookup(call, Text()), -1);
  EXPECT_EQ(Speeddial::sd_lookup(call, "speed_dial", "bob"), -1);
  EXPECT_EQ(Speeddial::sd_lookup(call, "speed_dial", Text()), -1);
  EXPECT_EQ(Speeddial::sd_lookup(call, "speed_dial", "sip:sip.test"), -1);
  load(test_request("OPTIONS", "sip:sip.test"));
  EXPECT_EQ(Speeddial::sd_lookup(call, "speed_dial"), -1);
  EXPECT_EQ(g_asked, "");
}

}  // namespace
}  // namespace strowger
