// Reads `lint: ignore` comments line by line and takes their findings out.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/diagnostics/suppressions.h"

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

namespace strowger::diagnostics {
namespace {

constexpr std::string_view kMark = "lint: ignore";

struct Suppression {
  std::string code;
  text::Span span;                         ///< the code within the comment
  const text::SourceFile* file = nullptr;
  std::uint32_t line = 0;                  ///< the line it counts for; 0: the whole file
  bool has_reason = false;
  bool used = false;
};

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r'; }

/// Where the comment of a line begins: a '#' or "//" outside of quotes; npos without one.
std::size_t comment_start(std::string_view line) {
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (quote) {
      if (line[i] == '\\' && quote == '"') ++i;
      else if (line[i] == quote) quote = 0;
    } else if (line[i] == '"' || line[i] == '\'') {
      quote = line[i];
    } else if (line[i] == '#' || line.substr(i, 2) == "//" || line.substr(i, 2) == "/*") {
      return i;
    }
  }
  return std::string_view::npos;
}

bool holds_code(std::string_view line) {
  const std::string_view before = line.substr(0, comment_start(line));
  return !std::all_of(before.begin(), before.end(), is_blank);
}

/// "W0123", "S0501": a letter and four digits.
std::size_t code_length(std::string_view s) {
  if (s.size() < 5 || std::string_view("EWIS").find(s[0]) == std::string_view::npos) return 0;
  for (std::size_t i = 1; i < 5; ++i)
    if (!std::isdigit(static_cast<unsigned char>(s[i]))) return 0;
  return s.size() == 5 || !std::isalnum(static_cast<unsigned char>(s[5])) ? 5 : 0;
}

/// The suppressions of one comment. `at` is the offset of `lint:` in the file.
void read_comment(const text::SourceFile& file, std::uint32_t number, std::uint32_t at, std::string_view comment,
                  std::uint32_t counts_for, std::vector<Suppression>& out) {
  std::size_t i = kMark.size();
  const bool whole_file = comment.substr(i).starts_with("-file");
  if (whole_file) i += 5;
  const std::size_t first = out.size();
  for (;;) {
    while (i < comment.size() && (is_blank(comment[i]) || comment[i] == ',')) ++i;
    const std::size_t length = code_length(comment.substr(i));
    if (length == 0) break;
    Suppression one;
    one.code = comment.substr(i, length);
    one.span = {&file, static_cast<std::uint32_t>(at + i), static_cast<std::uint32_t>(length), nullptr};
    one.file = &file;
    one.line = whole_file ? 0 : counts_for;
    out.push_back(std::move(one));
    i += length;
  }
  std::string_view reason = comment.substr(std::min(i, comment.size()));
  if (const std::size_t end = reason.find("*/"); end != std::string_view::npos) reason = reason.substr(0, end);
  const bool has_reason = std::any_of(reason.begin(), reason.end(), [](unsigned char c) { return std::isalnum(c); });
  for (std::size_t n = first; n < out.size(); ++n) out[n].has_reason = has_reason;
  if (out.size() == first) {  // no code: told as one that silences nothing
    Suppression none;
    none.span = {&file, at, static_cast<std::uint32_t>(kMark.size()), nullptr};
    none.file = &file;
    none.line = number;
    none.has_reason = true;
    out.push_back(std::move(none));
  }
}

std::vector<Suppression> read_file(const text::SourceFile& file) {
  std::vector<Suppression> out;
  if (file.content.find(kMark) == std::string::npos) return out;
  const auto lines = static_cast<std::uint32_t>(file.line_starts.size());
  for (std::uint32_t number = 1; number <= lines; ++number) {
    const std::string_view line = file.line_text(number);
    const std::size_t comment = comment_start(line);
    if (comment == std::string_view::npos) continue;
    const std::size_t mark = line.find(kMark, comment);
    if (mark == std::string_view::npos) continue;
    std::uint32_t counts_for = number;
    if (!holds_code(line))
      for (++counts_for; counts_for < lines && !holds_code(file.line_text(counts_for));) ++counts_for;
    read_comment(file, number, file.line_starts[number - 1] + static_cast<std::uint32_t>(mark), line.substr(mark), counts_for, out);
  }
  return out;
}

bool answers(const Suppression& suppression, const Finding& finding) {
  return finding.level != Level::Error && finding.code == suppression.code && finding.span.file == suppression.file &&
         (suppression.line == 0 || finding.span.line() == suppression.line);
}

}  // namespace

void apply_suppressions(const text::Sources& sources, bool complete, Findings& findings) {
  std::vector<Suppression> all;
  for (const auto& file : sources.all())
    for (Suppression& one : read_file(*file)) all.push_back(std::move(one));
  if (all.empty()) return;
  std::erase_if(findings.all(), [&](const Finding& finding) {
    bool answered = false;
    for (Suppression& one : all)
      if (answers(one, finding)) answered = one.used = true;
    return answered;
  });
  for (const Suppression& one : all) {
    if (!one.used && !complete) continue;
    if (!one.used)
      findings.add("W0909", one.span, {one.code.empty() ? "names no code" : "silences nothing: " + one.code + " is not found here"});
    else if (!one.has_reason) findings.add("W0909", one.span, {"gives no reason for " + one.code});
  }
}

}  // namespace strowger::diagnostics
