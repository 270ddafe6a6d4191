// Tests of the SQLite driver: what is stored is read again, and rows find their way there by themselves.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <cstdlib>
#include <filesystem>

#include "db_sqlite.interface.h"
#include "runtime/script/stored_rows.h"
#include "runtime/script/test_world.h"

namespace strowger::testing {
namespace {

class DbSqliteTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/strowger-sqlite-XXXXXX";
    folder = mkdtemp(pattern);
    ModuleImage module;
    module.name = Text("db_sqlite");
    module.start = DbSqlite::start;
    module.stop = DbSqlite::stop;
    world.modules = {module};
    world.start();
    driver = static_cast<const db::Driver*>(world.process->module_state[DbSqlite::slot]);
    run("CREATE TABLE calls (id INTEGER PRIMARY KEY, who TEXT NOT NULL, code INT, cost REAL, time TIMESTAMP, odd TEXT DEFAULT 'x')");
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::string url() const { return "sqlite://" + folder + "/a.db"; }
  void run(const char* sql) const {
    sqlite3* file = nullptr;
    ASSERT_EQ(sqlite3_open((folder + "/a.db").c_str(), &file), SQLITE_OK);
    EXPECT_EQ(sqlite3_exec(file, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(file);
    sqlite3_close(file);
  }
  static db::NewRow row(db::Field who, Int code = 200) {
    static const auto kColumns = std::make_shared<const std::vector<std::string>>(std::vector<std::string>{"who", "code", "cost", "time"});
    return {"calls", kColumns, {std::move(who), code, 0.5, db::Moment{86400}}};
  }
  std::vector<db::Row> stored(std::vector<std::string> columns = {"who", "code", "cost", "time", "odd"}) {
    auto rows = driver->load(url(), "calls", columns, why);
    return rows ? *rows : std::vector<db::Row>();
  }
  bool is_logged(std::string_view words) const {
    for (const std::string& line : world.log.lines)
      if (line.find(words) != line.npos) return true;
    return false;
  }
  TestWorld world;
  std::string folder, why;
  const db::Driver* driver = nullptr;
};

TEST_F(DbSqliteTest, StoresAndLoads) {
  std::string lost;
  const db::NewRow rows[] = {row("it's `a` \"name\"; --"), row(db::Field(), 404), row(std::string("a\0b", 3), 486)};
  EXPECT_TRUE(driver->store(url(), rows, [&](const db::NewRow&, const std::string& reason) { lost += reason; }, why));
  EXPECT_EQ(lost, "NOT NULL constraint failed: calls.who");
  const auto found = stored();
  ASSERT_EQ(found.size(), 2u) << why;
  EXPECT_EQ(db::text_in(found[0][0]), "it's `a` \"name\"; --");
  EXPECT_EQ(db::number_in(found[0][1]), 200);
  EXPECT_EQ(std::get<double>(found[0][2]), 0.5);
  EXPECT_EQ(std::get<double>(found[0][3]), 2440588.5);   // the Julian day of 2 January 1970
  EXPECT_EQ(db::text_in(found[0][4]), "x");
  EXPECT_EQ(db::text_in(found[1][0]), std::string("a\0b", 3));
}

TEST_F(DbSqliteTest, AnswersQuestions) {
  run("INSERT INTO calls (who, code) VALUES ('a', 1), ('it''s \"b\"', 2), ('a', 3), ('A', 4)");
  const auto codes = [&](std::vector<std::pair<std::string, std::string>> keys, std::size_t most = 10) {
    const auto rows = driver->find(url(), {"calls", {"code"}, std::move(keys), most}, why);
    if (!rows) return why;
    std::string all;
    for (const db::Row& row : *rows) all += db::text_in(row[0]) + ";";
    return all;
  };
  EXPECT_EQ(codes({{"who", "a"}}), "1;3;");
  EXPECT_EQ(codes({{"who", "a"}}, 1), "1;");
  EXPECT_EQ(codes({{"who", "a"}, {"code", "3"}}), "3;");
  EXPECT_EQ(codes({{"who", "it's \"b\""}}), "2;");
  EXPECT_EQ(codes({{"who", "' OR 1=1 --"}}), "");
  EXPECT_EQ(codes({{"nothing", "a"}}), "no such column: nothing");
  EXPECT_TRUE(driver->find(url(), {}, why)) << why;
  EXPECT_FALSE(driver->find("sqlite://" + folder + "/none.db", {}, why));
  EXPECT_FALSE(driver->find("sqlite://" + folder + "/none.db", {"calls", {"code"}, {{"who", "a"}}, 1}, why));
  run("DELETE FROM calls WHERE code = 1");        // while our file stays open
  EXPECT_EQ(codes({{"who", "a"}}), "3;");
}

TEST_F(DbSqliteTest, RunsStatementsOfScripts) {
  const auto told = [&](const std::string& sql) {
    why.clear();
    const auto table = driver->run(url(), {sql}, why);
    if (!table) return "failed: " + why;
    std::string all;
    for (const std::string& column : table->columns) all += column + " ";
    for (const db::Row& fields : table->rows) {
      all += "| ";
      for (const db::Field& field : fields) {
        constexpr const char* kKinds[] = {"null", "int", "double", "text", "time"};
        const auto* const moment = std::get_if<db::Moment>(&field);
        all += std::string(kKinds[field.index()]) + ":" + (moment ? std::to_string(moment->seconds) : db::text_in(field)) + " ";
      }
    }
    return all + "changed " + std::to_string(table->changed);
  };
  EXPECT_EQ(told("CREATE TABLE t (i INT, b BIGINT(20), s VARCHAR(9), d DOUBLE, t TIMESTAMP, n NUMERIC)"), "changed 0");
  EXPECT_EQ(told("INSERT INTO t VALUES (1, 5000000000, 7, 2, 2440588.5, '4.5'), (NULL, NULL, NULL, NULL, '1970-01-02 00:00:01', 'x')"), "changed 2");
  EXPECT_EQ(told("SELECT * FROM t"),
            "i b s d t n | int:1 text:5000000000 text:7 double:2.000000 time:86400 int:4 | null: null: null: null: time:86401 int:0 changed 0");
  EXPECT_EQ(told("SELECT count(*), 'a' || 'b', 1.5, NULL FROM t; SELECT nothing"), "count(*) 'a' || 'b' 1.5 NULL | int:2 text:ab double:1.500000 null: changed 0");
  EXPECT_EQ(told("SELECT CASE WHEN i THEN NULL ELSE 5 END, CASE WHEN i THEN 1 ELSE '7a' END FROM t"),     // as the first row has it
            "CASE WHEN i THEN NULL ELSE 5 END CASE WHEN i THEN 1 ELSE '7a' END | null: int:1 | text:5 int:7 changed 0");
  EXPECT_EQ(told("UPDATE t SET s = 'x' WHERE i IS NULL"), "changed 1");
  EXPECT_EQ(told("SELECT * FROM t WHERE i > 5"), "i b s d t n changed 0");
  EXPECT_EQ(told("SELECT * FROM nowhere"), "failed: no such table: nowhere");
  EXPECT_EQ(told(" "), "failed: there is no statement");
}

TEST_F(DbSqliteTest, StatementsOfScriptsAreBounded) {
  EXPECT_FALSE(driver->run(url(), {"WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c", 1000}, why));
  EXPECT_EQ(why, "more than 1000 rows");
  EXPECT_FALSE(driver->run(url(), {"SELECT zeroblob(2000)", 10, 1000}, why));
  EXPECT_EQ(why, "more than 1000 bytes");
  EXPECT_FALSE(driver->run(url(), {"BEGIN"}, why));
  EXPECT_EQ(why, "a transaction over several statements is not possible");
  EXPECT_TRUE(driver->run(url(), {"INSERT INTO calls (who) VALUES ('after')"}, why)) << why;
  EXPECT_EQ(stored().size(), 1u);
  EXPECT_FALSE(driver->run("sqlite://" + folder + "/none/x.db", {}, why));
  EXPECT_TRUE(driver->run("sqlite://" + folder + "/new.db", {}, why)) << why;      // as 5.6.3's driver: the file is made
}

TEST_F(DbSqliteTest, FaultsAreTold) {
  EXPECT_FALSE(driver->load(url(), "nobody", std::vector<std::string>{"who"}, why));
  EXPECT_EQ(why, "no such table: nobody");
  EXPECT_FALSE(driver->load(url(), "calls", std::vector<std::string>{"nothing"}, why));   // not the text "nothing"
  EXPECT_EQ(why, "no such column: nothing");
  EXPECT_FALSE(driver->load("sqlite://" + folder + "/none.db", "calls", std::vector<std::string>{"who"}, why));
  EXPECT_FALSE(driver->store("sqlite://" + folder + "/none.db", {}, {}, why));
  EXPECT_FALSE(std::filesystem::exists(folder + "/none.db"));
  EXPECT_TRUE(driver->store(url(), {}, {}, why));
}

TEST_F(DbSqliteTest, RowsAreStoredByAThreadOfTheirOwn) {
  {
    db::StoredRows rows(*driver, url(), world.log, "test");
    for (Int i = 0; i < 100; ++i) EXPECT_TRUE(rows.add(row(std::to_string(i), i)));
    EXPECT_TRUE(rows.add(row(db::Field())));
  }
  const auto found = stored({"who", "code"});
  ASSERT_EQ(found.size(), 100u) << why;
  for (Int i = 0; i < 100; ++i) EXPECT_EQ(db::number_in(found[static_cast<std::size_t>(i)][1]), i);
  EXPECT_TRUE(is_logged("test: a row of table 'calls' is lost: NOT NULL constraint failed: calls.who"));
}

TEST_F(DbSqliteTest, RowsWaitForADatabaseThatCannotBeOpened) {
  {
    db::StoredRows rows(*driver, "sqlite://" + folder + "/none.db", world.log, "test");
    EXPECT_TRUE(rows.add(row("a")));
  }
  EXPECT_TRUE(is_logged("test: the database cannot be opened: "));
  EXPECT_TRUE(is_logged("test: 1 rows are lost: the database cannot be opened"));
}

}  // namespace
}  // namespace strowger::testing
