// strowger fmt on files.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/driver_for_tests.h"

namespace strowger::driver {
namespace {

constexpr const char* kLoose = "request_route\n{\n  if($rU==\"a\"){exit;}\n}";
constexpr const char* kTidy = "request_route {\n    if ($rU == \"a\") { exit; }\n}\n";

TEST_F(Driver, FmtWritesInPlaceAndKeepsPermissions) {
  write("a.cfg", kLoose);
  fs::permissions(dir / "a.cfg", fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(strowger("fmt a.cfg").code, 0);
  EXPECT_EQ(content_of(dir / "a.cfg"), kTidy);
  EXPECT_EQ(fs::status(dir / "a.cfg").permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(Driver, FmtChecksAndShowsWithoutWriting) {
  write("a.cfg", kLoose);
  write("b.cfg", kTidy);
  const Outcome check = strowger("fmt --check a.cfg b.cfg");
  EXPECT_EQ(check.code, 1);
  EXPECT_EQ(check.out, "a.cfg\n");
  EXPECT_EQ(strowger("fmt --check b.cfg").code, 0);
  const Outcome diff = strowger("fmt --diff a.cfg");
  EXPECT_EQ(diff.code, 0);
  EXPECT_EQ(diff.out,
            "--- a.cfg\n+++ a.cfg (formatted)\n@@ -1,4 +1,3 @@\n-request_route\n-{\n-  if($rU==\"a\"){exit;}\n-}\n"
            "\\ No newline at end of file\n+request_route {\n+    if ($rU == \"a\") { exit; }\n+}\n");
  EXPECT_EQ(content_of(dir / "a.cfg"), kLoose);
}

TEST_F(Driver, FmtLeavesWhatItCannotRead) {
  write("a.cfg", "request_route {\n    xlog(\"x);\n}\n");
  const Outcome fmt = strowger("fmt a.cfg");
  EXPECT_EQ(fmt.code, 1);
  EXPECT_EQ(fmt.err, "strowger: a.cfg:2: a string is not closed; the file is left as it is\n");
  EXPECT_EQ(strowger("fmt missing.cfg").code, 2);
}

}  // namespace
}  // namespace strowger::driver
