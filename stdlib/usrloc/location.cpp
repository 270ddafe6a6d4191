// The location table: records, contacts, locking.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/usrloc/location.h"

#include <cstdlib>
#include <new>

namespace strowger::usrloc {

/// The contacts of one address of record; its text follows.
struct Record {
  Record* next;
  Entry* first;
  std::uint32_t hash, count, aor_len;
  char* aor() { return reinterpret_cast<char*>(this + 1); }
  bool is(std::uint32_t h, Text text) {
    return hash == h && aor_len == text.len && std::memcmp(aor(), text.ptr, text.len) == 0;
  }
};

namespace {

constexpr std::size_t kFirstBuckets = 16;

bool same(Text a, Text b) {
  const std::size_t n = a.is_null() ? 0 : a.len;
  return n == (b.is_null() ? 0 : b.len) && (n == 0 || std::memcmp(a.ptr, b.ptr, n) == 0);
}

/// All texts of a contact, the ruid first: it stays when a contact is registered anew.
template <class C, class F>
void each_text(C& contact, F f) {
  f(contact.address);
  f(contact.call_id);
  f(contact.user_agent);
  f(contact.received);
  f(contact.path);
  f(contact.instance);
}

/// Bytes for the texts; 0 when one is too long.
std::size_t text_bytes(const Contact& contact) {
  std::size_t sum = 1;
  bool good = true;
  each_text(contact, [&](const Text& text) {
    if (text.is_null()) return;
    good &= text.len <= kMaxText;
    sum += text.len;
  });
  return good ? sum : 0;
}

char* bytes_of(Entry* entry) { return reinterpret_cast<char*>(entry + 1); }

/// Writes `from` into the entry; there is room. The entry's ruid lies in front already.
void fill(Entry* entry, const Contact& from) {
  const Text ruid = entry->contact.ruid;
  char* at = bytes_of(entry) + ruid.len;
  entry->contact = from;
  entry->contact.ruid = ruid;
  each_text(entry->contact, [&](Text& text) {
    if (text.is_null()) return;
    std::memcpy(at, text.ptr, text.len);
    text.ptr = at;
    at += text.len;
  });
}

Entry* make_entry(const Contact& from, Text ruid) {
  const std::size_t need = text_bytes(from);
  if (need == 0 || ruid.len > kMaxText) return nullptr;
  const std::size_t capacity = (need + ruid.len + 47) & ~std::size_t{31};
  auto* const entry = static_cast<Entry*>(std::malloc(sizeof(Entry) + capacity));
  if (!entry) return nullptr;
  new (entry) Entry{nullptr, {}, static_cast<std::uint32_t>(capacity)};
  std::memcpy(bytes_of(entry), ruid.ptr, ruid.len);
  entry->contact.ruid = {bytes_of(entry), ruid.len};
  fill(entry, from);
  return entry;
}

void free_record(Record* record) {
  for (Entry* e = record->first; e;) {
    Entry* const next = e->next;
    free_entry(e);
    e = next;
  }
  std::free(record);
}

}  // namespace

void free_entry(Entry* entry) { std::free(entry); }

bool Contact::copy_into(sip::Arena& arena, Contact& out) const {
  out = *this;
  bool good = true;
  const auto copy = [&](Text& text) {
    text = arena.copy(text);
    good &= !text.is_failed();
  };
  copy(out.ruid);
  each_text(out, copy);
  return good;
}

Table::Table(Text name, const TableOptions& options) : name_(name.view()), options_(options) {}

Table::~Table() {
  for (Shard& shard : shards_)
    for (Record* record : shard.buckets)
      while (record) {
        Record* const next = record->next;
        free_record(record);
        record = next;
      }
}

std::uint32_t Table::hash(Text aor) const {
  constexpr std::uint64_t kMix = 0x9e3779b97f4a7c15;
  std::uint64_t h = (options_.hash_seed + kMix) ^ aor.len;
  const char* p = aor.ptr;
  std::size_t n = aor.len;
  const auto mix = [&](std::uint64_t word) {
    const auto product = static_cast<unsigned __int128>(h ^ word) * kMix;
    h = static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  };
  for (; n >= 8; p += 8, n -= 8) {
    std::uint64_t word;
    std::memcpy(&word, p, 8);
    mix(word);
  }
  std::uint64_t tail = 0;
  for (std::size_t i = 0; i < n; ++i) tail |= static_cast<std::uint64_t>(static_cast<unsigned char>(p[i])) << (8 * i);
  mix(tail + 1);
  return static_cast<std::uint32_t>(h ^ (h >> 32));
}

std::uint64_t Table::records() const {
  std::uint64_t sum = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard guard(shard.lock);
    sum += shard.records;
  }
  return sum;
}

