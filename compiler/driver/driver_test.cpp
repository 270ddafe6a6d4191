// The command line's contract (design/cli.md), on the strowger that was built beside this test.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "compiler/driver/driver_for_tests.h"

namespace strowger::driver {
namespace {

constexpr const char* kGood = "request_route {\n    $var(a) = 1;\n    exit;\n}\n";
constexpr const char* kBad = "request_route {\n    no_such_function();\n}\n";
constexpr const char* kLoad = "loadmodule \"pv.so\"\n";

TEST_F(Driver, HelpHasAnExampleOnEveryLevel) {
  for (const char* level : {"", "build", "run", "lint", "lsp", "modules", "explain", "version"}) {
    const Outcome help = strowger(std::string(level) + " --help");
    EXPECT_EQ(help.code, 0);
    EXPECT_TRUE(contains(help.out, "Example")) << level;
  }
}

TEST_F(Driver, UsageAndUnreadableFilesAreTwo) {
  EXPECT_EQ(strowger("").code, 2);
  EXPECT_EQ(strowger("frobnicate").code, 2);
  EXPECT_EQ(strowger("build").code, 2);
  EXPECT_EQ(strowger("build -O9 a.cfg").code, 2);
  const Outcome missing = strowger("build missing.cfg");
  EXPECT_EQ(missing.code, 2);
  EXPECT_EQ(missing.err, "strowger: 'missing.cfg' cannot be read: No such file or directory\n");
  EXPECT_EQ(strowger("lint missing.cfg").code, 2);
  EXPECT_EQ(strowger("lint .").code, 2);
  write("good.cfg", kGood);
  EXPECT_EQ(strowger("build good.cfg -o nowhere/out").code, 2);
  EXPECT_EQ(strowger("build good.cfg -o good.cfg").code, 2);
}

TEST_F(Driver, ErrorsInAScriptAreOneAndGoToStderrForBuild) {
  write("bad.cfg", kBad);
  const Outcome build = strowger("build bad.cfg");
  EXPECT_EQ(build.code, 1);
  EXPECT_EQ(build.out, "");
  EXPECT_TRUE(contains(build.err, "bad.cfg:2:5: error[E")) << build.err;
  EXPECT_FALSE(fs::exists(dir / "bad"));
  const Outcome lint = strowger("lint bad.cfg");
  EXPECT_EQ(lint.code, 1);
  EXPECT_TRUE(contains(lint.out, "bad.cfg:2:5: error[E")) << lint.out;
}

TEST_F(Driver, LintPrintsJson) {
  write("bad.cfg", kBad);
  const Outcome lint = strowger("lint --format json bad.cfg");
  EXPECT_EQ(lint.code, 1);
  EXPECT_EQ(lint.out.substr(0, 1), "[");
  EXPECT_TRUE(contains(lint.out, "\"file\"")) << lint.out;
}

TEST_F(Driver, ExecutablesAreWrittenUnderTheStemAndIdentical) {
  write("good.cfg", std::string(kLoad) + kGood);
  const Outcome build = strowger("build good.cfg --time");
  ASSERT_EQ(build.code, 0) << build.err;
  EXPECT_TRUE(contains(build.err, "link")) << build.err;
  struct stat status = {};
  ASSERT_EQ(::stat((dir / "good").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0755u);
  ASSERT_EQ(strowger("build good.cfg -o again").code, 0);
  EXPECT_EQ(content_of(dir / "good"), content_of(dir / "again"));
  EXPECT_FALSE(contains(content_of(dir / "good"), "stw.registrar"));
}

TEST_F(Driver, RunBecomesTheProxyAndLeavesNothing) {
  write("good.cfg", std::string(kLoad) + kGood);
  write("bad.cfg", kBad);
  fs::create_directory(dir / "tmp");
  ASSERT_EQ(::setenv("TMPDIR", (dir / "tmp").c_str(), 1), 0);
  const Outcome version = strowger("run good.cfg -- --version");
  const Outcome wrong = strowger("run good.cfg -- --no-such-option");
  const Outcome bad = strowger("run bad.cfg -- --version");
  ASSERT_EQ(::unsetenv("TMPDIR"), 0);
  EXPECT_EQ(version.code, 0) << version.err;
  EXPECT_TRUE(contains(version.out, "pv")) << version.out;
  EXPECT_EQ(wrong.code, 64) << "the proxy's own code: usage";
  EXPECT_EQ(bad.code, 1);
  EXPECT_TRUE(contains(bad.err, "bad.cfg:2:5: error[E")) << bad.err;
  EXPECT_TRUE(fs::is_empty(dir / "tmp"));
  EXPECT_FALSE(fs::exists(dir / "good"));
}

TEST_F(Driver, AProfileHasToBeOneOfThisScript) {
  write("good.cfg", std::string(kLoad) + kGood);
  write("other.cfg", std::string(kLoad) + "request_route {\n    if ($si == \"a\") $var(a) = 1;\n    exit;\n}\n");
  ASSERT_EQ(strowger("build good.cfg --pgo-generate").code, 0);
  ASSERT_EQ(std::system(("cd " + dir.string() + " && ./good --version >out.txt").c_str()), 0);
  EXPECT_TRUE(fs::exists(dir / "good.profraw"));
  EXPECT_EQ(strowger("build good.cfg --pgo-use good.profraw").code, 0);
  const Outcome other = strowger("build other.cfg --pgo-use good.profraw");
  EXPECT_EQ(other.code, 2);
  EXPECT_TRUE(contains(other.err, "'good.profraw' is the profile of another script")) << other.err;
  const Outcome none = strowger("build good.cfg --pgo-use good.cfg");
  EXPECT_EQ(none.code, 2);
  EXPECT_TRUE(contains(none.err, "'good.cfg' is no profile to use: ")) << none.err;
  EXPECT_EQ(strowger("build good.cfg --pgo-use good.profraw --pgo-generate").code, 2);
}

TEST_F(Driver, WhatIsNoRegularFileIsNotReplaced) {
  write("good.cfg", "request_route { exit; }\n");
  const fs::path pipe = dir / "pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  const int reader = ::open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
  ASSERT_GE(reader, 0);
  EXPECT_EQ(strowger("build good.cfg --emit ast -o pipe").code, 0);
  char bytes[64];
  EXPECT_GT(::read(reader, bytes, sizeof bytes), 0);
  ::close(reader);
  EXPECT_NE(strowger("build good.cfg -o pipe").code, 0);
  EXPECT_TRUE(fs::is_fifo(pipe));
}

TEST_F(Driver, EverythingBetweenCanBeSeen) {
  write("good.cfg", std::string(kLoad) + kGood);
  const Outcome ir = strowger("build good.cfg --emit llvm-ir -O0");
  EXPECT_EQ(ir.code, 0) << ir.err;
  EXPECT_TRUE(contains(ir.out, "@request_route(ptr %call)")) << ir.out;
  EXPECT_EQ(strowger("build good.cfg --emit asm -o good.s").code, 0);
  EXPECT_TRUE(contains(content_of(dir / "good.s"), "request_route:"));
  EXPECT_EQ(strowger("build good.cfg --emit obj").code, 0);
  EXPECT_EQ(content_of(dir / "good.o").substr(1, 3), "ELF");
  const Outcome report = strowger("build good.cfg --emit report");
  EXPECT_EQ(report.code, 0) << report.err;
  EXPECT_TRUE(contains(report.out, "lines are decided at run time\n")) << report.out;
  const Outcome ast = strowger("build good.cfg --emit ast");
  EXPECT_EQ(ast.code, 0);
  EXPECT_FALSE(ast.out.empty());
}

TEST_F(Driver, DefinesComeFromTheCommandLine) {
  write("d.cfg", "request_route {\n#!ifdef BAD\n    no_such_function();\n#!endif\n    exit;\n}\n");
  EXPECT_EQ(strowger("lint d.cfg").code, 0);
  EXPECT_EQ(strowger("lint -D BAD d.cfg").code, 1);
  EXPECT_EQ(strowger("lint -A BAD=1 d.cfg").code, 1);
}

TEST_F(Driver, ColourIsForTerminalsAndForThoseWhoAsk) {
  write("bad.cfg", kBad);
  EXPECT_FALSE(contains(strowger("lint bad.cfg").out, "\x1b["));
  EXPECT_TRUE(contains(strowger("lint --color always bad.cfg").out, "\x1b["));
}

TEST_F(Driver, CodesAreExplained) {
  const Outcome page = strowger("explain e0901");
  EXPECT_EQ(page.code, 0);
  EXPECT_TRUE(contains(page.out, "E0901"));
  EXPECT_EQ(strowger("explain E9999").code, 2);
}

TEST_F(Driver, ModulesAreListed) {
  const Outcome all = strowger("modules");
  EXPECT_EQ(all.code, 0);
  EXPECT_TRUE(contains(all.out, "\ntm "));
  EXPECT_TRUE(contains(strowger("modules sl").out, "sl_send_reply"));
  const std::string json = strowger("modules sl --json").out;
  EXPECT_TRUE(json.starts_with("{")) << json.substr(0, 40);
  EXPECT_EQ(strowger("modules no_such_module").code, 2);
}

TEST_F(Driver, VersionNamesItsParts) {
  const Outcome version = strowger("version");
  EXPECT_EQ(version.code, 0);
  EXPECT_TRUE(contains(version.out, "strowger ")) << version.out;
  EXPECT_TRUE(contains(version.out, "\nLLVM 19.")) << version.out;
  EXPECT_TRUE(contains(version.out, "\nruntime ")) << version.out;
}

}  // namespace
}  // namespace strowger::driver
