// A worker's transactions: slots, labels, and the indexes that find them.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/tm/table.h"

#include <algorithm>
#include <array>
#include <new>

#if defined(__SSSE3__)
#include <tmmintrin.h>
#endif

#include "runtime/script/hash_text.h"
#include "runtime/sip/hex.h"
#include "runtime/sip/print.h"
#include "stdlib/tm/machines.h"
#include "stdlib/tm/take_over.h"
#include "tm.interface.h"

namespace strowger::tm {
namespace {

constexpr std::string_view kCookie = "z9hG4bK";
constexpr std::string_view kOurCookie = "z9hG4bKsw";

/// FNV-1a.
struct Hash {
  std::uint64_t value = 0xcbf29ce484222325;
  void add(char c) {
    value ^= static_cast<unsigned char>(c);
    value *= 0x100000001b3;
  }
  void add(Text text) {
    for (std::size_t i = 0; i < text.len && text.ptr; ++i) add(text.ptr[i]);
    add('\0');
  }
  void add(std::uint64_t number) {
    for (int i = 0; i < 8; ++i) add(static_cast<char>(number >> (8 * i)));
  }
};

bool same(Text a, Text b) { return a.view() == b.view(); }

bool has_cookie(const sip::Via& via) { return via.branch.view().starts_with(kCookie); }

/// INVITE for the ACK of a failure; CANCEL stays CANCEL.
Text key_method(Text method) { return method.view() == "ACK" ? Text("INVITE") : method; }

/// Letters of any case alike (and a few other bytes): eight at a time.
std::uint64_t hash_lower(std::uint64_t seed, Text text) {
  std::uint64_t h = seed ^ text.len;
  for (std::size_t at = 0; at < text.len; at += 8) {
    std::uint64_t word = 0;
    if (text.len >= 8) {
      std::memcpy(&word, text.ptr + std::min(at, text.len - 8), 8);
    } else {
      for (std::size_t i = 0; i < text.len; ++i) word = word << 8 | static_cast<unsigned char>(text.ptr[i]);
    }
    h = (h ^ (word | 0x2020202020202020)) * 0xbf58476d1ce4e5b9;
    h ^= h >> 32;
  }
  return h;
}

std::uint32_t folded(std::uint64_t h) { return static_cast<std::uint32_t>(h ^ (h >> 32)); }

std::uint32_t request_hash(sip::Message& message, const sip::Via& via, Text method, std::uint64_t seed) {
  std::uint64_t h = seed;
  if (has_cookie(via)) {
    h = hash_lower(hash_text(h, via.branch) + via.port, via.host);
  } else {   // RFC 2543
    const sip::CSeq* cseq = message.cseq();
    h = hash_text(h, message.call_id()) + (cseq ? cseq->number : 0);
  }
  return folded(hash_text(h, key_method(method)));
}

std::uint32_t call_hash_of(Text call_id, std::uint32_t cseq, std::uint64_t seed) { return folded(hash_text(seed + cseq, call_id)); }

bool same_call(sip::Message& a, sip::Message& b, bool cseq_too) {
  if (!same(sip::trim(a.call_id()), sip::trim(b.call_id()))) return false;
  if (!cseq_too) return true;
  const sip::CSeq* x = a.cseq();
  const sip::CSeq* y = b.cseq();
  return x && y && x->number == y->number;
}

/// Is the ACK that to a 2xx of the transaction, whose request (or the head of it) is given?
bool is_acknowledged_by(const Transaction& transaction, sip::Message& request, sip::Message& ack) {
  return same_call(request, ack, true) && same(request.from_tag(), ack.from_tag()) &&
         (!transaction.local_final || same(transaction.to_tag, ack.to_tag()) || same(request.to_tag(), ack.to_tag()));
}

constexpr std::array<std::int8_t, 256> kHexValue = [] {
  std::array<std::int8_t, 256> values;
  values.fill(-1);
  for (int i = 0; i < 10; ++i) values[static_cast<std::size_t>('0' + i)] = static_cast<std::int8_t>(i);
  for (int i = 0; i < 6; ++i) values[static_cast<std::size_t>('a' + i)] = static_cast<std::int8_t>(10 + i);
  return values;
}();

/// Hex digits up to `stop` (or the end); false when there are none, more than 32 bits or others.
bool read_hex(std::string_view& rest, char stop, std::uint32_t& out) {
  out = 0;
  std::size_t digits = 0;
  while (!rest.empty() && rest.front() != stop) {
    const std::int8_t value = kHexValue[static_cast<unsigned char>(rest.front())];
    if (value < 0 || out >> 28 || ++digits > 16) return false;
    out = out << 4 | static_cast<std::uint32_t>(value);
    rest.remove_prefix(1);
  }
  if (digits == 0) return false;
  if (stop) {
    if (rest.empty()) return false;
    rest.remove_prefix(1);
  }
  return true;
}

#if defined(__SSSE3__)
/// Two numbers of eight hex digits each (lower case); false where there are other bytes.
bool read_two_hex(const char* a, const char* b, std::uint32_t& x, std::uint32_t& y) {
  const auto load = [](const char* p) { return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)); };
  const __m128i bytes = _mm_unpacklo_epi64(load(a), load(b));
  const __m128i digits = _mm_sub_epi8(bytes, _mm_set1_epi8('0')), letters = _mm_sub_epi8(bytes, _mm_set1_epi8('a'));
  const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(digits, _mm_set1_epi8(9)), digits);
  const __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letters, _mm_set1_epi8(5)), letters);
  if (_mm_movemask_epi8(_mm_or_si128(is_digit, is_letter)) != 0xffff) return false;
  const __m128i values = _mm_or_si128(_mm_and_si128(is_digit, digits), _mm_andnot_si128(is_digit, _mm_add_epi8(letters, _mm_set1_epi8(10))));
  const __m128i pairs = _mm_maddubs_epi16(values, _mm_set1_epi16(0x0110));
  const auto both = static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_packus_epi16(pairs, pairs)));
  x = __builtin_bswap32(static_cast<std::uint32_t>(both));
  y = __builtin_bswap32(static_cast<std::uint32_t>(both >> 32));
  return true;
}
#endif

