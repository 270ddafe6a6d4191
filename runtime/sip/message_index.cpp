// The one pass that finds a message's first line, header lines and body.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Lines end in CRLF or LF; a line that starts with a blank continues the one before (RFC 3261 §7.3.1).
#include <algorithm>
#include <type_traits>

#include "runtime/sip/chars.h"
#include "runtime/sip/header_names.h"
#include "runtime/sip/message.h"
#include "runtime/sip/scan.h"

namespace strowger::sip {

static_assert(std::is_trivially_copyable_v<Message>);

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

// One header line: null newline when it has no end, null colon when it is none.
struct Line {
  const char* colon;
  const char* newline;  // behind the folds
  std::uint16_t name_len;
  HeaderId id;
};

#if defined(__SSE2__)
inline unsigned places_of(__m128i bytes, char c) {
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c))));
}
#endif

// A line as nearly all are: a known name of at most 15 letters in the RFC's spelling, the colon directly behind it, one
// blank, a value, CRLF, no folds. False where any of this is not so; `line` is undefined then.
[[gnu::always_inline]] inline bool read_usual_line(const char* const p, const char* const end, Line& line) {
#if defined(__SSE2__)
  if (end - p < 16) return false;
  const auto at = [](const char* from) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(from)); };
  const __m128i bytes = at(p);
  const auto n = static_cast<unsigned>(__builtin_ctz(places_of(bytes, ':') | 0x8000));
  line.id = usual_id_of(load4(p), n);
  const __m128i name = _mm_load_si128(reinterpret_cast<const __m128i*>(kNameRows[static_cast<int>(line.id)].bytes));
  const auto other = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, name))) ^ 0xffff;
  if ((other & ((2u << n) - 1)) != 0) return false;  // the colon is in the row, too
  line.colon = p + n;
  line.name_len = static_cast<std::uint16_t>(n);
  const char* q = p;
  unsigned feeds = places_of(bytes, '\n');
  if (feeds == 0) {
    q += 16;
    for (; end - q >= 32; q += 32) {
      feeds = places_of(at(q), '\n') | places_of(at(q + 16), '\n') << 16;
      if (feeds != 0) break;
    }
    if (feeds == 0) {  // the last bytes, read from their end back
      if (end - q >= 16) {
        feeds = places_of(at(q), '\n');
        if (feeds == 0) q += 16;
      }
      if (feeds == 0) feeds = places_of(at(end - 16), '\n') >> (16 - (end - q));
      if (feeds == 0) return false;
    }
  }
  line.newline = q + __builtin_ctz(feeds);
  if (line.newline[-1] != '\r' || line.colon[1] != ' ' || static_cast<unsigned char>(line.colon[2]) <= ' ') return false;
  return line.newline + 1 == end || !is_blank(line.newline[1]);
#else
  return false;
#endif
}

// Any line, folds included.
[[gnu::noinline]] Line read_line(const char* const p, const char* const end) {
  Line line{nullptr, find_byte(p, end, '\n'), 0, HeaderId::Other};
  if (!line.newline) return line;
  const char* const colon = find_near(p, line.newline, end, ':');
  while (line.newline + 1 < end && is_blank(line.newline[1])) {
    line.newline = find_byte(line.newline + 1, end, '\n');
    if (!line.newline) return line;
  }
  const char* name_end = colon ? colon : p;
  while (name_end > p && is_blank(name_end[-1])) --name_end;
  line.id = header_id_of({p, static_cast<std::size_t>(name_end - p)});
  if (line.id == HeaderId::Other && !is_name(p, name_end)) return line;
  line.colon = colon;
  line.name_len = static_cast<std::uint16_t>(name_end - p);
  return line;
}

// More place for headers; null when there is no memory.
[[gnu::noinline]] Header* widen(const Header* headers, std::size_t count, std::size_t capacity, Arena& arena) {
  auto* more = arena.make_array<Header>(capacity);
  if (more) std::memcpy(more, headers, count * sizeof(Header));
  return more;
}

}  // namespace

