// Reads "/pattern/replacement/flags" at run time.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/avpops/subst_of.h"

#include <string_view>

namespace strowger::avpops {

std::optional<Subst> subst_of(Call& call, Text expression) {
  const std::string_view text = expression.is_null() ? std::string_view() : std::string_view(expression.ptr, expression.len);
  if (text.size() < 3 || text[0] == '\\') return std::nullopt;
  // A delimiter behind a backslash belongs to its part.
  const auto end_of_part = [&](std::size_t at) {
    while (at < text.size() && text[at] != text[0]) at += text[at] == '\\' ? 2 : 1;
    return at;
  };
  const std::size_t middle = end_of_part(1);
  if (middle >= text.size() || middle == 1) return std::nullopt;
  const std::size_t last = end_of_part(middle + 1);
  if (last >= text.size()) return std::nullopt;
  Subst out;
  Pattern::Flags flags;
  for (const char flag : text.substr(last + 1)) {
    if (flag == 'g') out.replace_all = 1;
    else if (flag == 'i') flags.ignore_case = true;
    else if (flag != 's') return std::nullopt;
  }
  const Pattern* pattern = dynamic_pattern(call, Text(text.data() + 1, middle - 1), flags);
  if (!pattern) return std::nullopt;
  out.regex.compiled = pattern;

  const std::string_view replacement = text.substr(middle + 1, last - middle - 1);
  std::size_t escapes = 0;
  for (const char c : replacement) escapes += c == '\\' ? 1 : 0;
  SubstPart* parts = call.arena->make_array<SubstPart>(2 * escapes + 1);
  if (!parts) return std::nullopt;
  std::size_t start = 0;
  const auto literal_until = [&](std::size_t end) {
    if (end > start) parts[out.part_count++] = SubstPart{Text(replacement.data() + start, end - start), nullptr, -1};
  };
  for (std::size_t i = 0; i + 1 < replacement.size(); ++i) {
    if (replacement[i] != '\\') continue;
    literal_until(i);
    const char c = replacement[++i];
    start = i;  // without the backslash
    if (c >= '0' && c <= '9') {
      parts[out.part_count++] = SubstPart{Text::null(), nullptr, c - '0'};
      start = i + 1;
    }
  }
  literal_until(replacement.size());
  out.parts = parts;
  return out;
}

}  // namespace strowger::avpops