/// The form that print_branch_name() gives branches 0 to 15; false for any other, which may be a name all the same.
bool read_usual_name([[maybe_unused]] const char* p, [[maybe_unused]] std::size_t length, [[maybe_unused]] BranchName& name) {
#if defined(__SSSE3__)
  constexpr std::size_t kWorker = kOurCookie.size(), kSlot = kWorker + 3, kLabel = kSlot + 16, kBranch = kLabel + 17;
  if (length != kBranch + 1 || std::memcmp(p, kOurCookie.data(), kOurCookie.size()) != 0) return false;
  if (p[kSlot - 1] != '.' || p[kLabel - 1] != '.' || p[kBranch - 1] != '.') return false;
  if (std::memcmp(p + kSlot, "0000000", 7) != 0 || std::memcmp(p + kLabel, "00000000", 8) != 0) return false;
  const auto digit = [&](std::size_t at) { return static_cast<int>(kHexValue[static_cast<unsigned char>(p[at])]); };
  const int high = digit(kWorker), low = digit(kWorker + 1), branch = digit(kBranch);
  if ((high | low | branch) < 0) return false;
  name.worker = static_cast<std::uint32_t>(high * 16 + low);
  name.branch = static_cast<std::uint32_t>(branch);
  return read_two_hex(p + kSlot + 7, p + kLabel + 8, name.slot, name.label);
#else
  return false;
#endif
}

}  // namespace

// ---- hash index ----------------------------------------------------------------------------------------------------

void HashIndex::put(Cell cell) {
  std::size_t at = cell.hash & mask();
  while (cells_[at].slot_plus_1) at = (at + 1) & mask();
  cells_[at] = cell;
}

void HashIndex::insert(std::uint32_t hash, std::uint32_t slot) {
  if ((count_ + 1) * 2 > cells_.size()) {
    std::vector<Cell> old(cells_.size() * 2);
    old.swap(cells_);
    for (const Cell& cell : old)
      if (cell.slot_plus_1) put(cell);
  }
  put({hash, slot + 1});
  ++count_;
}

