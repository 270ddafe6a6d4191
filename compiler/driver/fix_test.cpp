// Edits in a text: order, overlap, and findings that need all of theirs.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/fix.h"

#include <gtest/gtest.h>

namespace strowger::driver {
namespace {

TEST(Fix, MakesEditsInOrderAndLeavesOverlaps) {
  text::Sources sources;
  const text::SourceFile* file = sources.add("a.cfg", "if (a = 1) b;\n");
  diagnostics::Findings findings;
  findings.add("W0213", {file, 4, 5, nullptr}).fix({file, 6, 1, nullptr}, "==");
  findings.add("W0311", {file, 11, 2, nullptr}).fix({file, 11, 1, nullptr}, "exit");
  findings.add("W0705", {file, 0, 2, nullptr}).fix({file, 0, 2, nullptr}, "x").fix({file, 6, 1, nullptr}, "y");
  std::size_t applied = 0;
  EXPECT_EQ(with_edits(*file, findings, applied), "if (a == 1) exit;\n");
  EXPECT_EQ(applied, 2u);
}

TEST(Fix, NeverEditsWhatADefineMade) {
  text::Sources sources;
  const text::SourceFile* file = sources.add("a.cfg", "X");
  diagnostics::Findings findings;
  findings.add("W0213", {file, 0, 1, nullptr}).fix({file, 0, 1, sources.intern("X")}, "Y");
  std::size_t applied = 0;
  EXPECT_EQ(with_edits(*file, findings, applied), "X");
  EXPECT_EQ(applied, 0u);
}

}  // namespace
}  // namespace strowger::driver
