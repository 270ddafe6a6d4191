// Reads the file of groups.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/regex/groups.h"

#include <algorithm>

namespace strowger::pcre {

std::optional<Groups> parse_groups(std::string_view content, GroupLimits limits, std::uint32_t options, std::string& why) {
  std::vector<std::string> texts;  // alternatives, each in parentheses
  for (std::size_t at = 0; at < content.size();) {
    const std::size_t end = std::min(content.find('\n', at), content.size());
    std::string_view line = content.substr(at, end - at);
    at = end + 1;
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (line.empty() || line[0] == '#' || line[0] == ' ' || line[0] == '\t') continue;
    if (line.size() > 2 && line[0] == '[' && line.find_first_not_of("0123456789", 1) == line.find(']', 2)) {
      if (texts.size() == limits.groups) {
        why = "there are more than " + std::to_string(limits.groups) + " groups (parameter max_groups)";
        return std::nullopt;
      }
      texts.emplace_back();
      continue;
    }
    if (texts.empty()) {
      why = "the first group must begin with [0] before any pattern";
      return std::nullopt;
    }
    std::string& group = texts.back();
    if (!group.empty()) group += '|';
    group += '(';
    group += line;
    group += ')';
    if (group.size() > limits.bytes) {
      why = "group " + std::to_string(texts.size() - 1) + " has more than " + std::to_string(limits.bytes) +
            " bytes (parameter group_max_size)";
      return std::nullopt;
    }
  }
  Groups out;
  for (const std::string& text : texts) {
    out.push_back(text.empty() ? nullptr : compile('(' + text + ')', options, why));
    if (text.empty() || out.back()) continue;
    why = "group " + std::to_string(out.size() - 1) + ": " + why;
    return std::nullopt;
  }
  return out;
}

}  // namespace strowger::pcre
