// Positions in texts.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/text/source.h"

#include <gtest/gtest.h>

namespace strowger::text {
namespace {

TEST(Source, CountsLinesAndColumnsFromOne) {
  Sources sources;
  const SourceFile* file = sources.add("a.cfg", "ab\ncd\r\n\nx");
  EXPECT_EQ(file->line_of(0), 1u);
  EXPECT_EQ(file->line_of(2), 1u);
  EXPECT_EQ(file->line_of(3), 2u);
  EXPECT_EQ(file->column_of(4), 2u);
  EXPECT_EQ(file->line_of(8), 4u);
  EXPECT_EQ(file->line_text(1), "ab");
  EXPECT_EQ(file->line_text(2), "cd");
  EXPECT_EQ(file->line_text(3), "");
  EXPECT_EQ(file->line_text(4), "x");
  EXPECT_EQ(file->line_text(5), "");
  EXPECT_EQ(file->line_text(0), "");
}

TEST(Source, JoinsSpansOfOneFile) {
  Sources sources;
  const SourceFile* file = sources.add("a.cfg", "0123456789");
  const SourceFile* other = sources.add("b.cfg", "0123456789");
  const Span joined = Span::join({file, 2, 3, nullptr}, {file, 7, 2, nullptr});
  EXPECT_EQ(joined.offset, 2u);
  EXPECT_EQ(joined.length, 7u);
  const Span apart = Span::join({file, 2, 3, nullptr}, {other, 7, 2, nullptr});
  EXPECT_EQ(apart.length, 3u);
}

TEST(Source, OpenTellsWhyItFails) {
  Sources sources;
  errno = 0;
  EXPECT_EQ(sources.open("/nonexistent/x.cfg"), nullptr);
  EXPECT_EQ(errno, ENOENT);
  EXPECT_EQ(sources.open("/tmp"), nullptr);
  EXPECT_EQ(errno, EISDIR);
  EXPECT_TRUE(sources.all().empty());
}

TEST(Source, InternReturnsOneStringForEqualTexts) {
  Sources sources;
  EXPECT_EQ(sources.intern("X"), sources.intern("X"));
  EXPECT_NE(sources.intern("X"), sources.intern("Y"));
}

}  // namespace
}  // namespace strowger::text
