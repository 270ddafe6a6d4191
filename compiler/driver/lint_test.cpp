// strowger lint for projects: formats, suppressions, strowger.toml, profiles.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/driver_for_tests.h"

namespace strowger::driver {
namespace {

struct Lint : Driver {
  /// The codes of a script's findings, in order.
  std::string codes(const std::string& arguments) {
    std::istringstream lines(strowger("lint --format github " + arguments).out);
    std::string out;
    for (std::string line; std::getline(lines, line);)
      if (const std::size_t at = line.find("title="); at != std::string::npos) out += (out.empty() ? "" : " ") + line.substr(at + 6, 5);
    return out;
  }
};

constexpr const char* kTwoRoutes =
    "request_route {\n    if (1 == 2) { route(A); }\n    exit;\n    force_rport();\n}\nroute[A] { exit; }\n";

TEST_F(Lint, FormatsForServers) {
  write("bad.cfg", "request_route {\n    no_such(\"<&>\");\n}\n");
  const Outcome github = strowger("lint --format github bad.cfg");
  EXPECT_EQ(github.code, 1);
  EXPECT_EQ(github.out, "::error file=bad.cfg,line=2,col=5,endLine=2,endColumn=19,title=E0101::unknown function 'no_such'\n");
  EXPECT_EQ(strowger("lint --format checkstyle bad.cfg").out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">\n  <file name=\"bad.cfg\">\n"
            "    <error line=\"2\" column=\"5\" severity=\"error\" message=\"unknown function 'no_such'\" source=\"strowger.E0101\"/>\n"
            "  </file>\n</checkstyle>\n");
  const std::string sarif = strowger("lint --format sarif bad.cfg").out;
  EXPECT_TRUE(contains(sarif, "\"ruleId\": \"E0101\", \"ruleIndex\": 0, \"level\": \"error\"")) << sarif;
  EXPECT_TRUE(contains(sarif, "\"startLine\": 2, \"startColumn\": 5, \"endLine\": 2, \"endColumn\": 19")) << sarif;
  EXPECT_EQ(strowger("lint --format csv bad.cfg").code, 2);
}

TEST_F(Lint, CommentsSilenceWithAReason) {
  write("a.cfg", "request_route {\n    exit;\n    force_rport();   # lint: ignore W0301 kept for debugging\n}\n");
  EXPECT_EQ(codes("a.cfg"), "");
  write("b.cfg", "request_route {\n    exit;\n    # lint: ignore W0301 kept for debugging\n\n    force_rport();\n}\n");
  EXPECT_EQ(codes("b.cfg"), "");
  write("c.cfg", "request_route {\n    exit;\n    force_rport();   # lint: ignore W0301\n}\n");
  EXPECT_EQ(codes("c.cfg"), "W0909");
  write("d.cfg", "request_route {\n    force_rport(); /* no */   # lint: ignore W0301 not needed\n    exit;\n}\n");
  EXPECT_EQ(codes("d.cfg"), "W0909");
  write("e.cfg", "# lint: ignore-file W0301 generated\nrequest_route {\n    exit;\n    force_rport();\n}\n");
  EXPECT_EQ(codes("e.cfg"), "");
  write("f.cfg", "request_route {\n    nosuch();   # lint: ignore E0101 errors stay\n}\n");
  EXPECT_EQ(codes("f.cfg"), "E0101");
}

TEST_F(Lint, ProjectsSetLevelsDefinesAndFolders) {
  fs::create_directories(dir / "site" / "inc");
  write("site/a.cfg", "include_file \"more.cfg\"\n#!ifdef WITH_MORE\n" + std::string(kTwoRoutes) + "#!endif\n");
  write("site/inc/more.cfg", "debug=2\n");
  EXPECT_EQ(strowger("lint site/a.cfg").code, 1);  // more.cfg is not found
  write("strowger.toml", "defines = [\"WITH_MORE\"]\ninclude = [\"site/inc\"]\n[lint.levels]\nW0301 = \"error\"\n");
  const Outcome strict = strowger("lint site/a.cfg");
  EXPECT_EQ(strict.code, 1);
  EXPECT_TRUE(contains(strict.out, "error[W0301]")) << strict.out;
  write("strowger.toml", "defines = [\"WITH_MORE\"]\ninclude = [\"site/inc\"]\n[lint.levels]\nW0301 = \"off\"\n");
  EXPECT_FALSE(contains(strowger("lint site/a.cfg").out, "W0301"));
}

TEST_F(Lint, FaultsInProjectFilesAreNamed) {
  write("a.cfg", "request_route { exit; }\n");
  const std::pair<const char*, const char*> faults[] = {
      {"lint = 5\n", "strowger.toml:1:8: 'lint' is not known"},
      {"[lint]\nfail-on = \"hint\"\n", "strowger.toml:2:11: fail-on must be"},
      {"[lint.levels]\nW9999 = \"off\"\n", "there is no finding W9999"},
      {"[lint.levels]\nE0101 = \"off\"\n", "E0101 is an error"},
      {"defines = \"A\"\n", "must be a list of strings"},
      {"defines = [\n", "strowger.toml:"},
  };
  for (const auto& [text, words] : faults) {
    write("strowger.toml", text);
    const Outcome lint = strowger("lint a.cfg");
    EXPECT_EQ(lint.code, 2) << text;
    EXPECT_TRUE(contains(lint.err, words)) << lint.err;
  }
}

TEST_F(Lint, ProfilesAreCheckedInOneRun) {
  write("a.cfg", "request_route {\n#!ifdef WITH_NAT\n    no_nat();\n#!endif\n#!ifdef WITH_TLS\n    no_tls();\n#!endif\n    nothing();\n}\n");
  write("strowger.toml", "[profiles]\nplain = []\nnat = [\"WITH_NAT\"]\ntls = [\"WITH_TLS\"]\n");
  EXPECT_EQ(codes("a.cfg"), "E0101");
  EXPECT_EQ(codes("--profile nat a.cfg"), "E0101 E0101");
  const Outcome all = strowger("lint --profile all a.cfg");
  EXPECT_EQ(all.code, 1);
  EXPECT_TRUE(contains(all.out, "'no_nat'")) << all.out;
  EXPECT_TRUE(contains(all.out, "note: only in profile nat")) << all.out;
  EXPECT_TRUE(contains(all.out, "note: only in profile tls")) << all.out;
  EXPECT_EQ(all.out.find("'nothing'"), all.out.rfind("'nothing'"));  // told once
  EXPECT_EQ(strowger("lint --profile nosuch a.cfg").code, 2);
}

}  // namespace
}  // namespace strowger::driver
