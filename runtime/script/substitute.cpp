// Running a "/pattern/replacement/flags" over a text.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/substitute.h"

#include <algorithm>

#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"

namespace strowger {
namespace {

constexpr int kGroups = 10;
constexpr std::size_t kFewParts = 14;

/// How many groups the replacement needs, the match itself being one.
int groups_of(const Subst& subst) {
  std::int64_t highest = 0;
  for (std::uint64_t i = 0; i < subst.part_count; ++i) highest = std::max(highest, subst.parts[i].group);
  return static_cast<int>(std::min<std::int64_t>(highest + 1, kGroups));
}

/// One part of the replacement of a match.
Text part_for(Call& call, const SubstPart& part, const Text* groups) {
  if (!part.literal.is_null()) return part.literal;
  if (part.variable) return Operators::value_to_text(&call, part.variable->get(&call));
  return part.group >= 0 && part.group < kGroups ? groups[part.group] : Text::null();
}

/// What an expression's replacement is for one match; failed when memory is short.
Text replacement_for(Call& call, const Subst& subst, const Text* groups) {
  if (subst.part_count == 0) return "";
  Text* parts = call.arena->make_array<Text>(subst.part_count);
  if (!parts) return Text::failed();
  for (std::uint64_t i = 0; i < subst.part_count; ++i) parts[i] = part_for(call, subst.parts[i], groups);
  return Operators::concat(&call, parts, subst.part_count, 0);
}

void log_empty_match(Call& call) {
  log_line(call, LogLevel::Err, "<core>", {"the pattern matches an empty text: nothing is replaced"});
}

Text before(Text subject, Text match) { return {subject.ptr, static_cast<std::size_t>(match.ptr - subject.ptr)}; }
Text behind(Text subject, Text match) {
  const char* const from = match.ptr + match.len;
  return {from, static_cast<std::size_t>(subject.ptr + subject.len - from)};
}

/// One match, whose parts all fit on the stack: one join.
Text substituted_once(Call& call, Text subject, const Subst& subst, std::size_t& count) {
  Text groups[kGroups];
  count = 0;
  if (!pattern_of(subst.regex).search(subject, 0, groups, groups_of(subst))) return subject;
  if (groups[0].len == 0) {
    log_empty_match(call);
    return Text::failed();
  }
  Text parts[kFewParts + 2];
  std::size_t used = 0;
  parts[used++] = before(subject, groups[0]);
  for (std::uint64_t i = 0; i < subst.part_count; ++i) parts[used++] = part_for(call, subst.parts[i], groups);
  parts[used++] = behind(subject, groups[0]);
  count = 1;
  return Operators::concat(&call, parts, used, sip::Limits::kMessage);
}

}  // namespace

std::optional<std::vector<Replacement>> replacements(Call& call, Text subject, const Subst& subst) {
  std::vector<Replacement> found;
  Text groups[kGroups];
  const int wanted = groups_of(subst);
  for (std::size_t at = 0; pattern_of(subst.regex).search(subject, at, groups, wanted);) {
    if (groups[0].len == 0) {
      log_empty_match(call);
      return std::nullopt;
    }
    found.push_back({groups[0], replacement_for(call, subst, groups)});
    at = static_cast<std::size_t>(groups[0].ptr - subject.ptr) + groups[0].len;
    if (!subst.replace_all) break;
  }
  return found;
}

Text substituted(Call& call, Text subject, const Subst& subst, std::size_t& count) {
  if (!subst.replace_all && subst.part_count <= kFewParts) return substituted_once(call, subject, subst, count);
  const std::optional<std::vector<Replacement>> found = replacements(call, subject, subst);
  if (!found) return Text::failed();
  count = found->size();
  if (count == 0) return subject;
  std::vector<Text> parts;
  Text rest = subject;
  for (const Replacement& one : *found) {
    parts.push_back(before(rest, one.match));
    parts.push_back(one.text);
    rest = behind(rest, one.match);
  }
  parts.push_back(rest);
  return Operators::concat(&call, parts.data(), parts.size(), sip::Limits::kMessage);
}

}  // namespace strowger
