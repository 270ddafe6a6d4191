// A tree over the bytes of addresses that counts how often each was seen, shared by all workers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An address is first counted at a node of its first byte only. A node that is seen often grows a child for the next byte,
// one level a hit, until there is a leaf for the whole address; so a flood of different addresses takes little memory.
//
//   hits on 10.0.0.1:   10 -> 10 -> 10.0 -> 10.0.0 -> 10.0.0.1 (leaf: counted against the density)
//
// Counts are of this time unit and the one before. Both ends of time are found lazily: a node knows the unit it was last
// counted in and the second when it is forgotten.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>

#include "runtime/sip/address.h"

namespace strowger::pike {

struct Limits {
  std::uint32_t density = 30;       ///< per unit
  std::uint32_t unit = 2;           ///< seconds
  std::uint32_t latency = 120;      ///< seconds
};

struct Counts {
  std::uint32_t before = 0, now = 0;
  bool reach(std::uint32_t n) const { return before >= n || now >= n || (std::uint64_t{before} + now) / 2 >= n; }
};

enum class Verdict { Fine, NewlyBlocked, Blocked };

struct Leaf {
  sip::Address address;
  Counts counts;
  std::uint32_t seconds_left = 0;
  bool hot = false, warm = false;
};

class AddressTree {
 public:
  static constexpr std::size_t kMaxNodes = 1u << 20;

  explicit AddressTree(const Limits& limits) : limits_(limits) {}
  ~AddressTree();
  AddressTree(const AddressTree&) = delete;
  AddressTree& operator=(const AddressTree&) = delete;

  /// Counts one hit at `second` of a clock that all workers share. When there is no room for a node the address is fine.
  Verdict hit(const sip::Address& address, std::uint32_t second);
  /// Frees what is forgotten under some of the first bytes; each is seen once in `kShards / count` calls.
  void sweep(std::uint32_t second, unsigned count);
  /// Calls `f(leaf)` for every address, first bytes from 255 down, IPv4 before IPv6.
  template <class F>
  void visit(std::uint32_t second, F f);
  std::size_t nodes() const { return nodes_.load(std::memory_order_relaxed); }

  static constexpr unsigned kShards = 512;   ///< first bytes of IPv4 addresses, then of IPv6

 private:
  struct Node {
    Node* child = nullptr;           ///< the oldest
    Node* next = nullptr;            ///< a younger sibling
    Counts hits, leaf_hits;
    std::uint32_t unit = 0;
    std::uint32_t expires = 0;
    std::uint8_t byte = 0;
  };
  struct Shard {
    std::mutex mutex;                ///< held for a walk of at most 16 levels, or a sweep
    Node* root = nullptr;
  };

  Node* make(std::uint8_t byte, std::uint32_t second);
  void refresh(Node& node, std::uint32_t second) const;
  static Counts at(const Counts& counts, std::uint32_t unit, std::uint32_t now);
  void free_all(Node* node);
  void prune(Node*& first, std::uint32_t second);
  template <class F>
  void visit_node(const Node& node, unsigned depth, Leaf& leaf, std::uint32_t second, F& f);

  const Limits limits_;
  std::array<Shard, kShards> shards_;
  std::atomic<std::size_t> nodes_{0};
  unsigned next_sweep_ = 0;
};

template <class F>
void AddressTree::visit(std::uint32_t second, F f) {
  for (unsigned i = 0; i < kShards; ++i) {
    const unsigned at = (i & ~255u) | (255 - (i & 255));
    std::lock_guard lock(shards_[at].mutex);
    if (!shards_[at].root || shards_[at].root->expires <= second) continue;
    Leaf leaf;
    leaf.address.family = at < 256 ? 4 : 6;
    visit_node(*shards_[at].root, 0, leaf, second, f);
  }
}

// As deep as an address is long.
template <class F>
void AddressTree::visit_node(const Node& node, unsigned depth, Leaf& leaf, std::uint32_t second, F& f) {
  leaf.address.ip[depth] = node.byte;
  if (depth + 1 == (leaf.address.family == 4 ? 4u : 16u)) {
    const std::uint32_t unit = second / limits_.unit;
    leaf.counts = at(node.leaf_hits, node.unit, unit);
    leaf.seconds_left = node.expires - second;
    leaf.hot = leaf.counts.reach(limits_.density);
    leaf.warm = !leaf.hot && at(node.hits, node.unit, unit).reach(limits_.density * 3 / 4 ? limits_.density * 3 / 4 : 1);
    f(leaf);
    return;
  }
  for (const Node* child = node.child; child; child = child->next)
    if (child->expires > second) visit_node(*child, depth + 1, leaf, second, f);
}

}  // namespace strowger::pike
