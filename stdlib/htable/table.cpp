// Locks, items and expiry of a table.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/htable/table.h"

#include <immintrin.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <thread>

#include "runtime/script/append.h"

namespace strowger::htable {
namespace {

/// A shard that another worker holds for longer than this is given up, with an error.
constexpr auto kPatience = std::chrono::milliseconds(200);   // of a thread
constexpr Millis kScriptPatience = 10000;
constexpr std::uint32_t kMaxBuckets = 1U << 22;
constexpr Int kMaxSeconds = INT32_MAX;
constexpr std::size_t kShort = 32;   ///< bytes of a text that are copied without a call

bool is_too_long(Text key, Value value) { return key.len > kMaxKey || (value.is_text() && value.len > kMaxText); }

}  // namespace

void free_items(Item* first) {
  while (first) {
    Item* const next = first->next;
    std::free(first);
    first = next;
  }
}

Table::Table(const Definition& definition, std::uint64_t hash_seed)
    : definition_(definition),
      seed_(hash_seed),
      shard_mask_(std::min(1U << definition.size, kMaxShards) - 1),
      shards_(std::make_unique<Shard[]>(shard_mask_ + 1)) {
  const std::uint32_t buckets = (1U << definition.size) / (shard_mask_ + 1);
  for (unsigned i = 0; i <= shard_mask_; ++i) {
    shards_[i].mask = buckets - 1;
    shards_[i].buckets = std::make_unique<Item*[]>(buckets);
  }
}

Table::~Table() {
  for (unsigned i = 0; i <= shard_mask_; ++i)
    for (std::uint32_t b = 0; b <= shards_[i].mask; ++b) free_items(shards_[i].buckets[b]);
}

bool Table::wait(Shard& shard, const Owner& me) {
  const auto try_once = [&] {
    std::uint32_t free = 0;
    if (shard.owner.load(std::memory_order_relaxed) != 0 ||
        !shard.owner.compare_exchange_strong(free, me.id, std::memory_order_acquire, std::memory_order_relaxed))
      return false;
    ++shard.depth;
    return true;
  };
  for (int i = 0; i < 100; ++i) {
    if (try_once()) return true;
    _mm_pause();
  }
  // A script holds it, and perhaps waits itself: this one leaves the thread to others.
  if (me.scripts != nullptr && me.scripts->may_wait()) {
    for (Millis waited = 0, step = 1; waited < kScriptPatience; waited += step, step = std::min<Millis>(step * 2, 16)) {
      if (!me.scripts->sleep(step)) return false;
      if (try_once()) return true;
    }
    return false;
  }
  const auto end = std::chrono::steady_clock::now() + kPatience;
  do {
    if (try_once()) return true;
    std::this_thread::yield();
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

Item* Table::make(std::uint64_t hash, Text key, std::uint32_t capacity) {
  void* const memory = std::malloc(sizeof(Item) + key.len + capacity);
  if (!memory) return nullptr;
  Item* const item = new (memory) Item{nullptr, hash, 0, 0, static_cast<std::uint32_t>(key.len), 0, capacity, false};
  if (key.len) std::memcpy(item->bytes(), key.ptr, key.len);
  return item;
}

/// Puts the value into the item, or into a larger one in its place; false when memory ran out.
bool Table::store(Item*& item, Value value) {
  if (!value.is_text()) {
    item->number = value.number();
    item->is_text = false;
    return true;
  }
  const Text text = value.text();
  if (text.len > item->capacity) {
    Item* const larger = make(item->hash, item->key(), static_cast<std::uint32_t>(text.len + text.len / 4));
    if (!larger) return false;
    larger->next = item->next;
    larger->expires = item->expires;
    std::free(item);
    item = larger;
  }
  if (text.len) std::memcpy(item->bytes() + item->key_length, text.ptr, text.len);
  item->text_length = static_cast<std::uint32_t>(text.len);
  item->is_text = true;
  return true;
}

void Table::drop(Shard& shard, Item** place) {
  Item* const item = *place;
  *place = item->next;
  std::free(item);
  --shard.count;
}

void Table::grow(Shard& shard) {
  const std::uint32_t size = (shard.mask + 1) * 2;
  std::unique_ptr<Item*[]> wider(new (std::nothrow) Item*[size]());
  if (!wider) return;  // longer chains will do
  for (std::uint32_t b = 0; b <= shard.mask; ++b)
    for (Item* item = shard.buckets[b]; item;) {
      Item* const next = item->next;
      Item*& place = wider[(item->hash >> 6) & (size - 1)];
      item->next = place;
      place = item;
      item = next;
    }
  shard.buckets = std::move(wider);
  shard.mask = size - 1;
}

Written Table::insert(Shard& shard, Item** place, std::uint64_t hash, Text key, Value value, Millis expires) {
  Item* item = make(hash, key, value.is_text() ? value.len : 0);
  if (!item) return Written::NoMemory;
  store(item, value);  // fits
  item->expires = expires;
  *place = item;
  if (++shard.count > 2 * (shard.mask + 1) && shard.mask + 1 < kMaxBuckets) grow(shard);
  return Written::Yes;
}

Millis Table::end_of_life(Millis now, Int seconds) const {
  if (!expires()) return 0;
  return now + std::min(seconds > 0 ? seconds : definition_.autoexpire, kMaxSeconds) * 1000;
}

// The usual way makes no calls: the shard is free, and a text is short.
Value Table::get(std::uint64_t h, Owner me, Text key, Millis now, sip::Arena& arena) {
  Shard& shard = shards_[static_cast<unsigned>(h) & shard_mask_];
  if (!try_acquire(shard, me.id)) [[unlikely]]
    return get_long_way(me, key, now, arena);
  const Item* const item = *find(shard, h, key);
  Value value;
  if (!item || item->is_over(now)) {
    if (definition_.has_initval) value = Value::of(definition_.initval);
  } else if (!item->is_text) {
    value = Value::of(item->number);
  } else {
    const Text text = item->text();
    char* const room = text.len <= kShort ? static_cast<char*>(arena.try_allocate(text.len)) : nullptr;
    if (!room) {
      release(shard);
      return get_long_way(me, key, now, arena);
    }
    append_short(room, text);
    value = Value::of(Text(room, text.len));
  }
  release(shard);
  return value;
}

Value Table::get_long_way(Owner me, Text key, Millis now, sip::Arena& arena) {
  const std::uint64_t h = hash(key);
  const Held held(*this, static_cast<unsigned>(h) & shard_mask_, me);
  if (!held) return Value::failed();
  const Item* const item = *find(held.shard(), h, key);
  if (!item || item->is_over(now)) return definition_.has_initval ? Value::of(definition_.initval) : Value::null();
  if (item->is_text) return Value::of(arena.copy(item->text()));
  return Value::of(item->number);
}

// The same for a value that goes into the item that is there.
Written Table::put(std::uint64_t h, Owner me, Text key, Value value, Millis now, Int seconds) {
  Shard& shard = shards_[static_cast<unsigned>(h) & shard_mask_];
  if (!try_acquire(shard, me.id)) [[unlikely]]
    return put_long_way(me, key, value, now, seconds);
  Item* const item = *find(shard, h, key);
  const bool is_text = value.kind == Value::kText;
  if (!item || item->is_over(now) || seconds > 0 || (!is_text && value.kind != Value::kInt) ||
      (is_text && (value.len > kShort || value.len > item->capacity))) {
    release(shard);
    return put_long_way(me, key, value, now, seconds);
  }
  item->is_text = is_text;
  if (is_text) {
    append_short(item->bytes() + item->key_length, value.text());
    item->text_length = value.len;
  } else {
    item->number = static_cast<Int>(value.bits);
  }
  if (definition_.update_expire) item->expires = end_of_life(now, 0);
  release(shard);
  return Written::Yes;
}

Written Table::put_long_way(Owner me, Text key, Value value, Millis now, Int seconds) {
  if (is_too_long(key, value)) return Written::TooLong;
  const std::uint64_t h = hash(key);
  const Held held(*this, static_cast<unsigned>(h) & shard_mask_, me);
  if (!held) return Written::Busy;
  Item** const place = find(held.shard(), h, key);
  if (!*place) return insert(held.shard(), place, h, key, value, end_of_life(now, seconds));
  const bool over = (*place)->is_over(now);
  if (!store(*place, value)) return Written::NoMemory;
  if (over || seconds > 0 || definition_.update_expire) (*place)->expires = end_of_life(now, seconds);
  return Written::Yes;
}

bool Table::remove(Owner me, Text key) {
  const std::uint64_t h = hash(key);
  const Held held(*this, static_cast<unsigned>(h) & shard_mask_, me);
  if (!held) return false;
  Item** const place = find(held.shard(), h, key);
  if (*place) drop(held.shard(), place);
  return true;
}

Value Table::add(Owner me, Text key, Int by, Millis now) {
  const auto sum = [by](Int n) {
    return static_cast<Int>(static_cast<std::uint64_t>(n) + static_cast<std::uint64_t>(by));
  };
  const std::uint64_t h = hash(key);
  const Held held(*this, static_cast<unsigned>(h) & shard_mask_, me);
  if (!held) return Value::failed();
  Item** const place = find(held.shard(), h, key);
  Item* const item = *place;
  if (!item || item->is_over(now)) {
    if (!definition_.has_initval || key.len > kMaxKey) return Value::null();
    const Value first = Value::of(sum(definition_.initval));
    if (!item) {
      return insert(held.shard(), place, h, key, first, end_of_life(now, 0)) == Written::Yes ? first : Value::failed();
    }
    store(*place, first);  // an int always fits
    (*place)->expires = end_of_life(now, 0);
    return first;
  }
  if (item->is_text) return Value::null();
  item->number = sum(item->number);
  if (definition_.update_expire) item->expires = end_of_life(now, 0);
  return Value::of(item->number);
}

Int Table::remaining(Owner me, Text key, Millis now) {
  const std::uint64_t h = hash(key);
  const Held held(*this, static_cast<unsigned>(h) & shard_mask_, me);
  if (!held) return 0;
  const Item* const item = *find(held.shard(), h, key);
  if (!item || item->expires == 0) return 0;
  const Millis left = item->expires - now;
  return left > 0 ? (left + 999) / 1000 : left / 1000 - 1;
}

bool Table::set_expiry(Owner me, Text key, Int seconds, Millis now) {
  const std::uint64_t h = hash(key);
  const Held held(*this, static_cast<unsigned>(h) & shard_mask_, me);
  if (!held) return false;
  Item* const item = *find(held.shard(), h, key);
  if (item && expires() && !item->is_over(now)) item->expires = seconds > 0 ? end_of_life(now, seconds) : 0;
  return true;
}

bool Table::clear(Owner me) {
  return visit(me, INT64_MIN, [](const Item&) { return Visit::Remove; });
}

int Table::keys_of(Owner me, unsigned shard, Millis now, std::vector<std::string>& keys) {
  const Held held(*this, shard, me);
  if (!held) return -1;
  if (keys.size() < held.shard().count) keys.resize(held.shard().count);
  int count = 0;
  visit_shard(held.shard(), now, [&](const Item& item) {
    keys[static_cast<std::size_t>(count++)].assign(item.key().view());
    return Visit::Next;
  });
  return count;
}

bool Table::copy(Owner me, Text key, Millis now, std::string& text, Int& number, bool& is_text) {
  const std::uint64_t h = hash(key);
  const Held held(*this, static_cast<unsigned>(h) & shard_mask_, me);
  if (!held) return false;
  const Item* const item = *find(held.shard(), h, key);
  if (!item || item->is_over(now)) return false;
  is_text = item->is_text;
  number = item->number;
  if (is_text) text.assign(item->text().view());
  return true;
}

Item* Table::take_expired(Owner me, unsigned shard, Millis now) {
  const Held held(*this, shard, me);
  if (!held) return nullptr;  // the next sweep comes
  Item* taken = nullptr;
  for (std::uint32_t b = 0; b <= held.shard().mask; ++b)
    for (Item** place = &held.shard().buckets[b]; *place;) {
      Item* const item = *place;
      if (!item->is_over(now)) {
        place = &item->next;
        continue;
      }
      *place = item->next;
      --held.shard().count;
      item->next = taken;
      taken = item;
    }
  return taken;
}

}  // namespace strowger::htable
