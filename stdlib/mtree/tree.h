// A tree of prefixes: each character is one step, a node may have values.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/script/database.h"

namespace strowger::mtree {

/// The characters of prefixes, each with a number.
class Alphabet {
 public:
  /// At most 128 different ones count.
  explicit Alphabet(std::string_view characters);
  static constexpr unsigned kNone = 255;
  unsigned number(char c) const { return numbers_[static_cast<unsigned char>(c)]; }
  char character(unsigned number) const { return characters_[number]; }
  unsigned size() const { return static_cast<unsigned>(characters_.size()); }

 private:
  std::string characters_;
  std::array<std::uint8_t, 256> numbers_;
};

enum class Type : std::uint8_t { Text = 0, Weights = 1, Number = 2 };
enum class Duplicates : std::uint8_t { Refused, LeftOut, Kept };

struct Destination {
  Int id = 0, weight = 0;
};

struct Item {
  std::string text;                      ///< as the table has it
  Int number = 0;                        ///< Type::Number
  std::vector<Destination> destinations; ///< Type::Weights
};

class Tree {
 public:
  Tree(std::string name, Type type, const Alphabet& alphabet) : name(std::move(name)), type(type), alphabet_(alphabet), nodes_(1) {}

  const std::string name;
  const Type type;
  std::size_t items = 0;

  /// False and `why` for an empty or too long prefix, other characters, a value that does not fit, and a prefix that is there
  /// already and may not be.
  bool add(std::string_view prefix, std::string value, Duplicates duplicates, std::string& why);

  /// Calls `visit` for each prefix of the text that has values, short ones first, newest value first. False at a character that is
  /// none of the alphabet.
  bool walk(std::string_view text, const std::function<void(std::string_view prefix, const std::vector<Item>&)>& visit) const;
  /// All prefixes with values, in the alphabet's order.
  void each(const std::function<void(const std::string& prefix, const std::vector<Item>&)>& visit) const;

  /// Nodes that have children, the root among them.
  std::size_t nodes() const;
  std::size_t bytes() const { return nodes_.size() * (sizeof(Node) + 4 * alphabet_.size()) + items * sizeof(Item); }

  static constexpr std::size_t kMaxPrefix = 32;

 private:
  struct Node {
    std::vector<std::uint32_t> next;     ///< by character; 0: none. Empty: no children.
    std::vector<Item> items;
  };
  const Alphabet& alphabet_;
  std::vector<Node> nodes_;
};

using Trees = std::vector<std::shared_ptr<const Tree>>;

}  // namespace strowger::mtree