std::uint64_t Table::contacts() const {
  std::uint64_t sum = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard guard(shard.lock);
    sum += shard.contacts;
  }
  return sum;
}

std::vector<std::string> Table::aors(unsigned index) const {
  const Shard& shard = shards_[index];
  const std::lock_guard guard(shard.lock);
  std::vector<std::string> out;
  out.reserve(shard.records);
  for (Record* record : shard.buckets)
    for (; record; record = record->next) out.emplace_back(record->aor(), record->aor_len);
  return out;
}

void Table::grow(Shard& shard) {
  std::vector<Record*> bigger(shard.buckets.empty() ? kFirstBuckets : shard.buckets.size() * 2, nullptr);
  for (Record* record : shard.buckets)
    while (record) {
      Record* const next = record->next;
      Record*& bucket = bigger[(record->hash / kShards) & (bigger.size() - 1)];
      record->next = bucket;
      bucket = record;
      record = next;
    }
  shard.buckets.swap(bigger);
}

Table::Locked::Locked(Table& table, Text aor, std::uint32_t hash) : table_(table), aor_(aor), hash_(hash) {
  Shard& shard = table.shards_[hash % kShards];
  shard.lock.lock();
  if (shard.records >= shard.buckets.size()) grow(shard);
  place_ = &shard.buckets[(hash / kShards) & (shard.buckets.size() - 1)];
  while (*place_ && !(*place_)->is(hash, aor)) place_ = &(*place_)->next;
}

Table::Locked::~Locked() {
  Shard& shard = table_.shards_[hash_ % kShards];
  if (Record* const record = *place_; record && !record->first) {
    *place_ = record->next;
    std::free(record);
    --shard.records;
  }
  shard.lock.unlock();
}

Entry* Table::Locked::first() const { return *place_ ? (*place_)->first : nullptr; }
int Table::Locked::count() const { return *place_ ? static_cast<int>((*place_)->count) : 0; }

Entry* Table::Locked::find(const Contact& contact) const {
  if (!contact.instance.empty()) {
    for (Entry* e = first(); e; e = e->next)
      if (e->contact.reg_id == contact.reg_id && same(e->contact.instance, contact.instance)) return e;
    return nullptr;
  }
  for (Entry* e = first(); e; e = e->next) {
    const Contact& c = e->contact;
    switch (table_.options_.matching) {
      case Matching::Address:
        if (same(c.address, contact.address)) return e;
        break;
      case Matching::AddressAndCallId:
        if (same(c.address, contact.address) && same(c.call_id, contact.call_id)) return e;
        break;
      case Matching::AddressAndPath:
        if (same(c.address, contact.address) && (contact.path.empty() || same(c.path, contact.path))) return e;
        break;
      case Matching::CallId:
        if (same(c.call_id, contact.call_id)) return e;
        break;
    }
  }
  return nullptr;
}

Entry* Table::Locked::find_ruid(Text ruid) const {
  for (Entry* e = first(); e; e = e->next)
    if (same(e->contact.ruid, ruid)) return e;
  return nullptr;
}

void Table::Locked::link(Entry* entry) {
  Entry** at = &(*place_)->first;
  if (!table_.options_.newest_first)
    while (*at && (*at)->contact.q >= entry->contact.q) at = &(*at)->next;
  entry->next = *at;
  *at = entry;
}

void Table::Locked::unlink(Entry* entry) {
  Entry** at = &(*place_)->first;
  while (*at != entry) at = &(*at)->next;
  *at = entry->next;
}

Entry* Table::Locked::insert(const Contact& contact, Text ruid) {
  if (count() >= kMaxContactsPerAor || aor_.len > kMaxAor) return nullptr;
  Entry* const entry = make_entry(contact, ruid);
  if (!entry) return nullptr;
  Shard& shard = table_.shards_[hash_ % kShards];
  if (!*place_) {
    auto* const record = static_cast<Record*>(std::malloc(sizeof(Record) + aor_.len));
    if (!record) {
      free_entry(entry);
      return nullptr;
    }
    new (record) Record{nullptr, nullptr, hash_, 0, static_cast<std::uint32_t>(aor_.len)};
    if (aor_.len) std::memcpy(record->aor(), aor_.ptr, aor_.len);
    *place_ = record;
    ++shard.records;
  }
  link(entry);
  ++(*place_)->count;
  ++shard.contacts;
  return entry;
}

