// Tests of the log: format, order, bounds.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/server/log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace strowger::server {
namespace {

struct TempFile {
  TempFile() : path(testing::TempDir() + "/log-test-" + std::to_string(getpid())) { unlink(path.c_str()); }
  ~TempFile() { unlink(path.c_str()); }
  std::string read() const {
    std::ifstream in(path);
    std::stringstream text;
    text << in.rdbuf();
    return text.str();
  }
  std::string path;
};

LogChoice to_file(const TempFile& file, LogFormat format = LogFormat::Text) {
  LogChoice choice;
  choice.target = LogTarget::File;
  choice.path = file.path;
  choice.format = format;
  return choice;
}

TEST(Log, writes_level_and_line) {
  const TempFile file;
  std::string why;
  Log log(to_file(file));
  ASSERT_TRUE(log.open(why)) << why;
  for (const auto& [level, word] : std::initializer_list<std::pair<LogLevel, int>>{
           {LogLevel::Alert, 0}, {LogLevel::Bug, 0}, {LogLevel::Crit, 0}, {LogLevel::Err, 0}, {LogLevel::Warn, 0},
           {LogLevel::Notice, 0}, {LogLevel::Info, 0}, {LogLevel::Debug, 0}})
    log.write(level, "<script>: x\n");
  log.write_raw("ready");
  log.write(LogLevel::Info, "<script>: two\nlines");
  log.flush();
  EXPECT_EQ(file.read(),
            "ALERT: <script>: x\nBUG: <script>: x\nCRITICAL: <script>: x\nERROR: <script>: x\nWARNING: <script>: x\n"
            "NOTICE: <script>: x\nINFO: <script>: x\nDEBUG: <script>: x\nready\nINFO: <script>: two\nlines\n");
}

TEST(Log, json_lines_are_json_whatever_the_bytes) {
  const TempFile file;
  std::string why;
  Log log(to_file(file, LogFormat::Json));
  ASSERT_TRUE(log.open(why)) << why;
  log.write(LogLevel::Err, "a \"b\" \\ \t\n\x01 \xc3\xa9 \xff");
  log.flush();
  const std::string text = file.read();
  EXPECT_NE(text.find("\"level\":\"ERROR\",\"message\":\"a \\\"b\\\" \\\\ \\t\\n\\u0001 \xc3\xa9 \\u00ff\"}\n"), std::string::npos) << text;
}

TEST(Log, keeps_the_order_of_each_thread) {
  const TempFile file;
  std::string why;
  {
    Log log(to_file(file));
    ASSERT_TRUE(log.open(why)) << why;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&log, t] {
        for (int i = 0; i < 2000; ++i) log.write(LogLevel::Info, std::to_string(t) + " " + std::to_string(i));
      });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(log.dropped(), 0u);
  }   // the destructor writes the rest
  std::istringstream in(file.read());
  int next[4] = {}, lines = 0;
  std::string level;
  for (int t = 0, i = 0; in >> level >> t >> i; ++lines) EXPECT_EQ(i, next[t]++);
  EXPECT_EQ(lines, 8000);
}

TEST(Log, drops_and_counts_when_the_target_is_stuck) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const TempFile file;
  ASSERT_EQ(mkfifo(file.path.c_str(), 0600), 0);
  const int reader = ::open(file.path.c_str(), O_RDONLY | O_NONBLOCK);
  std::string why;
  auto log = std::make_unique<Log>(to_file(file), 10000);
  ASSERT_TRUE(log->open(why)) << why;
  const std::string line(1000, 'x');
  for (int i = 0; i < 1000; ++i) {
    log->write(LogLevel::Info, line);       // nobody reads: the pipe takes 64 KiB, the queue 10 kB
    usleep(100);
  }
  EXPECT_GT(log->dropped(), 500u);
  std::string text;
  std::thread closer([&] { log.reset(); });
  char bytes[65536];
  for (int quiet = 0; quiet < 50;) {
    const ssize_t n = ::read(reader, bytes, sizeof bytes);
    if (n > 0) text.append(bytes, static_cast<std::size_t>(n)), quiet = 0;
    else usleep(2000), ++quiet;
  }
  closer.join();
  EXPECT_NE(text.find("log lines were dropped"), std::string::npos);
  ::close(reader);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Log, ends_although_its_target_is_stuck) {
  const TempFile file;
  ASSERT_EQ(mkfifo(file.path.c_str(), 0600), 0);
  const int reader = ::open(file.path.c_str(), O_RDONLY | O_NONBLOCK);
  std::string why;
  auto log = std::make_unique<Log>(to_file(file), 200000);
  ASSERT_TRUE(log->open(why)) << why;
  for (int i = 0; i < 100; ++i) log->write(LogLevel::Info, std::string(1000, 'x'));
  log->flush();                             // hangs here, or in the destructor, where the writer waits for the reader
  log.reset();
  ::close(reader);
}

TEST(Log, level_names_go_both_ways) {
  EXPECT_EQ(parse_level("info"), 2);
  EXPECT_EQ(parse_level("Error"), -1);
  EXPECT_EQ(parse_level("-3"), -3);
  EXPECT_EQ(parse_level("verbose"), std::nullopt);
  EXPECT_EQ(parse_level("12"), std::nullopt);
  EXPECT_EQ(level_name(LogLevel::Crit), "CRITICAL");
}

}  // namespace
}  // namespace strowger::server
