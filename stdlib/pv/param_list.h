// Lists of name=value, as Kamailio reads them: one malformed part spoils all of it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>

#include "runtime/sip/byte_mask.h"
#include "runtime/sip/chars.h"
#include "runtime/sip/message.h"
#include "runtime/sip/scan.h"
#include "stdlib/pv/text_output.h"

namespace strowger::pv {

/// The list: it ends at a comma outside of quotes.
inline Text list_in(Text text) {
  const char* const end = text.ptr + text.len;
  const char* p = text.ptr;
  while ((p = sip::find_any_in(text.ptr, p, end, ',', '"')) < end && *p != ',') {
    const char* const behind = sip::skip_quoted(p, end);
    p = behind ? behind : p + 1;
  }
  return {text.ptr, static_cast<std::size_t>(p - text.ptr)};
}

inline char separator_in(Text text) { return text.empty() || text.ptr[0] == ',' ? ';' : text.ptr[0]; }

/// Of two texts of one length: might they be equal but for case?
inline bool same_first(Text a, Text b) { return a.len == 0 || ((a.ptr[0] ^ b.ptr[0]) & ~0x20) == 0; }

inline bool is_blank(char c) { return sip::is_class(c, sip::kLwsChar); }

inline const char* skip_blanks(const char* p, const char* end) {
  while (p < end && is_blank(*p)) ++p;
  return p;
}

/// The byte behind the text that opens with the quote at `p`; null where it is not closed.
inline const char* skip_quotes(const char* p, const char* end) {
  const char quote = *p++;
  while (p < end && *p != quote) ++p;  // a backslash protects nothing here
  return p < end ? p + 1 : nullptr;
}

enum class Next { Param, End, Malformed };

/// Where a name or a bare value ends: at a blank, the separator or `equals` (for values the separator once more).
inline const char* word_end(const char* begin, const char* p, const char* end, char separator, char equals) {
  for (;; ++p) {
    p = sip::find_low_or_in(begin, p, end, separator, equals);
    if (p == end || *p == separator || *p == equals || is_blank(*p)) return p;
  }
}

/// Reads one name=value of the list from `begin` to `end`; `p` moves behind its separator. Blanks are skipped in front of
/// all but the first.
inline Next next_in(const char* begin, const char*& p, const char* const end, char separator, sip::Param& out) {
  if (p == end) return Next::End;
  if (p != begin) p = skip_blanks(p, end);
  if (p == end) return Next::Malformed;
  const char* const name = p;
  p = word_end(begin, p, end, separator, '=');
  out.name = {name, static_cast<std::size_t>(p - name)};
  out.value = Text("");
  const bool nothing = p == name && !is_blank(*p);
  p = skip_blanks(p, end);
  if (p < end && *p == '=') {
    p = skip_blanks(p + 1, end);
    if (p < end && *p == separator) return Next::Malformed;
    const char* value = p;
    std::size_t length = 0;
    if (p < end && (*p == '"' || *p == '\'')) {
      p = skip_quotes(p, end);
      if (!p) return Next::Malformed;
      length = static_cast<std::size_t>(p - ++value - 1);
    } else {
      p = word_end(begin, p, end, separator, separator);
      length = static_cast<std::size_t>(p - value);
    }
    out.value = {value, length};
    p = skip_blanks(p, end);
  }
  if (p == end) return Next::Param;
  if (*p++ != separator) return Next::Malformed;
  return nothing && p == end ? Next::Malformed : Next::Param;
}

/// A short list without blanks, quotes and commas, by masks: as next_in().
class PlainList {
 public:
  PlainList(Text list, char separator) : list_(list) {
    if (list.len > sip::kMaskBytes || separator == '=' || separator <= ' ') return;
    std::uint64_t masks[3];
    sip::make_masks(list.ptr, list.len, masks, sip::IsByte{separator}, sip::IsByte{'='}, sip::IsLowOr<'"', '\'', ','>{});
    separators_ = masks[0];
    equals_ = masks[1];
    is_plain_ = masks[2] == 0;
  }
  bool is_plain() const { return is_plain_; }

  Next next(std::size_t& at, sip::Param& out) const {
    if (at == list_.len) return Next::End;
    const std::size_t end = sip::next_bit(separators_, at, list_.len);
    const std::size_t equals = sip::next_bit(equals_, at, end);
    const bool named = equals < end;
    const std::size_t name_end = named ? equals : end;
    out.name = pv::part(list_, at, name_end - at);
    out.value = named ? pv::part(list_, equals + 1, end - equals - 1) : Text("");
    const bool nothing = name_end == at;
    at = end;
    if (end == list_.len) return Next::Param;
    if (named && equals + 1 == end) return Next::Malformed;
    ++at;
    return nothing && at == list_.len ? Next::Malformed : Next::Param;
  }

 private:
  Text list_;
  std::uint64_t separators_ = 0, equals_ = 0;
  bool is_plain_ = false;
};

/// A list of name=value, read as a whole: one malformed part spoils all of it.
class ParamList {
 public:
  ParamList(Call& call, Value in, Text separator)
      : list_(text_of(call, in)), separator_(separator_in(separator)), plain_(list_, separator_) {
    if (!plain_.is_plain()) list_ = list_in(list_);
  }
  bool good() const {
    return list_.len != 0 && each([](const sip::Param&) { return true; });
  }
  /// Nothing when the list is malformed.
  std::optional<Int> count() const {
    Int count = 0;
    const bool good = list_.len != 0 && each([&](const sip::Param&) { return ++count, true; });
    return good ? std::optional(count) : std::nullopt;
  }
  enum class Found { No, Yes, Malformed };
  /// The last parameter of the name.
  Found find(Text name, sip::Param& out) const {
    Found found = Found::No;
    const bool good = list_.len != 0 && each([&](const sip::Param& param) {
      if (param.name.len != name.len || !same_first(param.name, name) || !sip::equal_ignore_case(param.name, name)) return true;
      out = param;
      found = Found::Yes;
      return true;
    });
    return good ? found : Found::Malformed;
  }
  /// The one at an index; negative ones count from the end.
  bool at(Int index, sip::Param& out) const {
    if (index < 0) index += count().value_or(0);
    if (index < 0) return false;
    bool found = false;
    each([&](const sip::Param& param) {
      if (index-- != 0) return true;
      out = param;
      found = true;
      return false;
    });
    return found;
  }

  /// Visits the parameters until `visit` gives false. False when the list is malformed.
  template <class Visit>
  bool each(Visit visit) const {
    sip::Param param;
    if (plain_.is_plain()) {
      for (std::size_t at = 0;;) {
        const Next next = plain_.next(at, param);
        if (next != Next::Param) return next == Next::End;
        if (!visit(param)) return true;
      }
    }
    const char* p = list_.ptr;
    for (;;) {
      const Next next = next_in(list_.ptr, p, list_.ptr + list_.len, separator_, param);
      if (next != Next::Param) return next == Next::End;
      if (!visit(param)) return true;
    }
  }

 private:
  Text list_;
  char separator_;
  PlainList plain_;
};

}  // namespace strowger::pv
