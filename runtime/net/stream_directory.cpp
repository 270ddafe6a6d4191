// The connections of all workers, by id and by peer.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/stream_transport.h"

namespace strowger::net {

std::size_t StreamDirectory::Hash::operator()(const sip::Address& address) const {
  std::uint64_t words[2];
  std::memcpy(words, address.ip.data(), sizeof words);
  const std::uint64_t mixed = (words[0] ^ (words[1] * 0x9e3779b97f4a7c15ULL) ^ address.port) * 0xd6e8feb86659fd93ULL;
  return mixed ^ (mixed >> 32U);
}

std::uint32_t StreamDirectory::open(std::uint32_t worker, const sip::Address& peer, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  if (count_.load(std::memory_order_relaxed) >= limit) return 0;
  count_.fetch_add(1, std::memory_order_relaxed);
  // Ids of a worker are worker + 1 modulo workers; after four thousand million divided by workers they begin again.
  const std::uint32_t rounds = (UINT32_MAX - workers_) / workers_;
  const std::uint32_t id = (next_++ % rounds) * workers_ + worker + 1;
  by_peer_[peer] = id;
  return id;
}

void StreamDirectory::close(std::uint32_t connection, const sip::Address& peer) {
  const std::lock_guard lock(mutex_);
  count_.fetch_sub(1, std::memory_order_relaxed);
  const auto found = by_peer_.find(peer);
  if (found != by_peer_.end() && found->second == connection) by_peer_.erase(found);
  const auto [begin, end] = aliases_.equal_range(connection);
  for (auto alias = begin; alias != end; ++alias)
    if (const auto entry = by_peer_.find(alias->second); entry != by_peer_.end() && entry->second == connection) by_peer_.erase(entry);
  aliases_.erase(connection);
}

void StreamDirectory::add_alias(std::uint32_t connection, const sip::Address& alias) {
  constexpr std::size_t kAliases = 4;                // of one connection: a peer has one listening port, rarely more
  const std::lock_guard lock(mutex_);
  const auto there = by_peer_.find(alias);
  if (there != by_peer_.end() && there->second == connection) return;
  if (aliases_.count(connection) >= kAliases) return;
  by_peer_[alias] = connection;
  aliases_.emplace(connection, alias);
}

bool StreamDirectory::queue(std::size_t bytes, std::size_t limit) {
  if (queued_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= limit) return true;
  unqueue(bytes);
  return false;
}

std::uint32_t StreamDirectory::find(const sip::Address& peer) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_peer_.find(peer);
  return found == by_peer_.end() ? 0 : found->second;
}

}  // namespace strowger::net
