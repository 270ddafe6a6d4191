// Random well-typed expressions, variables and transformations.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>
#include <vector>

#include "tests/property/random.h"
#include "tests/property/tree.h"

namespace strowger::property {

class ExpressionMaker {
 public:
  ExpressionMaker(Random& random, int id, bool narrow) : random_(random), id_(std::to_string(id)), narrow_(narrow) {}

  Node any(int depth) { return made(depth, kAny).node; }
  Node condition(int depth) { return made(depth, kInt | kUnknown).node; }
  Node in_parentheses(int depth);

  std::vector<std::string> lasting() const;      ///< variables that stay from message to message
  std::string target();                          ///< something to assign to
  std::string slot();                            ///< one of the $var and $vn
  std::string uri_part(const std::string& target);
  std::string label(std::size_t kind);           ///< 0 int, 1 text, 2 texts and patterns
  std::string format_variable();
  std::string function_call();                   ///< one that gives a code
  std::string function_statement();

 private:
  /// What Kamailio's parser knows about an expression: the masks of what is allowed are made of these.
  enum Type : unsigned { kInt = 1, kText = 2, kUnknown = 4, kAny = 7 };
  struct Made {
    Node node;
    Type type;
    int level;   ///< 0 primary ... 14 `||`
  };
  Random& random_;
  std::string id_;
  bool narrow_;

  Made made(int depth, unsigned allowed);
  Made leaf(unsigned allowed);
  Made unary(int depth, unsigned allowed);
  Made binary(int depth, unsigned allowed);
  Node wrapped(Made operand, int above);
  std::string number();
  std::string string();
  std::string variable();
  std::string own(const char* form);
  std::string plain_variable();
  std::string transformed(std::string variable);
  std::string transformation();
  std::string argument();
  std::string pattern(int depth, bool begins = true, bool ends = true);
};

}  // namespace strowger::property
