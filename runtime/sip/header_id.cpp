// Header names: a perfect hash over length and three letters, then one comparison that ignores case.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The factors were found by trial; a static_assert below proves that no two names share a slot.
#include "runtime/sip/header_id.h"

#include <array>

#include "runtime/sip/scan.h"

namespace strowger::sip {
namespace {

constexpr std::array<std::string_view, kHeaderIds> kNames = {
    "",
    "Via", "From", "To", "Call-ID", "CSeq", "Contact",
    "Max-Forwards", "Route", "Record-Route", "Content-Length", "Content-Type", "Expires",
    "Authorization", "Proxy-Authorization", "WWW-Authenticate", "Proxy-Authenticate", "Require", "Proxy-Require",
    "Supported", "Unsupported", "Allow", "Event", "Date", "User-Agent",
    "Server", "Subject", "Path", "Service-Route", "Accept", "Accept-Language",
    "Content-Encoding", "Content-Disposition", "Diversion", "Identity", "Identity-Info", "In-Reply-To",
    "Min-Expires", "Min-SE", "Session-Expires", "Organization", "P-Asserted-Identity", "P-Preferred-Identity",
    "Priority", "Privacy", "Reason", "Refer-To", "Referred-By", "Remote-Party-ID",
    "Replaces", "Retry-After", "RAck", "RSeq", "SIP-If-Match", "SIP-ETag",
    "Subscription-State", "Timestamp", "Warning", "Allow-Events", "Call-Info", "Alert-Info",
    "Error-Info", "MIME-Version",
};

constexpr std::size_t kSlots = 256;
constexpr std::size_t kShortest = 2, kLongest = 20;

constexpr unsigned low(char c) { return static_cast<unsigned char>(c) | 0x20u; }

constexpr std::size_t slot_of(std::string_view name) {
  const auto length = static_cast<unsigned>(name.size());
  const unsigned h = length * 231u + low(name.front()) * 234u + low(name.back()) * 250u + low(name[length / 2]) * 249u;
  return (h >> 2) & (kSlots - 1);
}

struct Slots {
  std::array<HeaderId, kSlots> ids{};
  bool perfect = true;
};

constexpr Slots make_slots() {
  Slots slots;
  for (int id = 1; id < kHeaderIds; ++id) {
    HeaderId& slot = slots.ids[slot_of(kNames[id])];
    if (slot != HeaderId::Other) slots.perfect = false;
    slot = static_cast<HeaderId>(id);
  }
  return slots;
}

constexpr Slots kSlotTable = make_slots();
static_assert(kSlotTable.perfect, "two header names share a slot: choose other factors");

constexpr bool lengths_fit() {
  for (int id = 1; id < kHeaderIds; ++id)
    if (kNames[id].size() < kShortest || kNames[id].size() > kLongest) return false;
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

bool equal_names(const char* a, const char* b, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i)
    if (a[i] != b[i] && lower(a[i]) != lower(b[i])) return false;
  return true;
}

}  // namespace

HeaderId header_id_of(std::string_view name) {
  if (name.size() < kShortest) {
    if (name.empty()) return HeaderId::Other;
    const char c = name.front();
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ? compact_id_of(c) : HeaderId::Other;
  }
  if (name.size() > kLongest) return HeaderId::Other;
  const HeaderId id = kSlotTable.ids[slot_of(name)];
  const std::string_view known = kNames[static_cast<int>(id)];
  if (known.size() != name.size()) return HeaderId::Other;
  // Written as in the RFC nearly always: compared at once.
  if (same_bytes(known.data(), name.data(), name.size()) || equal_names(known.data(), name.data(), name.size())) return id;
  return HeaderId::Other;
}

std::string_view name_of(HeaderId id) {
  return static_cast<int>(id) < kHeaderIds ? kNames[static_cast<int>(id)] : std::string_view();
}

}  // namespace strowger::sip
