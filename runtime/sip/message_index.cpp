// The one pass that finds a message's first line, header lines and body.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lines end in CRLF or LF; a line that starts with a blank continues the one before (RFC 3261 §7.3.1).
#include <algorithm>
#include <cstddef>
#include <type_traits>

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#include "runtime/sip/bodies.h"
#include "runtime/sip/chars.h"
#include "runtime/sip/header_names.h"
#include "runtime/sip/message.h"
#include "runtime/sip/scan.h"

namespace strowger::sip {

static_assert(std::is_trivially_copyable_v<Message>);
// What is copied at once into a header's entry.
static_assert(sizeof(Header) == 24 && offsetof(Header, name_len) == 16 && offsetof(Header, next) == 18 && offsetof(Header, id) == 20);
static_assert(offsetof(UsualName, next) == offsetof(UsualName, length) + 2 && offsetof(UsualName, id) == offsetof(UsualName, length) + 4);

namespace {

constexpr std::size_t kFirstHeaders = 40;  ///< place for so many lines is taken at first, and doubled when needed

const char* find_byte(const char* p, const char* end, char c) {
  const char* found = find_any(p, end, c);
  return found < end ? found : nullptr;
}

bool is_once(HeaderId id) {
  return id == HeaderId::From || id == HeaderId::To || id == HeaderId::CallId || id == HeaderId::CSeq ||
         id == HeaderId::ContentLength || id == HeaderId::MaxForwards;
}

[[gnu::noinline]] bool is_name(const char* p, const char* end) {
  if (p == end || end - p > 0xffff) return false;
  for (; p < end; ++p)
    if (!is_token(*p)) return false;
  return true;
}

#if defined(__SSE2__)
inline unsigned places_of(__m128i bytes, char c) {
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c))));
}
#endif

// Where the index grows.
struct Index {
  Header* headers;
  std::size_t count = 0, capacity = kFirstHeaders;
  std::int16_t* first;             // Message::first_
  std::int16_t last[kHeaderIds];   // of ids that were there twice
};

// Into the chain of its id goes the entry at `count`. (Seldom: who calls it keeps its registers.)
[[gnu::noinline, clang::preserve_most]] void chain(Index& index, std::size_t slot) {
  const auto entry = static_cast<std::int16_t>(index.count);
  const auto head = static_cast<std::int16_t>(index.first[slot] - 1);
  if (head < 0) {
    index.first[slot] = static_cast<std::int16_t>(entry + 1);
    return;
  }
  index.headers[index.headers[head].next < 0 ? head : index.last[slot]].next = entry;
  index.last[slot] = entry;
}

#if defined(__SSE2__)
// Which of 64 bytes are line feeds?
[[gnu::always_inline]] inline std::uint64_t feeds_of(const char* p) {
  const auto part = [&](int i) __attribute__((always_inline)) {
    return std::uint64_t{places_of(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p) + i), '\n')};
  };
  return part(0) | part(1) << 16 | part(2) << 32 | part(3) << 48;
}

[[gnu::always_inline, gnu::target("avx2")]] inline std::uint64_t feeds_of_wide(const char* p) {
  const __m256i feed = _mm256_set1_epi8('\n');
  const auto* const at = reinterpret_cast<const __m256i*>(p);
  const auto low = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_loadu_si256(at), feed)));
  const auto high = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_loadu_si256(at + 1), feed)));
  return low | std::uint64_t{high} << 32;
}

