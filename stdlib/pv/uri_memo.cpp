// Which URIs a worker remembers: the last one of each of a few classes, compared byte by byte.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "stdlib/pv/uri_memo.h"

#include <cstring>
#include <iterator>

namespace strowger::pv {

const sip::Uri* UriMemo::find(Text text) {
  if (text.is_null() || text.len < 5 || text.len > kLongest) return nullptr;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text.ptr[at]); };
  Entry& entry = entries_[(text.len + byte(text.len - 1) * 3 + byte(text.len / 2) * 5 + byte(4) * 7) % std::size(entries_)];
  if (entry.size == text.len && std::memcmp(entry.bytes, text.ptr, text.len) == 0) return &entry.uri;
  std::memcpy(entry.bytes, text.ptr, text.len);
  const std::optional<sip::Uri> uri = sip::parse_uri({entry.bytes, text.len});
  entry.size = uri ? text.len : 0;
  if (!uri) return nullptr;
  entry.uri = *uri;
  return &entry.uri;
}

}  // namespace strowger::pv
