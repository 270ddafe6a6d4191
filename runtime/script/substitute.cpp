// Running a "/pattern/replacement/flags" over a text.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/substitute.h"

#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"

namespace strowger {
namespace {

constexpr int kGroups = 10;

/// What an expression's replacement is for one match; failed when memory is short.
Text replacement_for(Call& call, const Subst& subst, const Text* groups) {
  if (subst.part_count == 0) return "";
  Text* parts = call.arena->make_array<Text>(subst.part_count);
  if (!parts) return Text::failed();
  for (std::uint64_t i = 0; i < subst.part_count; ++i) {
    const SubstPart& part = subst.parts[i];
    if (!part.literal.is_null()) {
      parts[i] = part.literal;
    } else if (part.variable) {
      parts[i] = Operators::value_to_text(&call, part.variable->get(&call));
    } else {
      parts[i] = part.group >= 0 && part.group < kGroups ? groups[part.group] : Text::null();
    }
  }
  return Operators::concat(&call, parts, subst.part_count, 0);
}

}  // namespace

std::optional<std::vector<Replacement>> replacements(Call& call, Text subject, const Subst& subst) {
  std::vector<Replacement> found;
  Text groups[kGroups];
  for (std::size_t at = 0; pattern_of(subst.regex).search(subject, at, groups, kGroups);) {
    if (groups[0].len == 0) {
      log_line(call, LogLevel::Err, "<core>", {"the pattern matches an empty text: nothing is replaced"});
      return std::nullopt;
    }
    found.push_back({groups[0], replacement_for(call, subst, groups)});
    at = static_cast<std::size_t>(groups[0].ptr - subject.ptr) + groups[0].len;
    if (!subst.replace_all) break;
  }
  return found;
}

Text substituted(Call& call, Text subject, const Subst& subst, std::size_t& count) {
  const std::optional<std::vector<Replacement>> found = replacements(call, subject, subst);
  if (!found) return Text::failed();
  count = found->size();
  if (count == 0) return subject;
  std::vector<Text> parts;
  const char* rest = subject.ptr;
  for (const Replacement& one : *found) {
    parts.push_back({rest, static_cast<std::size_t>(one.match.ptr - rest)});
    parts.push_back(one.text);
    rest = one.match.ptr + one.match.len;
  }
  parts.push_back({rest, static_cast<std::size_t>(subject.ptr + subject.len - rest)});
  return Operators::concat(&call, parts.data(), parts.size(), sip::Limits::kMessage);
}

}  // namespace strowger
