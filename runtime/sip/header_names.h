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

/// A name of at most 14 letters as nearly all write it: "Name: " at once, with what its header's entry then begins with.
struct alignas(32) UsualName {
  char bytes[16] = {};
  std::uint32_t need = 0x10000;   ///< a bit for each byte that has to be so; one that no comparison sets where there is no such name
  std::uint32_t value_at = 0;
  std::uint16_t length = 0;
  std::int16_t next = -1;
  HeaderId id = HeaderId::Other;
  std::uint8_t unused = 0;
  std::uint16_t alike = 0;            ///< where another name is that begins with the same four bytes; 0 for none
};
inline constexpr std::size_t kLongestUsual = 14;

/// By the first four bytes as they are (with the colon and the blank of a short name).
constexpr std::size_t usual_slot_of(std::uint32_t letters) { return (letters * 422396447u) >> (32 - kSlotBits); }

constexpr std::uint32_t first_four(const UsualName& row) {
  std::uint32_t letters = 0;
  for (unsigned i = 0; i < 4; ++i) letters |= static_cast<std::uint32_t>(static_cast<unsigned char>(row.bytes[i])) << (8 * i);
  return letters;
}

struct UsualNames {
  std::array<UsualName, kHeaderIds> rows{};
  std::array<std::uint16_t, kSlots> at{};   ///< where a slot's row is, in bytes; 0 for none
  bool perfect = true;
};

inline constexpr UsualNames kUsual = [] {
  UsualNames all;
  for (int id = kHeaderIds - 1; id > 0; --id) {
    const std::string_view name = kNames[id];
    if (name.size() > kLongestUsual) continue;
    UsualName& row = all.rows[id];
    for (std::size_t i = 0; i < name.size(); ++i) row.bytes[i] = name[i];
    row.bytes[name.size()] = ':';
    row.bytes[name.size() + 1] = ' ';
    row.value_at = static_cast<std::uint32_t>(name.size() + 2);
    row.need = (std::uint32_t{1} << row.value_at) - 1;
    row.length = static_cast<std::uint16_t>(name.size());
    row.id = static_cast<HeaderId>(id);
    std::uint16_t& slot = all.at[usual_slot_of(first_four(row))];
    if (slot != 0 && first_four(all.rows[slot / sizeof row]) != first_four(row)) all.perfect = false;
    row.alike = slot;                       // the first ones of the table are looked at first: Call-ID, then Call-Info
    slot = static_cast<std::uint16_t>(id * sizeof row);
  }
  return all;
}();
static_assert(kUsual.perfect, "two usual names share a slot: choose another factor");

}  // namespace strowger::sip
