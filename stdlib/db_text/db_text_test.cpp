// Tests of questions to tables in text files.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "db_text.interface.h"
#include "runtime/script/database.h"
#include "runtime/script/test_world.h"

namespace strowger {
namespace {

class DbTextTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/strowger-text-XXXXXX";
    folder = mkdtemp(pattern);
    ModuleImage module;
    module.name = "db_text";
    module.start = DbText::start;
    module.stop = DbText::stop;
    world.modules = {module};
    world.start();
    driver = static_cast<const db::Driver*>(world.process->module_state[DbText::slot]);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  void write(std::string_view rows) { std::ofstream(folder + "/users") << "id(int,auto) name(string) domain(string,null)\n" << rows; }
  std::string ids(std::vector<std::pair<std::string, std::string>> keys, std::string table = "users", std::size_t most = 10) {
    const auto rows = driver->find("text://" + folder, {std::move(table), {"id"}, std::move(keys), most}, why);
    if (!rows) return "-";
    std::string all;
    for (const db::Row& row : *rows) all += row.size() == 1 ? db::text_in(row[0]) + ";" : "!";
    return all;
  }
  TestWorld world;
  std::string folder, why;
  const db::Driver* driver = nullptr;
};

TEST_F(DbTextTest, OpensFolders) {
  EXPECT_TRUE(driver->find("text://" + folder, {}, why)) << why;
  EXPECT_FALSE(driver->find("text://" + folder + "/none", {}, why));
}

TEST_F(DbTextTest, AnswersQuestions) {
  write("1:alice:a.test\n2:bob:a.test\n3:Alice:b.test\n4:carol:\n");
  EXPECT_EQ(ids({{"name", "alice"}}), "1;3;");      // whatever the case, as Kamailio's db_text
  EXPECT_EQ(ids({{"name", "alice"}}, "users", 1), "1;");
  EXPECT_EQ(ids({{"name", "ALICE"}, {"domain", "b.test"}}), "3;");
  EXPECT_EQ(ids({{"name", "carol"}, {"domain", ""}}), "");   // NULL equals nothing
  EXPECT_EQ(ids({{"id", "2"}}), "2;");
  EXPECT_EQ(ids({{"name", "zed"}}), "");
  EXPECT_EQ(ids({{"nothing", "x"}}), "-");
  EXPECT_EQ(ids({{"name", "alice"}}, "nobody"), "-");
  EXPECT_EQ(ids({{"name", "alice"}}, "../users"), "-");
}

TEST_F(DbTextTest, SeesThatAFileIsAnotherOne) {
  write("1:alice:a.test\n");
  EXPECT_EQ(ids({{"name", "alice"}}), "1;");
  write("1:alice:a.test\n22:alice:a.test\n");
  EXPECT_EQ(ids({{"name", "alice"}}), "1;22;");
  write("1:alice\n");
  EXPECT_EQ(ids({{"name", "alice"}}), "-");         // rather than what was right before
}

}  // namespace
}  // namespace strowger
