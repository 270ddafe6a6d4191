// Files of rules: who (From, To) may go where (request URI, Contact), or may not.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/script/regex.h"

namespace strowger::permissions {

/// Lines "LIST : LIST", `#` begins a comment. A list is ALL or patterns with commas between them, in quotes or not, and
/// may end with " EXCEPT " and patterns. Patterns are extended regular expressions, found anywhere, without regard to
/// case.
class Rules {
 public:
  /// A faulty line is left out, and told.
  static Rules parse(std::string_view content, const std::function<void(const std::string& why)>& complain);

  bool empty() const { return rules_.empty(); }
  /// Does a rule match both?
  bool match(Text left, Text right) const;

 private:
  using Patterns = std::vector<std::unique_ptr<Pattern>>;
  struct List {
    bool all = false;
    Patterns patterns, except;
    bool match(Text text) const;
  };
  struct Rule {
    List left, right;
  };
  static bool parse_patterns(std::string_view text, Patterns& out, std::string& why);
  static bool parse_list(std::string_view text, List& out, std::string& why);
  static bool parse_rule(std::string_view line, Rule& out, std::string& why);
  std::vector<Rule> rules_;
};

}  // namespace strowger::permissions
