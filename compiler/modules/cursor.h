// A cursor over one declaration of a .module file: words, numbers, strings, signs; blanks and comments between them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "compiler/diagnostics/findings.h"
#include "compiler/text/source.h"
#include "runtime/abi/values.h"

namespace strowger::modules {

class Cursor {
 public:
  Cursor(const text::SourceFile& file, std::size_t begin, std::size_t end, diagnostics::Findings& findings)
      : file_(file), at_(begin), end_(end), findings_(findings) {}

  /// Skips blanks, line ends and `# comments`; true where something follows.
  bool more();
  /// The next sign is `c`: takes it.
  bool take(char c);
  /// Like take(), and a finding where something else stands.
  bool expect(char c);
  bool next_is(char c) { return more() && peek() == c; }
  bool next_is_word();

  /// [A-Za-z_][A-Za-z0-9_]*; empty with a finding that says what was expected.
  std::string_view word(std::string_view what);
  /// A name with dots and `?`: variables, transformations.
  std::string_view dotted(std::string_view what);
  /// Everything up to the next blank.
  std::string_view item(std::string_view what);
  /// The rest of the line, blanks around it cut.
  std::string_view rest_of_line();
  std::optional<Int> number(std::string_view what);
  std::optional<std::string> string(std::string_view what);

  /// Where the last word, number or string stood.
  text::Span last() const { return span(last_begin_, at_ - last_begin_); }
  /// E0801 at what comes next; always false.
  bool expected(std::string_view what);
  diagnostics::Finding& report(std::string_view code, std::vector<std::string> facts = {});

 private:
  char peek(std::size_t ahead = 0) const { return at_ + ahead < end_ ? file_.content[at_ + ahead] : '\0'; }
  text::Span span(std::size_t offset, std::size_t length) const;
  std::string_view cut(std::size_t begin) const { return std::string_view(file_.content).substr(begin, at_ - begin); }

  const text::SourceFile& file_;
  std::size_t at_;
  std::size_t end_;
  std::size_t last_begin_ = 0;
  diagnostics::Findings& findings_;
};

}  // namespace strowger::modules