Message Message::parse(Text buffer, Arena& arena) {
  Message m;
  const char* p = buffer.ptr ? buffer.ptr : "";
  const char* const end = p + (buffer.ptr ? buffer.len : 0);
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

  const char* newline = find_byte(p, end, '\n');
  const char* line_end = newline ? newline : end;
  if (newline && newline > p && newline[-1] == '\r') --line_end;
  m.first_line_len_ = static_cast<std::uint32_t>(line_end - p);
  m.headers_at_ = m.headers_end_ = m.body_at_ = m.size_;
  const bool good = m.parse_first_line(line_end);
  if (!good) {
    m.fail(!newline ? ParseFault::NotSip : ParseFault::BadFirstLine);
    m.is_http_ = false;
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

void Message::index_headers(const char* p, const char* const end, Arena& arena) {
  std::size_t capacity = kFirstHeaders, count = 0;
  Header* headers = arena.make_array<Header>(capacity);
  if (!headers) return fail(ParseFault::TooManyHeaders);
  const char* const base = base_;
  std::int16_t last[kHeaderIds];
  ParseFault fault = ParseFault::None;
  std::size_t before_fault = 0;  // so many header lines came before the first fault
  const auto refuse = [&](ParseFault why) __attribute__((always_inline)) {
    if (fault != ParseFault::None) return;
    fault = why;
    before_fault = count;
  };
  headers_end_ = body_at_ = size_;  // unless the empty line is found

  for (;;) {
    Line line;
    if (count < capacity && read_usual_line(p, end, line)) {
      const auto slot = static_cast<std::size_t>(line.id);
      const bool again = first_[slot] != 0;
      if (!again || !is_once(line.id)) {
        Header& h = headers[count];
        const auto line_at = static_cast<std::uint32_t>(p - base);
        const auto line_end = static_cast<std::uint32_t>(line.newline - base) + 1;
        h.at = line_at;
        h.value_at = line_at + line.name_len + 2;
        h.value_len = line_end - 2 - h.value_at;
        h.end = line_end;
        h.name_len = line.name_len;
        h.next = -1;
        h.id = line.id;
        if (again) {
          headers[last[slot]].next = static_cast<std::int16_t>(count);
        } else {
          first_[slot] = static_cast<std::int16_t>(count + 1);
        }
        last[slot] = static_cast<std::int16_t>(count);
        ++count;
        p = line.newline + 1;
        continue;
      }
    }
    if (p == end) {
      refuse(ParseFault::NoEnd);
      break;
    }
    if (*p == '\r' || *p == '\n') {
      if (*p == '\n' || p + 1 == end || p[1] == '\n') {
        headers_end_ = static_cast<std::uint32_t>(p - base);
        body_at_ = std::min(headers_end_ + (*p == '\r' ? 2u : 1u), size_);
        break;
      }
    }
    line = read_line(p, end);
    if (!line.newline) {  // the last line has no end: cut off somewhere
      refuse(ParseFault::BadHeader);
      break;
    }
    if (!line.colon) {
      refuse(ParseFault::BadHeader);
      p = line.newline + 1;
      continue;
    }
    if (count == capacity) {
      const std::size_t wider = std::min<std::size_t>(capacity * 2, Limits::kHeaders);
      Header* more = wider > capacity ? widen(headers, count, wider, arena) : nullptr;
      if (!more) {
        refuse(ParseFault::TooManyHeaders);
        break;
      }
      headers = more;
      capacity = wider;
    }
    const char* const next = line.newline + 1;
    const char* const value_end = line.newline[-1] == '\r' ? line.newline - 1 : line.newline;
    const char* value = line.colon + 1;
    if (*value == ' ') ++value;
    if (is_lws(*value)) value = skip_lws(value, value_end);

    Header& h = headers[count];
    h.at = static_cast<std::uint32_t>(p - base);
    h.value_at = static_cast<std::uint32_t>(value - base);
    h.value_len = value < value_end ? static_cast<std::uint32_t>(value_end - value) : 0;
    h.end = static_cast<std::uint32_t>(next - base);
    h.name_len = line.name_len;
    h.next = -1;
    h.id = line.id;
    const auto slot = static_cast<std::size_t>(line.id);
    if (first_[slot] == 0) {
      first_[slot] = static_cast<std::int16_t>(count + 1);
    } else {
      if (is_once(line.id)) refuse(ParseFault::BadHeader);
      headers[last[slot]].next = static_cast<std::int16_t>(count);
    }
    last[slot] = static_cast<std::int16_t>(count);
    ++count;
    p = next;
  }
  if (capacity == kFirstHeaders) arena.shrink(headers, count * sizeof(Header));
  headers_ = headers;
  count_ = static_cast<std::uint16_t>(count);
  runs_script_ = fault_ == ParseFault::None;
  if (fault == ParseFault::None) return;
  fail(fault);
  for (HeaderId id : {HeaderId::From, HeaderId::To, HeaderId::CallId, HeaderId::CSeq}) {
    const auto place = static_cast<std::size_t>(first_[static_cast<int>(id)]);
    if (place == 0 || place > before_fault) runs_script_ = false;
  }
}

// Content-Length, and what every proxy needs at once: the topmost Via, To and CSeq.
void Message::check_headers() {
  if (const Header* h = first(HeaderId::ContentLength)) {
    const std::optional<std::uint32_t> length = parse_number(value(*h));
    content_length_ = length ? static_cast<Int>(*length) : -2;
    bool same = true;
    for (const Header* n = next(h); n; n = next(n)) same = same && trim(value(*n)).view() == trim(value(*h)).view();
    if (!same) content_length_ = -2;
    if (content_length_ == -2) fail(ParseFault::BadContentLength);
  }
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
    if (const Header* second = next(top); second && is_request_) {
      Text rest = value(*second);
      require(next_via(rest).has_value(), ParseFault::BadVia);
    }
  }
  require(first(HeaderId::From) && first(HeaderId::To) && first(HeaderId::CallId) && first(HeaderId::CSeq),
          ParseFault::NoDialogId);
  if (first(HeaderId::To)) require(to(), ParseFault::BadTo);
  if (first(HeaderId::CSeq)) {
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
  m.via_ = {};
  m.from_ = m.to_ = {};
  m.from_tag_ = m.to_tag_ = Text::null();
  m.cseq_ = {};
  return m;
}

}  // namespace strowger::sip