// Lines as nearly all are: a usual name, a value, CRLF. From offset `at` on; where the first line begins that is not so.
// A fold behind a line is seen when its turn comes.
template <std::uint64_t (*feeds_in)(const char*)>
[[gnu::always_inline]] inline std::size_t usual_lines(const char* const base, std::size_t at, const std::size_t end, Index& index) {
  if (end < 64) return at;
  std::size_t block = at;                    // 64 bytes are looked at for line feeds together
  std::uint64_t feeds = 0;
  const std::size_t last_block = end - 64;
  const auto read_block = [&]() __attribute__((always_inline)) {   // at `block`; the last bytes are read from their end back
    if (block <= last_block) [[likely]] {
      feeds = feeds_in(base + block);
      return true;
    }
    feeds = block < end ? feeds_in(base + last_block) >> (block - last_block) : 0;
    return block < end;
  };
  read_block();
  const auto* const names = reinterpret_cast<const char*>(kUsual.rows.data());
  const std::uint16_t* const slots = kUsual.at.data();
  Header* h = index.headers + index.count;   // in registers: the compiler cannot know that entries are not the index
  std::int16_t* const first = index.first;
  std::size_t count = index.count;
  const std::size_t last_at = end - 16;
  for (; count < index.capacity && at <= last_at; ++h) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(base + at));
    std::size_t row = slots[usual_slot_of(static_cast<std::uint32_t>(_mm_cvtsi128_si32(bytes)))];
    const auto at_row = [&]() __attribute__((always_inline)) { return reinterpret_cast<const UsualName*>(names + row); };
    const auto is_other = [&]() __attribute__((always_inline)) {
      const __m128i wanted = _mm_load_si128(reinterpret_cast<const __m128i*>(at_row()->bytes));
      return (~static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, wanted))) & at_row()->need) != 0;
    };
    while (is_other()) [[unlikely]] {
      row = at_row()->alike;
      if (row == 0) {
        index.count = count;
        return at;
      }
    }
    const UsualName* const name = at_row();
    while (feeds == 0) [[unlikely]] {
      block += 64;
      if (!read_block()) {
        index.count = count;
        return at;
      }
    }
    const std::size_t feed = block + static_cast<std::size_t>(__builtin_ctzll(feeds));
    const std::size_t value_at = at + name->value_at;
    if (base[feed - 1] != '\r' || static_cast<unsigned char>(base[value_at]) <= ' ') break;
    feeds &= feeds - 1;
    const auto slot = static_cast<std::size_t>(name->id);
    h->at = static_cast<std::uint32_t>(at);
    h->value_at = static_cast<std::uint32_t>(value_at);
    h->value_len = static_cast<std::uint32_t>(feed - 1 - value_at);
    h->end = static_cast<std::uint32_t>(feed + 1);
    __builtin_memcpy(&h->name_len, &name->length, 8);   // and next and id
    if (first[slot] == 0) [[likely]] {
      first[slot] = static_cast<std::int16_t>(++count);
    } else {
      if (is_once(static_cast<HeaderId>(slot))) break;
      index.count = count++;
      chain(index, slot);
    }
    at = feed + 1;
  }
  index.count = count;
  return at;
}

[[gnu::noinline]] std::size_t lines_by_16(const char* base, std::size_t at, std::size_t end, Index& index) {
  return usual_lines<feeds_of>(base, at, end, index);
}
[[gnu::noinline, gnu::target("avx2,bmi,tune=haswell")]] std::size_t lines_by_32(const char* base, std::size_t at, std::size_t end, Index& index) {
  return usual_lines<feeds_of_wide>(base, at, end, index);
}
// As this processor can; decided once.
const auto index_usual_lines = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") ? lines_by_32 : lines_by_16;
#else
std::size_t index_usual_lines(const char*, std::size_t at, std::size_t, Index&) { return at; }
#endif

// The end of the line that `p` is in, behind its folds; null when it has none.
const char* end_of_folds(const char* p, const char* const end) {
  const char* newline = find_byte(p, end, '\n');
  while (newline && newline + 1 < end && is_blank(newline[1])) newline = find_byte(newline + 1, end, '\n');
  return newline;
}

// One header line: null newline when it has no end, null colon when it is none.
struct Line {
  const char* colon;
  const char* newline;  // behind the folds
  std::uint16_t name_len;
  HeaderId id;
};

// Any line, folds included.
[[gnu::noinline]] Line read_line(const char* const p, const char* const end) {
  Line line{nullptr, find_byte(p, end, '\n'), 0, HeaderId::Other};
  if (!line.newline) return line;
  const char* const colon = find_near(p, line.newline, end, ':');
  line.newline = end_of_folds(line.newline, end);
  if (!line.newline) return line;
  const char* name_end = colon ? colon : p;
  while (name_end > p && is_blank(name_end[-1])) --name_end;
  line.id = header_id_of({p, static_cast<std::size_t>(name_end - p)});
  if (line.id == HeaderId::Other && !is_name(p, name_end)) return line;
  line.colon = colon;
  line.name_len = static_cast<std::uint16_t>(name_end - p);
  return line;
}

