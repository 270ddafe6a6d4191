// A tree over the bytes of addresses that counts how often each was seen.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/pike/address_tree.h"

#include <algorithm>

namespace strowger::pike {

AddressTree::~AddressTree() {
  for (Shard& shard : shards_) free_all(shard.root);
}

// By levels of siblings, and down: as deep as an address is long.
void AddressTree::free_all(Node* node) {
  while (node) {
    free_all(node->child);
    Node* const next = node->next;
    delete node;
    nodes_.fetch_sub(1, std::memory_order_relaxed);
    node = next;
  }
}

AddressTree::Node* AddressTree::make(std::uint8_t byte, std::uint32_t second) {
  if (nodes_.load(std::memory_order_relaxed) >= kMaxNodes) return nullptr;
  auto* const node = new Node;
  nodes_.fetch_add(1, std::memory_order_relaxed);
  node->byte = byte;
  node->unit = second / limits_.unit;
  node->expires = second + limits_.latency;
  return node;
}

Counts AddressTree::at(const Counts& counts, std::uint32_t unit, std::uint32_t now) {
  if (unit == now) return counts;
  return {unit + 1 == now ? counts.now : 0, 0};
}

void AddressTree::refresh(Node& node, std::uint32_t second) const {
  const std::uint32_t unit = second / limits_.unit;
  node.hits = at(node.hits, node.unit, unit);
  node.leaf_hits = at(node.leaf_hits, node.unit, unit);
  node.unit = unit;
  node.expires = second + limits_.latency;
}

Verdict AddressTree::hit(const sip::Address& address, std::uint32_t second) {
  const unsigned length = address.family == 4 ? 4 : 16;
  Shard& shard = shards_[(address.family == 4 ? 0 : 256) + address.ip[0]];
  std::lock_guard lock(shard.mutex);
  // What is under a forgotten node is forgotten, too: each hit renews all nodes it passes.
  if (shard.root && shard.root->expires <= second) {
    free_all(shard.root);
    shard.root = nullptr;
  }
  if (!shard.root) {
    shard.root = make(address.ip[0], second);
    if (shard.root) shard.root->hits.now = 1;
    return Verdict::Fine;
  }
  Node* node = shard.root;
  unsigned depth = 1;
  for (;; ++depth) {
    refresh(*node, second);
    if (depth == length) break;
    Node** link = &node->child;
    while (*link && (*link)->byte != address.ip[depth]) link = &(*link)->next;
    if (*link && (*link)->expires <= second) {
      Node* const old = *link;
      *link = old->next;
      old->next = nullptr;
      free_all(old);
      break;
    }
    if (!*link) break;
    node = *link;
  }
  if (depth == length) {
    const bool was_blocked = node->leaf_hits.reach(limits_.density);
    ++node->leaf_hits.now;
    if (!node->leaf_hits.reach(limits_.density)) return Verdict::Fine;
    return was_blocked ? Verdict::Blocked : Verdict::NewlyBlocked;
  }
  ++node->hits.now;
  if (!node->hits.reach(limits_.density / 4)) return Verdict::Fine;
  if (Node* const child = make(address.ip[depth], second)) {
    child->hits = node->hits;
    Node** end = &node->child;
    while (*end) end = &(*end)->next;
    *end = child;
  }
  return Verdict::Fine;
}

void AddressTree::prune(Node*& first, std::uint32_t second) {
  for (Node** link = &first; *link;) {
    Node* const node = *link;
    if (node->expires > second) {
      prune(node->child, second);
      link = &node->next;
      continue;
    }
    *link = node->next;
    node->next = nullptr;
    free_all(node);
  }
}

void AddressTree::sweep(std::uint32_t second, unsigned count) {
  for (; count > 0; --count) {
    Shard& shard = shards_[next_sweep_];
    next_sweep_ = (next_sweep_ + 1) % kShards;
    std::lock_guard lock(shard.mutex);
    prune(shard.root, second);
  }
}

}  // namespace strowger::pike
