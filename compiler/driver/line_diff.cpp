// Myers' shortest edit script over lines.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/driver/line_diff.h"

#include <algorithm>
#include <vector>

namespace strowger::driver {
namespace {

constexpr std::size_t kAround = 3;
constexpr std::size_t kMaxEdits = 4000;  ///< beyond it the rest is shown as replaced: memory stays bounded

struct Edit {
  char kind;  ///< ' ', '-', '+'
  std::string_view line;
};

/// Lines with their ends: a last line without one differs from the same line with one.
std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    out.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return out;
}

void print_line(const Edit& edit, std::ostream& out) {
  out << edit.kind << edit.line;
  if (!edit.line.ends_with('\n')) out << "\n\\ No newline at end of file\n";
}

/// The edits that lead from `a` to `b`.
std::vector<Edit> edits_between(const std::vector<std::string_view>& a, const std::vector<std::string_view>& b) {
  const auto n = static_cast<std::ptrdiff_t>(a.size()), m = static_cast<std::ptrdiff_t>(b.size());
  const std::ptrdiff_t limit = std::min<std::ptrdiff_t>(n + m, kMaxEdits);
  std::vector<std::ptrdiff_t> reach(static_cast<std::size_t>(2 * limit + 3), 0);
  const auto at = [&](std::ptrdiff_t k) -> std::ptrdiff_t& { return reach[static_cast<std::size_t>(k + limit + 1)]; };
  std::vector<std::vector<std::ptrdiff_t>> trace;
  std::ptrdiff_t found = -1;
  for (std::ptrdiff_t d = 0; d <= limit && found < 0; ++d) {
    trace.push_back(reach);
    for (std::ptrdiff_t k = -d; k <= d; k += 2) {
      std::ptrdiff_t x = k == -d || (k != d && at(k - 1) < at(k + 1)) ? at(k + 1) : at(k - 1) + 1;
      while (x < n && x - k < m && a[static_cast<std::size_t>(x)] == b[static_cast<std::size_t>(x - k)]) ++x;
      at(k) = x;
      if (x >= n && x - k >= m) {
        found = d;
        break;
      }
    }
  }
  std::vector<Edit> out;
  if (found < 0) {
    for (const std::string_view line : a) out.push_back({'-', line});
    for (const std::string_view line : b) out.push_back({'+', line});
    return out;
  }
  std::ptrdiff_t x = n, y = m;
  for (std::ptrdiff_t d = found; d >= 0; --d) {
    const auto before = [&](std::ptrdiff_t k) { return trace[static_cast<std::size_t>(d)][static_cast<std::size_t>(k + limit + 1)]; };
    const std::ptrdiff_t k = x - y;
    const bool down = k == -d || (k != d && before(k - 1) < before(k + 1));
    const std::ptrdiff_t from_x = d == 0 ? 0 : before(down ? k + 1 : k - 1);
    const std::ptrdiff_t step_x = d == 0 || down ? from_x : from_x + 1;  // where the equal lines behind the edit begin
    while (x > step_x) {
      out.push_back({' ', a[static_cast<std::size_t>(--x)]});
      --y;
    }
    if (d == 0) break;
    if (down) out.push_back({'+', b[static_cast<std::size_t>(--y)]});
    else out.push_back({'-', a[static_cast<std::size_t>(--x)]});
  }
  std::reverse(out.begin(), out.end());
  return out;
}

}  // namespace

void print_diff(const std::string& name, std::string_view before, std::string_view after, std::ostream& out) {
  const std::vector<Edit> edits = edits_between(lines_of(before), lines_of(after));
  out << "--- " << name << "\n+++ " << name << " (formatted)\n";
  std::size_t old_line = 1, new_line = 1;
  for (std::size_t i = 0; i < edits.size();) {
    std::size_t change = i;
    while (change < edits.size() && edits[change].kind == ' ') ++change;
    if (change == edits.size()) break;
    const std::size_t first = change > i + kAround ? change - kAround : i;
    old_line += first - i;
    new_line += first - i;
    std::size_t last = change, quiet = 0;  // one behind the last change of this hunk
    for (std::size_t j = change; j < edits.size() && quiet <= 2 * kAround; ++j) {
      quiet = edits[j].kind == ' ' ? quiet + 1 : 0;
      if (edits[j].kind != ' ') last = j + 1;
    }
    const std::size_t end = std::min(last + kAround, edits.size());
    std::size_t olds = 0, news = 0;
    for (std::size_t j = first; j < end; ++j) {
      olds += edits[j].kind != '+';
      news += edits[j].kind != '-';
    }
    out << "@@ -" << old_line << ',' << olds << " +" << new_line << ',' << news << " @@\n";
    for (std::size_t j = first; j < end; ++j) print_line(edits[j], out);
    old_line += olds;
    new_line += news;
    i = end;
  }
}

}  // namespace strowger::driver