void HashIndex::erase(std::uint32_t hash, std::uint32_t slot) {
  std::size_t at = hash & mask();
  while (cells_[at].slot_plus_1 != slot + 1 || cells_[at].hash != hash) {
    if (cells_[at].slot_plus_1 == 0) return;
    at = (at + 1) & mask();
  }
  --count_;
  for (std::size_t hole = at;;) {
    cells_[hole] = {};
    std::size_t next = hole;
    do {
      next = (next + 1) & mask();
      if (cells_[next].slot_plus_1 == 0) return;
      // May it move back into the hole? Only when its home is not between the hole and itself.
    } while (((next - cells_[next].hash) & mask()) < ((next - hole) & mask()));
    cells_[hole] = cells_[next];
    hole = next;
  }
}

double HashIndex::probes_each() const {
  std::size_t probes = 0;
  for (std::size_t at = 0; at < cells_.size(); ++at)
    if (cells_[at].slot_plus_1) probes += ((at - cells_[at].hash) & mask()) + 1;
  return count_ ? static_cast<double>(probes) / static_cast<double>(count_) : 0;
}

// ---- names of branches ----------------------------------------------------------------------------------------------

std::optional<BranchName> parse_branch_name(Text text) {
  BranchName name;
  if (text.is_null()) return std::nullopt;
  if (read_usual_name(text.ptr, text.len, name)) return name;
  std::string_view rest = text.view();
  if (!rest.starts_with(kOurCookie)) return std::nullopt;
  rest.remove_prefix(kOurCookie.size());
  if (rest.size() < 3 || rest[2] != '.') return std::nullopt;
  if (!read_hex(rest, '.', name.worker) || !read_hex(rest, '.', name.slot) || !read_hex(rest, '.', name.label) ||
      !read_hex(rest, '\0', name.branch))
    return std::nullopt;
  return name;
}

std::size_t print_branch_name(const BranchName& name, char* out) {
  constexpr std::string_view kRest = "00.000000000000000.0000000000000000.";   // behind it the branch
  std::memcpy(out, kOurCookie.data(), kOurCookie.size());
  char* const rest = out + kOurCookie.size();
  std::memcpy(rest, kRest.data(), kRest.size());
  char digits[16];
  sip::Writer numbers(digits, sizeof digits);
  numbers.put_hex(std::uint64_t{name.slot} << 32U | name.label, 16);
  std::memcpy(rest + 10, digits, 8);               // at the end of fifteen digits, and of sixteen
  std::memcpy(rest + 27, digits + 8, 8);
  const auto digit = [](std::uint32_t value) { return sip::kHexDigits[value & 15U]; };
  rest[0] = digit(name.worker >> 4U);
  rest[1] = digit(name.worker);
  std::size_t length = kOurCookie.size() + kRest.size();
  if (name.branch > 15) out[length++] = digit(name.branch >> 4U);
  out[length++] = digit(name.branch);
  return length;
}

// ---- table ----------------------------------------------------------------------------------------------------------

Table::Table(Worker& owner) : worker(owner), next_label_(static_cast<std::uint32_t>(owner.random())) {
  Hash seed;
  seed.add(Text(owner.process.settings.server_header));
  for (const auto& socket : owner.process.sockets) seed.add(socket->as_text);
  for (int which = 0; which < 2; ++which) {
    char digits[32];
    sip::Writer writer(digits, sizeof digits);
    for (std::uint64_t part = 0; part < 2; ++part) {
      seed.add(part + 3 * static_cast<std::uint64_t>(which) + 1);
      writer.put_hex(seed.value, 16);
    }
    tag_storage_[which].assign(digits, writer.size());
  }
  tag_prefix = Text(std::string_view(tag_storage_[0]));
  from_tag_prefix = Text(std::string_view(tag_storage_[1]));
}

Table::~Table() {
  for (Transaction* transaction : slots_) {
    if (transaction->label) release(*transaction);
    transaction->~Transaction();
    memory_.give(transaction);
  }
}