// Takes the entry that was made last out of the chain of its id, which begins with entry `first` - 1.
void unchain(Header* headers, std::int16_t entry, std::int16_t& first) {
  if (first == entry + 1) {
    first = 0;
    return;
  }
  for (std::int16_t i = 0; i < entry; ++i)
    if (headers[i].next == entry) headers[i].next = -1;
}

// Are From, To, Call-ID and CSeq among the first `count` lines? Without them no script runs.
bool has_dialog_id(const Message& message, std::size_t count) {
  for (HeaderId id : {HeaderId::From, HeaderId::To, HeaderId::CallId, HeaderId::CSeq})
    if (const Header* h = message.first(id); !h || h >= message.begin() + count) return false;
  return true;
}

// More place for headers; false when there are too many or memory ends.
[[gnu::noinline]] bool widen(Index& index, Arena& arena) {
  const std::size_t wider = std::min<std::size_t>(index.capacity * 2, Limits::kHeaders);
  auto* more = wider > index.capacity ? arena.make_array<Header>(wider) : nullptr;
  if (!more) return false;
  std::memcpy(more, index.headers, index.count * sizeof(Header));
  index.headers = more;
  index.capacity = wider;
  return true;
}

}  // namespace

namespace {

struct Rest {
  std::uint32_t headers_end, body_at;
  ParseFault fault = ParseFault::None;
  std::size_t before_fault = 0;     // so many header lines came before the first fault
};

// What usual_lines() has left: the lines from the odd one at `p` on.
[[gnu::noinline]] Rest index_other_lines(const char* const base, const char* p, const char* const end, Index& index, Arena& arena) {
  const auto size = static_cast<std::uint32_t>(end - base);
  Rest rest{size, size};            // unless the empty line is found
  const auto refuse = [&](ParseFault why) {
    if (rest.fault != ParseFault::None) return;
    rest.fault = why;
    rest.before_fault = index.count;
  };
  for (;; p = base + index_usual_lines(base, static_cast<std::size_t>(p - base), size, index)) {
    if (p == end) {
      refuse(ParseFault::NoEnd);
      return rest;
    }
    if (*p == '\r' || *p == '\n') {
      if (*p == '\n' || p + 1 == end || p[1] == '\n') {
        rest.headers_end = static_cast<std::uint32_t>(p - base);
        rest.body_at = std::min(rest.headers_end + (*p == '\r' ? 2u : 1u), size);
        return rest;
      }
    }
    if (is_blank(*p) && index.count > 0 && index.headers[index.count - 1].end == static_cast<std::uint32_t>(p - base)) {
      Header& h = index.headers[index.count - 1];   // a usual line that goes on
      const char* const feed = end_of_folds(p, end);
      if (!feed) {   // but has no end
        --index.count;
        unchain(index.headers, static_cast<std::int16_t>(index.count), index.first[static_cast<int>(h.id)]);
        refuse(ParseFault::BadHeader);
        return rest;
      }
      h.value_len = static_cast<std::uint32_t>((feed[-1] == '\r' ? feed - 1 : feed) - base) - h.value_at;
      h.end = static_cast<std::uint32_t>(feed + 1 - base);
      p = feed + 1;
      continue;
    }
    const Line line = read_line(p, end);
    if (!line.newline) {  // the last line has no end: cut off somewhere
      refuse(ParseFault::BadHeader);
      return rest;
    }
    const char* const next = line.newline + 1;
    if (!line.colon) {
      refuse(ParseFault::BadHeader);
      p = next;
      continue;
    }
    if (index.count == index.capacity && !widen(index, arena)) {
      refuse(ParseFault::TooManyHeaders);
      return rest;
    }
    const char* const value_end = line.newline[-1] == '\r' ? line.newline - 1 : line.newline;
    const char* value = line.colon + 1;
    if (*value == ' ') ++value;
    if (is_lws(*value)) value = skip_lws(value, value_end);

    Header& h = index.headers[index.count];
    h.at = static_cast<std::uint32_t>(p - base);
    h.value_at = static_cast<std::uint32_t>(value - base);
    h.value_len = value < value_end ? static_cast<std::uint32_t>(value_end - value) : 0;
    h.end = static_cast<std::uint32_t>(next - base);
    h.name_len = line.name_len;
    h.next = -1;
    h.id = line.id;
    const auto slot = static_cast<std::size_t>(line.id);
    if (index.first[slot] != 0 && is_once(line.id)) refuse(ParseFault::BadHeader);
    chain(index, slot);
    ++index.count;
    p = next;
  }
}

}  // namespace

