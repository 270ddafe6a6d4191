// Runs the strowger that was built beside a test, in a folder of its own.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace strowger::driver {

namespace fs = std::filesystem;

struct Outcome {
  int code = -1;
  std::string out, err;
};

struct Driver : ::testing::Test {
  fs::path dir;
  void SetUp() override {
    char pattern[] = "/tmp/strowger-driver-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern), nullptr);
    dir = pattern;
  }
  void TearDown() override { fs::remove_all(dir); }

  static std::string content_of(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }
  void write(const std::string& name, const std::string& content) { std::ofstream(dir / name, std::ios::binary) << content; }
  /// Runs `strowger ARGUMENTS` in the test's folder.
  Outcome strowger(const std::string& arguments) {
    const fs::path program = fs::read_symlink("/proc/self/exe").parent_path() / "strowger";
    const std::string command =
        "cd " + dir.string() + " && " + program.string() + " </dev/null >out.txt 2>err.txt " + arguments;
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, content_of(dir / "out.txt"), content_of(dir / "err.txt")};
  }
};

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace strowger::driver
