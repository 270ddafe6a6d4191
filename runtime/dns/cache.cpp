// The cache of DNS answers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/dns/cache.h"

#include <algorithm>

namespace strowger::dns {
namespace {

constexpr int kLookBack = 64;              // entries that are looked at for room, from the end

std::size_t size_of(const std::string& key, const Answer& answer) {
  std::size_t bytes = 200 + key.size() + sizeof(Answer);
  for (const Record& record : answer.records)
    bytes += sizeof(Record) + record.name.size() + record.flags.size() + record.services.size() + record.regexp.size();
  return bytes;
}

}  // namespace

std::string Cache::key_of(std::string_view name, Type type) {
  const auto number = static_cast<std::uint16_t>(type);
  std::string key;
  key.reserve(name.size() + 2);
  key += static_cast<char>(number >> 8);
  key += static_cast<char>(number & 0xff);
  key += name;
  return key;
}

Cache::List::iterator Cache::find_entry(std::string_view key) {
  const auto at = map_.find(key);
  return at == map_.end() ? list_.end() : at->second;
}

void Cache::drop(List::iterator entry) {
  numbers_.bytes -= entry->bytes;
  map_.erase(entry->key);
  list_.erase(entry);
}

void Cache::sweep(std::int64_t now) {
  swept_ = now;
  for (auto entry = list_.begin(); entry != list_.end();) {
    const auto here = entry++;
    if (!here->fixed && here->expires + kStale <= now) drop(here);
  }
}

bool Cache::make_room(std::size_t bytes, std::int64_t now) {
  if (bytes > limits_.bytes) return false;
  auto entry = list_.end();
  for (int i = 0; i < kLookBack && entry != list_.begin() && numbers_.bytes + bytes > limits_.bytes; ++i) {
    const auto here = std::prev(entry);
    if (!here->fixed && (here->expires <= now || limits_.delete_nonexpired)) drop(here);
    else entry = here;
  }
  return numbers_.bytes + bytes <= limits_.bytes;
}

Cache::Entry* Cache::store(std::string key, SharedAnswer answer, std::int64_t expires, bool fixed, std::int64_t now) {
  const std::size_t bytes = size_of(key, *answer);
  if (!fixed && !make_room(bytes, now)) {
    ++numbers_.full;
    return nullptr;
  }
  list_.push_front({std::move(key), std::move(answer), expires, expires, now, bytes, fixed, false});
  map_.emplace(list_.front().key, list_.begin());
  numbers_.bytes += bytes;
  return &list_.front();
}

SharedAnswer Cache::find(std::string_view name, Type type, std::int64_t now) {
  const std::string key = key_of(name, type);
  const std::lock_guard guard(mutex_);
  const auto entry = find_entry(key);
  if (entry == list_.end() || (!entry->fixed && entry->given_until <= now)) {
    ++numbers_.misses;
    return nullptr;
  }
  ++numbers_.hits;
  entry->used = now;
  if (entry != list_.begin()) list_.splice(list_.begin(), list_, entry);
  return entry->answer;
}

SharedAnswer Cache::put(std::string_view name, Type type, Answer answer, std::int64_t now) {
  std::string key = key_of(name, type);
  const std::lock_guard guard(mutex_);
  if (now - swept_ >= limits_.sweep) sweep(now);
  const auto old = find_entry(key);
  if (old != list_.end() && old->fixed) return old->answer;
  if (answer.status == Status::Failed && old != list_.end() && old->answer->status == Status::Found && now < old->expires + kStale) {
    ++numbers_.stale;
    old->given_until = now + kStaleAgain;
    return old->answer;
  }
  if (old != list_.end()) drop(old);
  std::uint32_t ttl = limits_.negative_ttl;
  if (answer.status == Status::Found) ttl = std::min(std::max(answer.ttl, limits_.min_ttl), limits_.max_ttl);
  auto shared = std::make_shared<const Answer>(std::move(answer));
  if (limits_.on && ttl > 0) store(std::move(key), shared, now + std::int64_t{ttl} * 1000, false, now);
  return shared;
}

void Cache::add(std::string_view name, Type type, Record record, bool for_ever, std::int64_t now) {
  std::string key = key_of(name, type);
  const std::lock_guard guard(mutex_);
  Answer answer;
  if (const auto old = find_entry(key); old != list_.end()) {
    if (old->added) answer = *old->answer;
    drop(old);
  }
  const std::uint32_t ttl = record.ttl;
  answer.status = Status::Found;
  answer.ttl = ttl;
  if (answer.records.size() < kMaxRecords) answer.records.push_back(std::move(record));
  const std::int64_t expires = for_ever ? INT64_MAX : now + std::int64_t{ttl} * 1000;
  if (Entry* const entry = store(std::move(key), std::make_shared<const Answer>(std::move(answer)), expires, for_ever, now)) entry->added = true;
}

std::optional<Cache::Entry> Cache::entry(std::string_view name, Type type) const {
  const std::lock_guard guard(mutex_);
  const auto at = map_.find(key_of(name, type));
  return at == map_.end() ? std::nullopt : std::optional<Entry>(*at->second);
}

bool Cache::remove(std::string_view name, Type type) {
  const std::lock_guard guard(mutex_);
  const auto entry = find_entry(key_of(name, type));
  if (entry == list_.end()) return false;
  drop(entry);
  return true;
}

void Cache::clear(bool fixed) {
  const std::lock_guard guard(mutex_);
  for (auto entry = list_.begin(); entry != list_.end();) {
    const auto here = entry++;
    if (fixed || !here->fixed) drop(here);
  }
}

std::vector<Cache::Entry> Cache::entries(std::size_t most) const {
  const std::lock_guard guard(mutex_);
  std::vector<Entry> out;
  out.reserve(std::min(most, list_.size()));
  for (const Entry& entry : list_) {
    if (out.size() == most) break;
    out.push_back(entry);
  }
  return out;
}

Cache::Numbers Cache::numbers() const {
  const std::lock_guard guard(mutex_);
  Numbers numbers = numbers_;
  numbers.entries = list_.size();
  return numbers;
}

}  // namespace strowger::dns