/// After an update. As in Kamailio, an entry that its neighbours' q says is in the wrong place goes before the first one
/// of at least its own q, or to the end.
void Table::Locked::place_again(Entry* entry) {
  Entry*& first = (*place_)->first;
  const Entry* before = nullptr;
  for (const Entry* e = first; e != entry; e = e->next) before = e;
  const bool newest_first = table_.options_.newest_first;
  const std::int16_t q = entry->contact.q;
  const bool fits = newest_first ? !before
                                 : (!before || q <= before->contact.q) && (!entry->next || q >= entry->next->contact.q);
  if (fits) return;
  unlink(entry);
  Entry** at = &first;
  if (!newest_first)
    while (*at && (*at)->contact.q < q) at = &(*at)->next;
  entry->next = *at;
  *at = entry;
}

Entry* Table::Locked::update(Entry* entry, const Contact& contact) {
  Contact next = contact;
  char kept[kMaxText];
  if (next.instance.empty() && !entry->contact.instance.empty()) {
    const Text instance = entry->contact.instance;
    std::memcpy(kept, instance.ptr, instance.len);
    next.instance = {kept, instance.len};
    next.reg_id = entry->contact.reg_id;
  }
  char address[kMaxText];
  if (table_.options_.matching == Matching::CallId &&
      contact.instance.empty()) {  // as in Kamailio, the first URI stays
    const Text was = entry->contact.address;
    std::memcpy(address, was.ptr, was.len);
    next.address = {address, was.len};
  }
  const std::size_t need = text_bytes(next);
  if (need == 0) return nullptr;
  if (need + entry->contact.ruid.len <= entry->capacity) {
    fill(entry, next);
  } else {
    Entry* const bigger = make_entry(next, entry->contact.ruid);
    if (!bigger) return nullptr;
    Entry** at = &(*place_)->first;
    while (*at != entry) at = &(*at)->next;
    bigger->next = entry->next;
    *at = bigger;
    free_entry(entry);
    entry = bigger;
  }
  place_again(entry);
  return entry;
}

void Table::Locked::remove(Entry* entry) {
  unlink(entry);
  free_entry(entry);
  --(*place_)->count;
  --table_.shards_[hash_ % kShards].contacts;
}

void Table::Locked::remove_all() {
  while (Entry* const entry = first()) remove(entry);
}

int Table::copy(Text aor, sip::Arena& arena, Contact*& out) {
  const Locked record(*this, aor);
  const int count = record.count();
  out = count ? arena.make_array<Contact>(static_cast<std::size_t>(count)) : nullptr;
  if (count && !out) return -1;
  int i = 0;
  for (const Entry* e = record.first(); e; e = e->next)
    if (!e->contact.copy_into(arena, *new (out + i++) Contact)) return -1;
  return count;
}

bool Table::copy_by_ruid(std::uint32_t hash, Text ruid, sip::Arena& arena, Contact& out) {
  Shard& shard = shards_[hash % kShards];
  const std::lock_guard guard(shard.lock);
  if (shard.buckets.empty()) return false;
  for (const Record* r = shard.buckets[(hash / kShards) & (shard.buckets.size() - 1)]; r; r = r->next) {
    if (r->hash != hash) continue;
    for (const Entry* e = r->first; e; e = e->next)
      if (same(e->contact.ruid, ruid)) return e->contact.copy_into(arena, out);
  }
  return false;
}

void Table::sweep(unsigned index, std::int64_t now, const Streams* streams, std::vector<Expired>& out) {
  const auto stays = [&](const Contact& contact) {
    return contact.is_valid(now) && (!streams || contact.connection == 0 || streams->is_open(contact.connection));
  };
  Shard& shard = shards_[index];
  const std::lock_guard guard(shard.lock);
  for (Record*& bucket : shard.buckets) {
    Record** at = &bucket;
    while (Record* const record = *at) {
      for (Entry** e = &record->first; *e;) {
        Entry* const entry = *e;
        if (stays(entry->contact)) {
          e = &entry->next;
          continue;
        }
        *e = entry->next;
        --record->count;
        --shard.contacts;
        expired_.fetch_add(1, std::memory_order_relaxed);
        out.push_back({std::string(record->aor(), record->aor_len), entry, record->hash});
      }
      if (record->first) {
        at = &record->next;
      } else {
        *at = record->next;
        std::free(record);
        --shard.records;
      }
    }
  }
}

}  // namespace strowger::usrloc
