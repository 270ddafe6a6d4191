// Method names, and patterns that are nothing but names.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "compiler/lint/methods.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace strowger::lint {
namespace {

/// In the order of MethodBit.
constexpr std::array<std::string_view, 14> kNames = {"INVITE", "CANCEL",  "ACK",   "BYE",    "INFO",  "REGISTER", "SUBSCRIBE",
                                                     "NOTIFY", "MESSAGE", "OPTIONS", "PRACK", "UPDATE", "REFER", "PUBLISH"};
constexpr std::array<std::string_view, 7> kMore = {"KDMQ", "GET", "POST", "PUT", "DELETE", "SERVICE", "NACK"};

}  // namespace

std::uint32_t class_of_method(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return 1u << i;
  return 1u << kNames.size();
}

bool is_known_method(std::string_view name) {
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end() ||
         std::find(kMore.begin(), kMore.end(), name) != kMore.end();
}

std::optional<std::string> method_in_upper_case(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return is_known_method(upper) ? std::optional(upper) : std::nullopt;
}

std::optional<std::vector<std::string>> alternatives(std::string_view pattern, bool* anchored) {
  const bool starts = pattern.starts_with('^');
  const bool ends = pattern.ends_with('$');
  if (starts) pattern.remove_prefix(1);
  if (ends && !pattern.empty()) pattern.remove_suffix(1);
  if (pattern.starts_with('(') && pattern.ends_with(')')) {
    pattern = pattern.substr(1, pattern.size() - 2);
  } else if ((starts || ends) && pattern.find('|') != std::string_view::npos) {
    return std::nullopt;  // ^A|B$: each anchor belongs to one side
  }
  if (anchored) *anchored = starts && ends;
  std::vector<std::string> words(1);
  for (char c : pattern) {
    if (c == '|')
      words.emplace_back();
    else if (std::isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-')
      words.back() += c;
    else
      return std::nullopt;
  }
  for (const std::string& word : words)
    if (word.empty()) return std::nullopt;
  return words;
}

std::optional<std::uint32_t> classes_matching(std::string_view pattern) {
  const bool starts = pattern.starts_with('^'), ends = pattern.ends_with('$');
  const auto words = alternatives(pattern);
  if (!words) {
    // Bare alternatives that each carry their anchors: ^INVITE|^ACK
    return std::nullopt;
  }
  std::uint32_t out = 0;
  bool others = false;
  for (const std::string& word : *words) {
    bool any = false;
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      const std::string_view name = kNames[i];
      const bool match = starts && ends ? name == word
                         : starts       ? name.starts_with(word)
                         : ends         ? name.ends_with(word)
                                        : name.find(word) != std::string_view::npos;
      if (match) out |= 1u << i, any = true;
    }
    others = others || !any;
  }
  return others ? out | 1u << kNames.size() : out;
}

}  // namespace strowger::lint
