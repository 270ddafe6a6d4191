// The table of header names, and its perfect hash over length and the first four letters.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The factors were found by trial; a static_assert below proves that no two names share a slot.
#pragma once

#include <array>

#include "runtime/sip/header_id.h"

namespace strowger::sip {

inline constexpr std::array<std::string_view, kHeaderIds> kNames = {
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

inline constexpr unsigned kSlotBits = 8;
inline constexpr std::size_t kSlots = std::size_t{1} << kSlotBits;
inline constexpr std::size_t kShortest = 4, kLongest = 20;  // of the names in the table; Via and To are compared by themselves

constexpr unsigned low(char c) { return static_cast<unsigned char>(c) | 0x20u; }

// The first four letters without case, and the length.
constexpr std::size_t slot_of(std::uint32_t letters, std::size_t length) {
  return (((letters | 0x20202020u) + static_cast<std::uint32_t>(length) * 3663222373u) * 1937950301u) >> (32 - kSlotBits);
}

constexpr std::size_t slot_of(std::string_view name) {
  std::uint32_t letters = 0;
  for (unsigned i = 0; i < 4; ++i) letters |= static_cast<std::uint32_t>(static_cast<unsigned char>(name[i])) << (8 * i);
  return slot_of(letters, name.size());
}

struct Slots {
  std::array<HeaderId, kSlots> ids{};
  bool perfect = true;
};

constexpr Slots make_slots() {
  Slots slots;
  for (int id = 1; id < kHeaderIds; ++id) {
    if (kNames[id].size() < kShortest) continue;
    HeaderId& slot = slots.ids[slot_of(kNames[id])];
    if (slot != HeaderId::Other) slots.perfect = false;
    slot = static_cast<HeaderId>(id);
  }
  return slots;
}

inline constexpr Slots kSlotTable = make_slots();
static_assert(kSlotTable.perfect, "two header names share a slot: choose other factors");

/// "Name:" in sixteen bytes, the rest NUL; a colon at once, which no name begins with, where there is none or no place for it.
struct alignas(16) NameRow { char bytes[16]; };
inline constexpr std::array<NameRow, kHeaderIds> kNameRows = [] {
  std::array<NameRow, kHeaderIds> rows{};
  for (int id = 0; id < kHeaderIds; ++id) {
    const std::string_view name = kNames[id].size() <= 15 ? kNames[id] : std::string_view();
    for (std::size_t i = 0; i < name.size(); ++i) rows[id].bytes[i] = name[i];
    rows[id].bytes[name.size()] = ':';
  }
  return rows;
}();

/// The only id that a name of `length` letters can have, by its first four; to be compared with the id's row.
inline HeaderId usual_id_of(std::uint32_t letters, unsigned length) {
  if (length < kShortest) return length == 3 ? HeaderId::Via : HeaderId::To;
  return kSlotTable.ids[slot_of(letters, length)];
}

}  // namespace strowger::sip
