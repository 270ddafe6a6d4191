// Tests of questions to a database that scripts wait for.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/queries.h"

#include <gtest/gtest.h>

#include <latch>
#include <semaphore>

#include "runtime/script/test_world.h"

namespace strowger {
namespace {

db::Queries* g_queries = nullptr;
std::string g_trace;

Int script(Call* call) {
  const std::string user(call->live->parsed_uri()->user.view());
  g_trace += user + "? ";
  db::Queries::Answer answer = g_queries->ask(*call->worker, {"table", {"column"}, {{"key", user}}, 1});
  g_trace += user + "=" + (answer.rows ? db::text_in(answer.rows->at(0).at(0)) : answer.why) + " ";
  return 1;
}

class QueriesTest : public testing::Test {
 protected:
  void SetUp() override {
    driver.find = [this](std::string_view url, const db::Question& question, std::string& why) -> std::optional<db::Rows> {
      if (question.keys[0].second == "slow") may_answer.wait();
      if (question.keys[0].second == "bad") {
        why = "refused";
        return std::nullopt;
      }
      return db::Rows{{std::string(url) + "/" + question.keys[0].second}};
    };
    queries.emplace(driver, "x://y");
    g_queries = &*queries;
    g_trace.clear();
    world.image.request_route = script;
    world.start();
    world.worker->scripts.wake = [this] { woken.release(); };
  }
  void ask(const std::string& user) {
    std::string request = test_request("OPTIONS", "sip:" + user + "@a");
    request.insert(request.find("z9hG4bK-") + 8, user);      // else it is a repetition
    world.receive(request);
  }
  void go_on() {
    EXPECT_TRUE(woken.try_acquire_for(std::chrono::seconds(60)));   // rather than for ever
    world.advance(0);
  }
  db::Driver driver;
  std::latch may_answer{1};
  std::counting_semaphore<1000> woken{0};
  std::optional<db::Queries> queries;
  TestWorld world;      // ends before the queries do
};

TEST_F(QueriesTest, ScriptsWaitAndTheWorkerGoesOn) {
  ask("slow");
  EXPECT_EQ(g_trace, "slow? ");
  ask("next");
  EXPECT_EQ(g_trace, "slow? next? ");
  may_answer.count_down();
  for (int i = 0; i < 2; ++i) go_on();
  EXPECT_EQ(g_trace, "slow? next? slow=x://y/slow next=x://y/next ");
}

TEST_F(QueriesTest, StatementsThatNobodyWaitsForAreRun) {
  std::counting_semaphore<10> told{0};
  std::string failed;
  driver.run = [](std::string_view, const db::Statement& statement, std::string& why) -> std::optional<db::Table> {
    why = statement.sql + " failed";
    return std::nullopt;
  };
  EXPECT_TRUE(queries->post({"this"}, [&](const std::string& why) {
    failed = why;
    told.release();
  }));
  ASSERT_TRUE(told.try_acquire_for(std::chrono::seconds(60)));
  EXPECT_EQ(failed, "this failed");
}

TEST_F(QueriesTest, FaultsAreTold) {
  may_answer.count_down();
  ask("bad");
  go_on();
  EXPECT_EQ(g_trace, "bad? bad=refused ");
}

TEST_F(QueriesTest, NobodyWaitsForEver) {
  ask("slow");
  world.advance(db::Queries::kLongest);
  EXPECT_EQ(g_trace, "slow? slow=the database gives no answer ");
  may_answer.count_down();      // the late answer wakes nobody
}

TEST_F(QueriesTest, AWorkerThatEndsIsLeftAlone) {
  ask("slow");
  world.worker->scripts.end();
  EXPECT_EQ(g_trace, "slow? slow=the script cannot wait: too many do, or the proxy ends ");
  queries->leave(*world.worker);
  world.worker.reset();
  may_answer.count_down();
}

}  // namespace
}  // namespace strowger
