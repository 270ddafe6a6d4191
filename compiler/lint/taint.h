// Which variables may hold what a sender wrote, as it was written.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <set>
#include <string>
#include <unordered_map>

#include "compiler/lint/index.h"

namespace strowger::lint {

struct Taint {
  explicit Taint(const Index& index);

  /// By name ("$var(q)"): the part of the message that it may hold ("$fU").
  std::unordered_map<std::string, std::string> variables;

  /// The part of the message that the value may hold unchanged, empty where it holds none. What a transformation makes
  /// harmless (numbers, hashes, escaped text) is no longer part of the message.
  std::string source_in(const program::Expr& e) const;

 private:
  const Index& index_;
  std::set<std::string> checked_;  ///< variables that the script compares with a list of harmless characters
};

/// Does the variable come out of the message and hold text that its sender chose?
bool is_message_text(const modules::Variable& variable);

}  // namespace strowger::lint