Transaction* Table::take() {
  if (free_.empty()) {
    void* const place = memory_.take();
    if (!place) return nullptr;
    auto* transaction = new (place) Transaction(worker.pool, defaults_);
    transaction->slot = static_cast<std::uint32_t>(slots_.size());
    slots_.push_back(transaction);
    free_.reserve(slots_.capacity());
    free_.push_back(transaction->slot);
  }
  Transaction* transaction = slots_[free_.back()];
  transaction->table = this;
  free_.pop_back();
  if (++next_label_ == 0) ++next_label_;
  transaction->label = next_label_;
  transaction->worker = &worker;
  transaction->end.owner = transaction->retransmit.owner = transaction;
  transaction->avps.arena = &transaction->arena;
  ++in_use_;
  ++stats.created;
  return transaction;
}

Transaction* Table::create_empty() {
  Transaction* const transaction = take();
  if (!transaction || transaction->request.make()) return transaction;
  release(*transaction);
  return nullptr;
}

Transaction* Table::create(Call& call, std::uint32_t hash) {
  Transaction* transaction = take();
  if (!transaction) return nullptr;
  if (!take_over(*transaction, call)) {
    release(*transaction);
    return nullptr;
  }
  transaction->invite = transaction->request->message.method_bit() == kInvite;
  transaction->cancel = transaction->request->message.method_bit() == kCancel;
  sip::Message& message = call.message();   // its views are there already
  transaction->key_hash = hash;
  requests_.insert(hash, transaction->slot);
  if (const sip::CSeq* cseq = message.cseq(); cseq && transaction->invite) {
    transaction->call_hash = call_hash_of(sip::trim(message.call_id()), cseq->number, worker.process.random_seed);
    calls_.insert(transaction->call_hash, transaction->slot);
    transaction->in_calls = true;
  }
  return transaction;
}

void Table::release(Transaction& transaction) {
  worker.timers.cancel(transaction.end);
  worker.timers.cancel(transaction.retransmit);
  worker.timers.cancel(transaction.next);
  for (std::uint8_t i = 0; i < transaction.branch_count; ++i) {
    Branch& branch = *transaction.branches[i];
    stop_timers(branch);
    if (branch.cancel) {
      worker.timers.cancel(branch.cancel->retransmit);
      worker.timers.cancel(branch.cancel->final);
    }
    branch.~Branch();
  }
  requests_.erase(transaction.key_hash, transaction.slot);
  if (transaction.in_calls) calls_.erase(transaction.call_hash, transaction.slot);
  const std::uint32_t slot = transaction.slot;
  sip::ChunkPool& pool = worker.pool;
  transaction.~Transaction();
  new (&transaction) Transaction(pool, defaults_);
  transaction.slot = slot;
  free_.push_back(slot);
  --in_use_;
  ++stats.freed;
}

Transaction* Table::at(std::uint32_t slot, std::uint32_t label) const {
  if (slot >= slots_.size() || label == 0 || slots_[slot]->label != label) return nullptr;
  return slots_[slot];
}

bool Table::matches_remains(const Transaction& transaction, sip::Message& message, Text method) const {
  const Remains& kept = *transaction.remains;
  const sip::Via* const via = message.via();
  const sip::CSeq* const cseq = message.cseq();
  if (!via || !cseq || transaction.local || !same(key_method(method), kept.text(kept.method))) return false;
  const bool same_id = same(sip::trim(message.call_id()), kept.text(kept.call_id));
  const bool same_call = same_id && cseq->number == kept.cseq;
  if (has_cookie(*via)) {
    if (!same(kept.text(kept.branch), via->branch) || kept.port != via->port || !sip::equal_ignore_case(kept.text(kept.host), via->host))
      return false;
    return Tm::Param::callid_cseq_matching ? same_call : !Tm::Param::callid_matching || same_id;
  }
  sip::Arena scratch(worker.pool);   // RFC 2543
  sip::Message other = sip::Message::parse(kept.head, scratch);
  return matches_old(transaction, other, message);
}

bool Table::matches(Transaction& transaction, sip::Message& message, Text method) const {
  if (!transaction.request.is_whole() && transaction.remains) return matches_remains(transaction, message, method);
  sip::Message& other = transaction.request->message;
  const sip::Via* mine = other.via();
  const sip::Via* theirs = message.via();
  if (!mine || !theirs || transaction.local) return false;
  if (!same(key_method(method), other.method())) return false;
  if (has_cookie(*theirs)) {
    if (!same(mine->branch, theirs->branch) || mine->port != theirs->port || !sip::equal_ignore_case(mine->host, theirs->host))
      return false;
    if (Tm::Param::callid_cseq_matching) return same_call(other, message, true);
    return !Tm::Param::callid_matching || same_call(other, message, false);
  }
  return matches_old(transaction, other, message);
}

