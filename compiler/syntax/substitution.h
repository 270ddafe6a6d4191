// `#!subst` rules: sed-like replacements in strings, variables and include paths (language.md 2.5).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace strowger::syntax {

/// One rule, `/regex/replacement/flags` with any delimiter.
class Substitution {
 public:
  /// Nothing, with the reason in `error`, where the rule is malformed.
  static std::optional<Substitution> parse(std::string_view rule, std::string& error);

  /// Replaces in `text`; true where something matched.
  bool apply(std::string& text, std::size_t& work) const;

  const std::string& pattern() const { return pattern_; }
  const std::string& replacement() const { return replacement_; }
  void set_replacement(std::string text) { replacement_ = std::move(text); }
  const std::string* name = nullptr;  ///< for findings: what a token that was changed came from

 private:
  struct Compiled;
  std::shared_ptr<const Compiled> compiled_;
  std::string pattern_;
  std::string replacement_;
  bool global_ = false;
};

/// Do `{n,m}` and `+`, one around the other, make more of it than a compiled pattern should hold? `(a{999}){999}` is a million
/// times, forty `+` in a row are 2^40.
bool repeats_too_often(std::string_view pattern);

}  // namespace strowger::syntax
