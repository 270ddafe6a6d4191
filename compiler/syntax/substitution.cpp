// `#!subst` rules.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/syntax/substitution.h"

#include <regex.h>

#include <algorithm>
#include <cctype>
#include <vector>

namespace strowger::syntax {
namespace {

constexpr std::size_t kMaxResult = 128 << 10;
constexpr std::size_t kGroups = 10;

}  // namespace

bool repeats_too_often(std::string_view pattern) {
  constexpr std::size_t kMaxSize = 10'000;
  std::vector<std::size_t> outer;        // sizes of what stands before each open group
  std::size_t size = 0, last = 0;        // of this group so far, and of its last atom
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    std::size_t times = 1;
    switch (pattern[i]) {
      case '(':
        outer.push_back(size);
        size = last = 0;
        continue;
      case ')':
        if (outer.empty()) continue;
        last = size + 1;
        size = outer.back() + last;
        outer.pop_back();
        break;
      case '+': times = 2; break;        // x+ is held as xx*
      case '*': case '?': continue;
      case '{':
        for (std::size_t number = 0; i + 1 < pattern.size() && (std::isdigit(static_cast<unsigned char>(pattern[i + 1])) || pattern[i + 1] == ','); ++i) {
          number = pattern[i + 1] == ',' ? 0 : std::min<std::size_t>(number * 10 + static_cast<std::size_t>(pattern[i + 1] - '0'), kMaxSize + 1);
          times = std::max(times, number);
        }
        break;
      case '[':
        if (i + 1 < pattern.size() && pattern[i + 1] == '^') ++i;
        i = std::min(pattern.find(']', i + 2), pattern.size());   // a ']' that comes first is a member
        last = 1;
        ++size;
        break;
      case '\\': ++i; [[fallthrough]];
      default:
        last = 1;
        ++size;
    }
    size += last * (times - 1);
    last *= times;
    if (size > kMaxSize) return true;
  }
  return false;
}

struct Substitution::Compiled {
  regex_t regex;
  bool good = false;
  ~Compiled() {
    if (good) regfree(&regex);
  }
};

std::optional<Substitution> Substitution::parse(std::string_view rule, std::string& error) {
  if (rule.size() < 3 || rule[0] == '\\') {
    error = "a rule is written as /regex/replacement/flags";
    return std::nullopt;
  }
  const char delimiter = rule[0];
  // A delimiter after a backslash belongs to the part.
  const auto take_part = [&](std::size_t& at, std::string& part) {
    for (; at < rule.size(); ++at) {
      if (rule[at] == '\\' && at + 1 < rule.size()) {
        if (rule[at + 1] != delimiter) part += rule[at];
        part += rule[++at];
      } else if (rule[at] == delimiter) {
        ++at;
        return true;
      } else {
        part += rule[at];
      }
    }
    return false;
  };
  Substitution out;
  std::size_t at = 1;
  if (!take_part(at, out.pattern_) || !take_part(at, out.replacement_)) {
    error = std::string("the delimiter '") + delimiter + "' must stand three times";
    return std::nullopt;
  }
  if (out.pattern_.empty()) {
    error = "the regular expression is empty";
    return std::nullopt;
  }
  int flags = REG_EXTENDED;
  for (; at < rule.size(); ++at) {
    if (rule[at] == 'g') {
      out.global_ = true;
    } else if (rule[at] == 'i') {
      flags |= REG_ICASE;
    } else {
      error = std::string("unknown flag '") + rule[at] + "'";
      return std::nullopt;
    }
  }
  constexpr std::size_t kLongestPattern = 4096;
  if (out.pattern_.size() > kLongestPattern) {
    error = "the regular expression is longer than 4096 bytes";
    return std::nullopt;
  }
  if (repeats_too_often(out.pattern_)) {
    error = "the regular expression repeats its parts more than 10000 times";
    return std::nullopt;
  }
  auto compiled = std::make_shared<Compiled>();
  const int code = regcomp(&compiled->regex, out.pattern_.c_str(), flags);
  if (code != 0) {
    char words[200];
    regerror(code, &compiled->regex, words, sizeof words);
    error = words;
    return std::nullopt;
  }
  compiled->good = true;
  out.compiled_ = std::move(compiled);
  return out;
}

bool Substitution::apply(std::string& text, std::size_t& work) const {
  std::string out;
  std::size_t at = 0;
  bool matched = false;
  while (at <= text.size()) {
    regmatch_t groups[kGroups];
    work += text.size() - at + sizeof groups;
    if (regexec(&compiled_->regex, text.c_str() + at, kGroups, groups, at > 0 ? REG_NOTBOL : 0) != 0) break;
    matched = true;
    out.append(text, at, static_cast<std::size_t>(groups[0].rm_so));
    for (std::size_t i = 0; i < replacement_.size(); ++i) {
      if (replacement_[i] == '\\' && i + 1 < replacement_.size()) {
        const char c = replacement_[++i];
        if (c >= '0' && c <= '9') {
          const regmatch_t& group = groups[c - '0'];
          if (group.rm_so >= 0)
            out.append(text, at + static_cast<std::size_t>(group.rm_so), static_cast<std::size_t>(group.rm_eo - group.rm_so));
        } else {
          out += c;
        }
      } else {
        out += replacement_[i];
      }
    }
    const std::size_t end = at + static_cast<std::size_t>(groups[0].rm_eo);
    if (end == at + static_cast<std::size_t>(groups[0].rm_so)) {  // an empty match: go on after the next byte
      if (end < text.size()) out += text[end];
      at = end + 1;
    } else {
      at = end;
    }
    if (!global_ || out.size() > kMaxResult) break;
  }
  if (!matched) return false;
  if (at < text.size()) out.append(text, at, std::string::npos);
  text = std::move(out);
  return true;
}

}  // namespace strowger::syntax