[[gnu::always_inline]] inline void Message::index_headers(const char* p, const char* const end, Arena& arena) {
  Index index;
  index.headers = arena.make_array<Header>(index.capacity);
  index.first = first_;
  if (!index.headers) return fail(ParseFault::TooManyHeaders);
  const char* const base = base_;
  p = base + index_usual_lines(base, static_cast<std::size_t>(p - base), size_, index);
  Rest rest{};
  if (end - p >= 2 && p[0] == '\r' && p[1] == '\n') [[likely]] {
    rest.headers_end = static_cast<std::uint32_t>(p - base);
    rest.body_at = rest.headers_end + 2;
  } else {
    rest = index_other_lines(base, p, end, index, arena);
  }
  headers_end_ = rest.headers_end;
  body_at_ = rest.body_at;
  if (index.capacity == kFirstHeaders) arena.shrink(index.headers, index.count * sizeof(Header));
  headers_ = index.headers;
  count_ = static_cast<std::uint16_t>(index.count);
  runs_script_ = fault_ == ParseFault::None;
  if (rest.fault == ParseFault::None) [[likely]] return;
  fail(rest.fault);
  if (rest.fault != ParseFault::NoEnd) return cut(rest.before_fault);
  runs_script_ = runs_script_ && has_dialog_id(*this, rest.before_fault);
}

// Hides the header lines from the one at `count` on from scripts. Where no script will run all are kept, for a 400.
void Message::cut(std::size_t count) {
  runs_script_ = runs_script_ && has_dialog_id(*this, count);
  if (!runs_script_) return;
  cut_ = true;
  count_ = static_cast<std::uint16_t>(std::min<std::size_t>(count, count_));
  for (std::int16_t& place : first_)
    if (place > count_) place = 0;
  for (Header* h = headers_; h < headers_ + count_; ++h)
    if (h->next >= count_) h->next = -1;
  if (content_length_ >= 0 && !first(HeaderId::ContentLength)) content_length_ = -1;
}

// A line whose value is as bad as a line that is none.
void Message::cut_at(const Header& header, ParseFault why) {
  fail(why);
  cut(static_cast<std::size_t>(&header - headers_));
}

// The Vias behind the topmost line, of a request.
void Message::check_other_vias() {
  for (const Header* h = next(first(HeaderId::Via)); h; h = next(h)) {
    Text rest = value(*h);
    do {
      Via via;
      if (!read_via(rest, via, base_ + size_)) return cut_at(*h, ParseFault::BadVia);
    } while (!(rest = trim(rest)).empty());
  }
}

// check_headers() for what is as nearly all have it: false where it is not so, and all is to be looked at.
[[gnu::always_inline]] inline bool Message::check_usual_headers() {
  for (const HeaderId id : {HeaderId::Via, HeaderId::From, HeaderId::To, HeaderId::CallId, HeaderId::CSeq})
    if (!has(id)) return false;
  const auto line_of = [this](HeaderId id) { return headers_ + (first_[static_cast<int>(id)] - 1); };
  const Header* const top = line_of(HeaderId::Via);
  const Header* const to = line_of(HeaderId::To);
  const Header* const cseq = line_of(HeaderId::CSeq);
  if (is_request_ && top->next >= 0) return false;
  // All lines end as ends_line() has it; are these not too near to the end of all?
  if (std::max({top->end, to->end, cseq->end}) + 16 > size_ || !read_usual_via(value(*top), via_.value) ||
      !read_usual_address(value(*to), to_.value.address, to_.value.tag) || !read_usual_cseq(value(*cseq), cseq_.value))
    return false;
  known_ = good_ = kVia | kTo | kCSeq;
  if (is_request_) return true;
  method_ = cseq_.value.method;
  method_bit_ = method_bit_of(method_);
  return true;
}

// A number alone on its line, as nearly all are; else as parse_number() has it.
static std::optional<std::uint32_t> read_length(Text value) {
  if (value.len - 1 > 6) return parse_number(value);
  std::uint32_t number = 0;
  for (const char c : value.view()) {
    const auto digit = static_cast<unsigned char>(c) - unsigned{'0'};
    if (digit > 9) return parse_number(value);
    number = number * 10 + digit;
  }
  return number;
}

