// W0901: #!ifdef of a name that nothing defines or mentions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>
#include <cctype>
#include <map>

#include "compiler/lint/rule.h"
#include "compiler/text/names.h"

namespace strowger::lint {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
struct Use { std::uint32_t offset = 0; std::size_t tests = 0, mentions = 0; };

/// `WITH_NTA` and `WITH_NAT`, but neither `WITH_TLS` and `WITH_SQL` nor `WITH_IPAUTH` and `WITH_AUTH`: what all switches of a
/// script begin with does not make two of them alike.
bool is_misspelling(std::string_view name, std::string_view near) {
  const std::size_t head = name.find('_') + 1;  // 0 where there is none
  if (head > 0 && near.substr(0, head) == name.substr(0, head)) {
    name.remove_prefix(head);
    near.remove_prefix(head);
  }
  const std::size_t limit = name.size() < 8 ? 1 : 2;
  return text::edit_distance(name, near, limit) <= limit;
}

}  // namespace

// A switch that this script leaves off is no fault (`kamailio -A WITH_X` sets it, or somebody who edits the file); one that is
// spelled almost as another name of the script is.
RULE(W0901) {
  const text::SourceFile* root = model.program.ast->root;
  if (!root) return;
  // Every word of the file: how often it is tested and how often it stands anywhere else, comments included: a name that
  // a comment explains is an option, not a typo.
  const std::string_view content = root->content;
  std::map<std::string, Use, std::less<>> names;
  for (std::uint32_t start : root->line_starts) {
    std::string_view line = content.substr(start, content.find('\n', start) - start);
    for (std::string_view word : {"#!ifdef", "!!ifdef", "#!ifndef", "!!ifndef"}) {
      if (!line.starts_with(word)) continue;
      std::size_t at = word.size();
      while (at < line.size() && (line[at] == ' ' || line[at] == '\t')) ++at;
      std::size_t end = at;
      while (end < line.size() && is_word(line[end])) ++end;
      if (end == at) continue;
      Use& use = names[std::string(line.substr(at, end - at))];
      if (use.tests++ == 0) use.offset = start + static_cast<std::uint32_t>(at);
      break;
    }
  }
  if (names.empty()) return;
  for (std::size_t at = 0; at < content.size();) {
    if (!is_word(content[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < content.size() && is_word(content[end])) ++end;
    const auto known = names.find(content.substr(at, end - at));
    if (known != names.end()) ++known->second.mentions;
    at = end;
  }
  std::vector<std::string_view> others;
  for (const auto& [name, use] : names)
    if (use.mentions > use.tests) others.push_back(name);
  for (const auto& [name, value] : model.program.ast->defines) others.push_back(name);
  for (const auto& [name, use] : names) {
    if (use.mentions > use.tests) continue;
    const bool defined = std::any_of(model.program.ast->defines.begin(), model.program.ast->defines.end(), [&](const auto& d) { return d.first == name; });
    if (defined || model.program.set->find(name.starts_with("MOD_") ? std::string_view(name).substr(4) : std::string_view(name))) continue;
    if (name == "KAMAILIO" || name.starts_with("KAMAILIO_") || name.starts_with("MOD_") || name.starts_with("OS_")) continue;
    const std::string near = text::nearest(name, others);
    if (near.empty() || !is_misspelling(name, near)) continue;
    findings.add("W0901", {root, use.offset, static_cast<std::uint32_t>(name.size()), nullptr}, {name}).help("did you mean '" + near + "'?");
  }
}

}  // namespace strowger::lint
