// Small things all parsers here share: trimming, comparison, numbers, parameter lists.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include "runtime/sip/bodies.h"
#include "runtime/sip/byte_mask.h"
#include "runtime/sip/chars.h"
#include "runtime/sip/message.h"

namespace strowger::sip {

Text trim(Text text) {
  if (text.is_null()) return text;
  if (text.len > 0 && !is_lws(text.ptr[0]) && !is_lws(text.ptr[text.len - 1])) return text;
  const char* end = text.ptr + text.len;
  const char* begin = skip_lws(text.ptr, end);
  return {begin, static_cast<std::size_t>(trim_end(begin, end) - begin)};
}

bool equal_ignore_case(Text a, Text b) {
  if (a.is_null() || b.is_null() || a.len != b.len) return false;
  if (same_bytes(a.ptr, b.ptr, a.len)) return true;
  for (std::size_t i = 0; i < a.len; ++i)
    if (a.ptr[i] != b.ptr[i] && lower(a.ptr[i]) != lower(b.ptr[i])) return false;
  return true;
}

std::optional<std::uint32_t> parse_number(Text value) {
  if (!value.is_null() && value.len - 1 < 9) {  // one to nine digits, as nearly always
    std::uint32_t number = 0;
    std::size_t i = 0;
    while (i < value.len && is_digit(value.ptr[i])) number = number * 10 + static_cast<unsigned>(value.ptr[i++] - '0');
    if (i == value.len) return number;
  }
  const Text digits = trim(value);
  if (digits.empty()) return std::nullopt;
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < digits.len; ++i) {
    if (!is_digit(digits.ptr[i])) return std::nullopt;
    number = number * 10 + static_cast<unsigned>(digits.ptr[i] - '0');
    if (number > UINT32_MAX) return std::nullopt;
  }
  return static_cast<std::uint32_t>(number);
}

bool next_param(Text& rest, Param& out, char separator) {
  if (rest.empty()) return false;
  const char* const end = rest.ptr + rest.len;
  const char* p = rest.ptr;
  const char* equals = nullptr;
  for (;; ++p) {
    p = find_any_in(rest.ptr, p, end, separator, '=', '"');
    if (p == end || *p == separator) break;
    if (*p == '=') {
      if (!equals) equals = p;
    } else if (equals) {
      const char* behind = skip_quoted(p, end);
      if (!behind) {
        p = end;
        break;
      }
      p = behind - 1;
    }
  }
  out.has_value = equals != nullptr;
  out.name = trim(Text(rest.ptr, static_cast<std::size_t>((equals ? equals : p) - rest.ptr)));
  out.value = equals ? trim(Text(equals + 1, static_cast<std::size_t>(p - equals - 1))) : Text("");
  if (out.value.len >= 2 && out.value.ptr[0] == '"' && out.value.ptr[out.value.len - 1] == '"')
    out.value = {out.value.ptr + 1, out.value.len - 2};
  if (p < end) ++p;
  rest = {p, static_cast<std::size_t>(end - p)};
  return true;
}

Text last_param(Text params, std::string_view name) {
  Text found = Text::null();
  if (params.empty()) return found;
  std::uint64_t masks[3];
  if (params.len <= kMaskBytes) {
    make_masks(params.ptr, params.len, masks, IsByte{';'}, IsByte{'='}, IsLowOr<'"'>{});
    if (masks[2] == 0) {  // nothing to trim, no quotes
      for (std::size_t at = 0; at < params.len;) {
        const std::size_t end = next_bit(masks[0], at, params.len), equals = next_bit(masks[1], at, end);
        const std::size_t length = std::min(equals, end) - at;
        if (length == name.size() && (length == 0 || ((params.ptr[at] ^ name[0]) & ~0x20) == 0) &&
            equal_ignore_case({params.ptr + at, length}, name))
          found = equals < end ? Text(params.ptr + equals + 1, end - equals - 1) : Text("");
        at = end + 1;
      }
      return found;
    }
  }
  Param param;
  while (next_param(params, param))
    if (equal_ignore_case(param.name, name)) found = param.value;
  return found;
}

}  // namespace strowger::sip
