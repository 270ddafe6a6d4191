// `#!subst` rules.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/syntax/substitution.h"

#include <regex.h>

#include <algorithm>
#include <cctype>

namespace strowger::syntax {
namespace {

constexpr std::size_t kMaxResult = 128 << 10;
constexpr std::size_t kGroups = 10;

}  // namespace

bool repeats_too_often(std::string_view pattern) {
  constexpr std::size_t kMaxRepeats = 10'000;
  std::size_t product = 1;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '\\') {
      ++i;
      continue;
    }
    if (pattern[i] != '{') continue;
    std::size_t most = 1, number = 0;
    for (++i; i < pattern.size() && (std::isdigit(static_cast<unsigned char>(pattern[i])) || pattern[i] == ','); ++i) {
      number = pattern[i] == ',' ? 0 : std::min<std::size_t>(number * 10 + static_cast<std::size_t>(pattern[i] - '0'), kMaxRepeats + 1);
      most = std::max(most, number);
    }
    product *= most;
    if (product > kMaxRepeats) return true;
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
    error = "the regular expression repeats more than 10000 times";
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
