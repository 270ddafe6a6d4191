// Optimal string alignment distance over short names.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/text/names.h"

#include <algorithm>
#include <cctype>

namespace strowger::text {
namespace {

char lower(char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); }

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  const std::size_t longer = std::max(a.size(), b.size());
  if (longer - std::min(a.size(), b.size()) > limit) return limit + 1;
  std::vector<std::size_t> before(b.size() + 1), row(b.size() + 1), next(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    next[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = lower(a[i - 1]) == lower(b[j - 1]);
      next[j] = std::min({row[j] + 1, next[j - 1] + 1, row[j - 1] + (same ? 0 : 1)});
      if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
        next[j] = std::min(next[j], before[j - 2] + 1);
    }
    before = row;
    row = next;
  }
  return std::min(row[b.size()], limit + 1);
}

std::string nearest(std::string_view name, const std::vector<std::string_view>& names) {
  std::size_t best = name.size() <= 3 ? 2 : 3;
  std::string_view found;
  for (std::string_view candidate : names) {
    if (candidate == name) continue;
    const std::size_t d = edit_distance(name, candidate, best);
    if (d < best) {
      best = d;
      found = candidate;
    }
  }
  return std::string(found);
}

}  // namespace strowger::text
