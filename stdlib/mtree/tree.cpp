// Trees of prefixes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/mtree/tree.h"

#include <algorithm>

namespace strowger::mtree {
namespace {

constexpr std::size_t kMaxCharacters = 128;
constexpr std::size_t kMaxNodes = 16'000'000;

/// "5:90;6" as destinations with weights.
bool read_destinations(std::string_view text, std::vector<Destination>& out) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(';'), text.size());
    const std::string_view one = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (one.empty()) continue;
    const std::size_t colon = std::min(one.find(':'), one.size());
    const auto id = db::number_in(std::string(one.substr(0, colon)));
    const auto weight = colon == one.size() ? std::optional<Int>(0) : db::number_in(std::string(one.substr(colon + 1)));
    if (!id || !weight) return false;
    out.push_back({*id, *weight});
  }
  return !out.empty();
}

}  // namespace

Alphabet::Alphabet(std::string_view characters) {
  numbers_.fill(kNone);
  for (const char c : characters) {
    std::uint8_t& number = numbers_[static_cast<unsigned char>(c)];
    if (number != kNone || characters_.size() == kMaxCharacters) continue;
    number = static_cast<std::uint8_t>(characters_.size());
    characters_ += c;
  }
}

bool Tree::add(std::string_view prefix, std::string value, Duplicates duplicates, std::string& why) {
  const auto bad = [&](std::string_view what) {
    why = "tree '" + name + "', prefix '" + std::string(prefix.substr(0, 60)) + "': " + std::string(what);
    return false;
  };
  if (prefix.empty() || prefix.size() > kMaxPrefix) return bad("it is empty or longer than 32");
  Item item;
  if (type == Type::Number) {
    const auto number = db::number_in(value);
    if (!number) return bad("its value is no number");
    item.number = *number;
  }
  if (type == Type::Weights && !read_destinations(value, item.destinations)) return bad("its value is not as 5:90;6:10");
  item.text = std::move(value);
  std::uint32_t at = 0;
  for (const char c : prefix) {
    const unsigned number = alphabet_.number(c);
    if (number == Alphabet::kNone) return bad("it has a character that is not in char_list");
    if (nodes_[at].next.empty()) nodes_[at].next.resize(alphabet_.size());
    if (!nodes_[at].next[number]) {
      if (nodes_.size() == kMaxNodes) return bad("the tree has too many nodes");
      nodes_[at].next[number] = static_cast<std::uint32_t>(nodes_.size());
      nodes_.emplace_back();
    }
    at = nodes_[at].next[number];
  }
  std::vector<Item>& there = nodes_[at].items;
  if (!there.empty() && duplicates == Duplicates::LeftOut) return true;
  if (!there.empty() && duplicates == Duplicates::Refused) return bad("it is there already");
  there.insert(there.begin(), std::move(item));
  ++items;
  return true;
}

bool Tree::walk(std::string_view text, const std::function<void(std::string_view, const std::vector<Item>&)>& visit) const {
  std::uint32_t at = 0;
  for (std::size_t i = 0; i < text.size() && !nodes_[at].next.empty(); ++i) {
    const unsigned number = alphabet_.number(text[i]);
    if (number == Alphabet::kNone) return false;
    at = nodes_[at].next[number];
    if (!at) return true;
    if (!nodes_[at].items.empty()) visit(text.substr(0, i + 1), nodes_[at].items);
  }
  return true;
}

std::size_t Tree::nodes() const {
  return static_cast<std::size_t>(std::count_if(nodes_.begin(), nodes_.end(), [](const Node& node) { return !node.next.empty(); }));
}

void Tree::each(const std::function<void(const std::string&, const std::vector<Item>&)>& visit) const {
  struct Place {
    std::uint32_t node;
    unsigned next;
  };
  std::vector<Place> path = {{0, 0}};
  std::string prefix;
  while (!path.empty()) {
    Place& last = path.back();
    const Node& node = nodes_[last.node];
    if (last.next == 0 && !node.items.empty()) visit(prefix, node.items);
    while (last.next < node.next.size() && !node.next[last.next]) ++last.next;
    if (last.next >= node.next.size()) {
      path.pop_back();
      if (!prefix.empty()) prefix.pop_back();
      continue;
    }
    prefix += alphabet_.character(last.next);
    const std::uint32_t child = node.next[last.next++];
    path.push_back({child, 0});
  }
}

}  // namespace strowger::mtree