/// RFC 2543: RFC 3261 §17.2.3 at its end.
bool Table::matches_old(const Transaction& transaction, sip::Message& other, sip::Message& message) {
  const sip::Via* mine = other.via();
  const sip::Via* theirs = message.via();
  if (!mine || !theirs || !same_call(other, message, true) || !same(other.from_tag(), message.from_tag())) return false;
  if (message.method_bit() == kAck) {
    const Text tag = message.to_tag();
    if (!same(tag, other.to_tag()) && !same(tag, transaction.to_tag) && transaction.local_final) return false;
  } else {
    if (!same(other.to_tag(), message.to_tag()) && message.method_bit() != kCancel) return false;
    if (Tm::Param::ruri_matching && !same(other.ruri(), message.ruri())) return false;
  }
  return !Tm::Param::via1_matching || (same(mine->host, theirs->host) && mine->port == theirs->port && same(mine->branch, theirs->branch));
}

Transaction* Table::find(sip::Message& message, Text method, std::uint32_t* hash) const {
  const sip::Via* via = message.via();
  if (!via) return nullptr;
  if (method.is_null()) method = message.method();
  const std::uint32_t key = request_hash(message, *via, method, worker.process.random_seed);
  if (hash) *hash = key;
  const std::int64_t found = requests_.find(key, [&](std::uint32_t slot) {
    return matches(*slots_[slot], message, method);
  });
  return found < 0 ? nullptr : slots_[static_cast<std::size_t>(found)];
}

Transaction* Table::find_by_dialog(sip::Message& ack, bool made_here) const {
  const sip::CSeq* cseq = ack.cseq();
  if (!cseq) return nullptr;
  const std::int64_t found = calls_.find(call_hash_of(sip::trim(ack.call_id()), cseq->number, worker.process.random_seed), [&](std::uint32_t slot) {
    Transaction& transaction = *slots_[slot];
    if (transaction.local || transaction.state != ServerState::Accepted || (made_here && !transaction.local_final)) return false;
    if (!transaction.request.is_whole() && transaction.remains) {
      sip::Arena scratch(worker.pool);
      sip::Message request = sip::Message::parse(transaction.remains->head, scratch);
      return is_acknowledged_by(transaction, request, ack);
    }
    return is_acknowledged_by(transaction, transaction.request->message, ack);
  });
  return found < 0 ? nullptr : slots_[static_cast<std::size_t>(found)];
}

Transaction* Table::find_by_call(Text call_id, Text cseq_text) const {
  const auto cseq = sip::parse_number(cseq_text);
  if (!cseq) return nullptr;
  const auto is_it = [&](const Transaction& transaction) {
    if (!transaction.request.is_whole() && transaction.remains) {
      const Remains& kept = *transaction.remains;
      return !transaction.local && kept.cseq == *cseq && same(kept.text(kept.call_id), sip::trim(call_id));
    }
    sip::Message& message = transaction.request->message;
    const sip::CSeq* its = message.cseq();
    return !transaction.local && its && its->number == *cseq && same(sip::trim(message.call_id()), sip::trim(call_id));
  };
  const std::int64_t found =
      calls_.find(call_hash_of(sip::trim(call_id), *cseq, worker.process.random_seed), [&](std::uint32_t slot) { return is_it(*slots_[slot]); });
  if (found >= 0) return slots_[static_cast<std::size_t>(found)];
  for (Transaction* transaction : slots_)   // not an INVITE
    if (transaction->label && !transaction->cancel && is_it(*transaction)) return transaction;
  return nullptr;
}

void* Table::take_request() {
  void* const place = requests_memory_.take();
  requests_in_memory_ += place != nullptr;
  return place;
}

void Table::give_request(void* request) {
  requests_memory_.give(request);
  --requests_in_memory_;
}

Table& table_of(Worker& worker) { return worker.state<Table>(Tm::slot); }

}  // namespace strowger::tm