// Content-Length, and what every proxy needs at once: the topmost Via, To and CSeq.
[[gnu::always_inline]] inline void Message::check_headers() {
  if (const Header* h = first(HeaderId::ContentLength)) {
    const std::optional<std::uint32_t> length = read_length(value(*h));
    content_length_ = length ? static_cast<Int>(*length) : -2;
    if (!length) cut_at(*h, ParseFault::BadContentLength);
  }
  if (runs_script_ && !is_http_ && check_usual_headers()) [[likely]] return;
  if (is_http_) {
    fail(ParseFault::NotSip);
    runs_script_ = false;
    return;
  }
  const auto require = [&](bool good, ParseFault why) {
    if (good) return;
    fail(why);
    runs_script_ = false;
  };
  const Header* top = first(HeaderId::Via);
  require(top, ParseFault::NoVia);
  if (top) {
    require(via(), ParseFault::BadVia);
    if (top->next >= 0 && is_request_) check_other_vias();
  }
  require(has(HeaderId::From) && has(HeaderId::To) && has(HeaderId::CallId) && has(HeaderId::CSeq), ParseFault::NoDialogId);
  if (has(HeaderId::To)) require(to(), ParseFault::BadTo);
  if (has(HeaderId::CSeq)) {
    const CSeq* c = cseq();
    require(c, ParseFault::BadCSeq);
    if (c) {
      // Kamailio drops a CSeq that is folded between number and method (RFC 4475 §3.1.1.1 allows it): no fault here.
      const char* gap = c->number_text.ptr + c->number_text.len;
      if (gap + 1 != c->method.ptr && find_byte(gap, c->method.ptr, '\n')) runs_script_ = false;
      if (!is_request_) {
        method_ = c->method;
        method_bit_ = method_bit_of(method_);
      }
    }
  }
}

Message Message::parse(Text buffer, Arena& arena) {
  Message m;
  const char* p = buffer.empty() ? "" : buffer.ptr;
  const char* const end = p + (buffer.empty() ? 0 : buffer.len);
  if (p < end && static_cast<unsigned char>(*p) <= ' ') [[unlikely]]
    while (p < end && (is_lws(*p) || *p == '\0')) ++p;
  m.base_ = p;
  if (p == end) {
    m.fault_ = ParseFault::Empty;
    return m;
  }
  if (static_cast<std::size_t>(end - p) > Limits::kMessage) {
    m.fault_ = ParseFault::TooLong;
    return m;
  }
  m.size_ = static_cast<std::uint32_t>(end - p);

  m.headers_at_ = m.headers_end_ = m.body_at_ = m.size_;
  const char* newline = m.parse_usual_first_line();
  bool good = newline != nullptr;
  if (good) [[likely]] {
    m.first_line_len_ = static_cast<std::uint32_t>(newline - 1 - p);
  } else {
    newline = find_byte(p, end, '\n');
    const char* line_end = newline ? newline : end;
    if (newline && newline > p && newline[-1] == '\r') --line_end;
    m.first_line_len_ = static_cast<std::uint32_t>(line_end - p);
    good = m.parse_first_line(line_end);
    if (!good) {
      m.fail(!newline ? ParseFault::NotSip : ParseFault::BadFirstLine);
      m.is_http_ = false;
    }
  }
  if (newline) {
    m.headers_at_ = static_cast<std::uint32_t>(newline + 1 - p);
    m.index_headers(newline + 1, end, arena);
  } else {
    m.fail(ParseFault::NoEnd);
  }
  m.check_headers();
  if (!good) m.runs_script_ = false;
  return m;
}

Message Message::rebase(const char* base, Arena& arena) const {
  Message m = *this;
  m.base_ = base;
  m.headers_ = arena.make_array<Header>(count_);
  if (m.headers_ && count_ > 0) {
    std::memcpy(m.headers_, headers_, count_ * sizeof(Header));
  } else {
    m.count_ = 0;
    std::fill(std::begin(m.first_), std::end(m.first_), std::int16_t{0});
    if (count_ > 0) {
      m.fault_ = ParseFault::TooManyHeaders;
      m.runs_script_ = false;
    }
  }
  for (Text* t : {&m.method_, &m.ruri_, &m.version_, &m.reason_})
    if (t->len > 0 && t->ptr) t->ptr = base + (t->ptr - base_);
  m.known_ = m.good_ = 0;
  return m;
}

}  // namespace strowger::sip
