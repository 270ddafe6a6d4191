// Rules of a dial plan: what a number must look like, and what becomes of it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/script/database.h"
#include "runtime/script/pcre_pattern.h"

namespace strowger::dialplan {

enum class MatchOp : std::uint8_t { Equal = 0, Pattern = 1, FileName = 2 };

struct Rule {
  Int priority = 0;
  MatchOp op = MatchOp::Equal;
  Int length = 0;                    ///< of the texts that it is for; 0: any
  std::string match, subst, replacement, attributes;
  pcre::Pattern match_pattern;       ///< MatchOp::Pattern
  pcre::Pattern subst_pattern;       ///< null where `subst` is empty: the replacement is taken as it is
  /// Pieces of the replacement: a text, or a group of subst_pattern.
  struct Piece {
    std::string text;
    int group = -1;
  };
  std::vector<Piece> pieces;
};

/// The rules of an id: by length, those for any length last; by priority; as they stand in the table.
struct Plan {
  Int id = 0;
  std::vector<Rule> rules;
};

struct Plans {
  std::vector<Plan> plans;
  const Plan* find(Int id) const;
};

/// Builds from rows of dpid, pr, match_op, match_exp, match_len, subst_exp, repl_exp, attrs. Null and `why` when one is faulty.
std::shared_ptr<const Plans> build(const db::Rows& rows, std::string& why);

struct Translation {
  const Rule* rule = nullptr;
  std::optional<std::string> output; ///< nothing: the rule has no replacement
};
/// Puts values for the variables of a piece of repl_exp, where there is a subst_exp; nothing where one is unknown.
using Expand = std::function<std::optional<Text>(std::string_view)>;
/// The first rule that matches, and its output. Nothing where none does, where its subst_exp does not match, and (with `why`) where
/// matching took too many steps.
std::optional<Translation> translate(const Plan& plan, std::string_view text, pcre::Matcher& matcher, std::string& why,
                                     const Expand& expand = {});
/// The first rule that matches; null where none does.
const Rule* find_rule(const Plan& plan, std::string_view text, pcre::Matcher& matcher, std::string& why);

}  // namespace strowger::dialplan
