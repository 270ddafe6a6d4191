// The connections of all workers, by id, by peer and by source.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/net/stream_directory.h"

#include <cstring>
#include <utility>

namespace strowger::net {
namespace {

bool is_secure(const StreamPeer& peer) {
  return peer.protocol == sip::Protocol::Tls || peer.protocol == sip::Protocol::Wss;
}

StreamPeer source_of(const StreamPeer& peer) {
  StreamPeer source = peer;
  source.address.port = 0;
  source.protocol = sip::Protocol::Any;
  return source;
}

}  // namespace

std::size_t StreamDirectory::Hash::operator()(const StreamPeer& peer) const {
  std::uint64_t words[2];
  std::memcpy(words, peer.address.ip.data(), sizeof words);
  const std::uint64_t rest = (static_cast<std::uint64_t>(peer.protocol) << 16U) | peer.address.port;
  const std::uint64_t mixed = (words[0] ^ (words[1] * 0x9e3779b97f4a7c15ULL) ^ rest) * 0xd6e8feb86659fd93ULL;
  return mixed ^ (mixed >> 32U);
}

std::uint32_t StreamDirectory::open(std::uint32_t worker, const StreamPeer& peer, bool accepted, const StreamLimits& limits, const char*& why) {
  const std::lock_guard lock(mutex_);
  if (count() >= limits.connections) return why = "tcp_max_connections", 0;
  if (is_secure(peer) && secure_count() >= limits.secure_connections) return why = "tls_max_connections", 0;
  if (accepted) {
    std::uint32_t& of_source = accepted_[source_of(peer)];
    if (limits.per_source != 0 && of_source >= limits.per_source) return why = "tcp_accept_iplimit", 0;
    ++of_source;
  }
  count_.fetch_add(1, std::memory_order_relaxed);
  if (is_secure(peer)) secure_.fetch_add(1, std::memory_order_relaxed);
  // Ids of a worker are worker + 1 modulo workers; after four thousand million divided by workers they begin again.
  const std::uint32_t rounds = (UINT32_MAX - workers_) / workers_;
  const std::uint32_t id = (next_++ % rounds) * workers_ + worker + 1;
  by_peer_[peer] = id;
  open_.insert(id);
  return id;
}

void StreamDirectory::close(std::uint32_t connection, const StreamPeer& peer, bool accepted) {
  const std::lock_guard lock(mutex_);
  count_.fetch_sub(1, std::memory_order_relaxed);
  if (is_secure(peer)) secure_.fetch_sub(1, std::memory_order_relaxed);
  if (accepted)
    if (const auto source = accepted_.find(source_of(peer)); source != accepted_.end() && --source->second == 0) accepted_.erase(source);
  const auto found = by_peer_.find(peer);
  if (found != by_peer_.end() && found->second == connection) by_peer_.erase(found);
  const auto [begin, end] = aliases_.equal_range(connection);
  for (auto alias = begin; alias != end; ++alias)
    if (const auto entry = by_peer_.find(alias->second); entry != by_peer_.end() && entry->second == connection) by_peer_.erase(entry);
  aliases_.erase(connection);
  facts_.erase(connection);
  open_.erase(connection);
  wire_.erase(connection);
}

void StreamDirectory::change(std::uint32_t connection, const StreamPeer& from, sip::Protocol to) {
  const std::lock_guard lock(mutex_);
  const auto found = by_peer_.find(from);
  if (found != by_peer_.end() && found->second == connection) by_peer_.erase(found);
  const StreamPeer peer{from.address, to};
  if (is_secure(from) && !is_secure(peer)) secure_.fetch_sub(1, std::memory_order_relaxed);
  if (!is_secure(from) && is_secure(peer)) secure_.fetch_add(1, std::memory_order_relaxed);
  by_peer_[peer] = connection;
}

bool StreamDirectory::move(std::uint32_t connection, const StreamPeer& from, const StreamPeer& to, const StreamLimits& limits) {
  const std::lock_guard lock(mutex_);
  std::uint32_t& of_source = accepted_[source_of(to)];
  if (limits.per_source != 0 && of_source >= limits.per_source && source_of(from) != source_of(to)) return false;
  ++of_source;
  if (const auto old = accepted_.find(source_of(from)); old != accepted_.end() && --old->second == 0) accepted_.erase(old);
  const auto found = by_peer_.find(from);
  if (found != by_peer_.end() && found->second == connection) by_peer_.erase(found);
  by_peer_[to] = connection;
  wire_.emplace(connection, from.address);
  return true;
}

void StreamDirectory::add_alias(std::uint32_t connection, const StreamPeer& alias) {
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

std::uint32_t StreamDirectory::find(const StreamPeer& peer) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_peer_.find(peer);
  return found == by_peer_.end() ? 0 : found->second;
}

bool StreamDirectory::is_open(std::uint32_t connection) const {
  const std::lock_guard lock(mutex_);
  return open_.contains(connection);
}

std::optional<sip::Address> StreamDirectory::wire_of(std::uint32_t connection) const {
  const std::lock_guard lock(mutex_);
  const auto found = wire_.find(connection);
  return found == wire_.end() ? std::nullopt : std::optional(found->second);
}

void StreamDirectory::set_facts(std::uint32_t connection, std::shared_ptr<const StreamFacts> facts) {
  const std::lock_guard lock(mutex_);
  facts_[connection] = std::move(facts);
}

std::shared_ptr<const StreamFacts> StreamDirectory::facts(std::uint32_t connection) const {
  const std::lock_guard lock(mutex_);
  const auto found = facts_.find(connection);
  return found == facts_.end() ? nullptr : found->second;
}

}  // namespace strowger::net
