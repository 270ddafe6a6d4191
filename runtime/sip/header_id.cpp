// Header names: a slot of the hash table, then one comparison.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/sip/header_id.h"

#include "runtime/sip/header_names.h"
#include "runtime/sip/scan.h"

namespace strowger::sip {
namespace {

constexpr bool lengths_fit() {
  for (int id = 1; id < kHeaderIds; ++id)
    if (kNames[id].size() > kLongest) return false;
  return true;
}
static_assert(lengths_fit());

// One letter: the compact forms of RFC 3261 §7.3.3 and of the extensions.
HeaderId compact_id_of(char letter) {
  switch (low(letter)) {
    case 'b': return HeaderId::ReferredBy;
    case 'c': return HeaderId::ContentType;
    case 'e': return HeaderId::ContentEncoding;
    case 'f': return HeaderId::From;
    case 'i': return HeaderId::CallId;
    case 'k': return HeaderId::Supported;
    case 'l': return HeaderId::ContentLength;
    case 'm': return HeaderId::Contact;
    case 'n': return HeaderId::IdentityInfo;
    case 'o': return HeaderId::Event;
    case 'r': return HeaderId::ReferTo;
    case 's': return HeaderId::Subject;
    case 't': return HeaderId::To;
    case 'u': return HeaderId::AllowEvents;
    case 'v': return HeaderId::Via;
    case 'x': return HeaderId::SessionExpires;
    case 'y': return HeaderId::Identity;
    default: return HeaderId::Other;
  }
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

bool equal_names(const char* a, const char* b, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i)
    if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
  return true;
}

}  // namespace

HeaderId header_id_of(std::string_view name) {
  const char* const p = name.data();
  const std::size_t n = name.size();
  if (n >= kShortest && n <= kLongest) {
    const HeaderId id = kSlotTable.ids[slot_of(load4(p), n)];
    const std::string_view known = kNames[static_cast<int>(id)];
    if (known.size() != n) return HeaderId::Other;
    // Written as in the RFC nearly always.
    return same_bytes(known.data(), p, n) || equal_names(known.data(), p, n) ? id : HeaderId::Other;
  }
  switch (n) {
    case 1: return is_letter(*p) ? compact_id_of(*p) : HeaderId::Other;
    case 2: return equal_names("To", p, 2) ? HeaderId::To : HeaderId::Other;
    case 3: return equal_names("Via", p, 3) ? HeaderId::Via : HeaderId::Other;
    default: return HeaderId::Other;
  }
}

std::string_view name_of(HeaderId id) {
  return static_cast<int>(id) < kHeaderIds ? kNames[static_cast<int>(id)] : std::string_view();
}

}  // namespace strowger::sip
