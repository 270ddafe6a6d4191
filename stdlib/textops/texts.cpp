// Tests of texts: lists, beginnings, parts, comparison.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/call.h"
#include "runtime/script/operators.h"
#include "textops.interface.h"

namespace strowger {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 32) : c; }

template <class Test>
Code in_any(Text list, Text separator, Test test) {
  if (separator.empty() || list.empty()) return -1;
  for (std::size_t at = 0; at <= list.len;) {
    std::size_t end = at;
    while (end < list.len && list.ptr[end] != separator.ptr[0]) ++end;
    const Text element = sip::trim({list.ptr + at, end - at});
    if (element.len > 0 && test(element)) return 1;
    at = end + 1;
  }
  return -1;
}

}  // namespace

Code Textops::in_list(Call&, Text subject, Text list, Text separator) {
  return in_any(list, separator, [&](Text element) { return Operators::text_eq(element, subject); });
}
Code Textops::in_list_prefix(Call&, Text subject, Text list, Text separator) {
  return in_any(list, separator, [&](Text element) { return subject.view().starts_with(element.view()); });
}
// 1 equal, -2 where `a` stands before `b` in the order of bytes, else -1.
Code Textops::cmp_str(Call&, Text a, Text b) {
  const int order = a.view().compare(b.view());
  return order == 0 ? 1 : order < 0 ? -2 : -1;
}
Code Textops::cmp_istr(Call&, Text a, Text b) {
  const std::string_view x = a.view(), y = b.view();
  const std::size_t both = std::min(x.size(), y.size());
  std::size_t i = 0;
  while (i < both && lower(x[i]) == lower(y[i])) ++i;
  if (i < both) return static_cast<unsigned char>(lower(x[i])) < static_cast<unsigned char>(lower(y[i])) ? -2 : -1;
  return x.size() == y.size() ? 1 : x.size() < y.size() ? -2 : -1;
}

// -2 where the text has the part's length there and stands before it in the order of bytes.
static Code by_order(std::string_view part, std::string_view wanted) {
  if (part.size() < wanted.size()) return -1;
  const int order = part.compare(wanted);
  return order == 0 ? 1 : order < 0 ? -2 : -1;
}
Code Textops::starts_with(Call&, Text text, Text start) {
  return by_order(text.view().substr(0, start.len), start.view());
}
Code Textops::ends_with(Call&, Text text, Text end) {
  const std::string_view all = text.view();
  return by_order(all.substr(all.size() - std::min(all.size(), end.len)), end.view());
}

// Where it is, counted from 1; an empty text is behind the end.
Code Textops::str_find(Call&, Text text, Text part) {
  if (part.empty()) return static_cast<Code>(text.view().size() + 1);
  const std::size_t at = text.view().find(part.view());
  return at == std::string_view::npos ? -1 : static_cast<Code>(at + 1);
}

Code Textops::str_ifind(Call&, Text text, Text part) {
  const std::string_view a = text.view(), b = part.view();
  for (std::size_t at = 0; at + b.size() <= a.size(); ++at) {
    std::size_t i = 0;
    while (i < b.size() && lower(a[at + i]) == lower(b[i])) ++i;
    if (i == b.size()) return static_cast<Code>(at + 1);
  }
  return -1;
}

}  // namespace strowger
