// What DNS says: records and whole answers.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/sip/address.h"

namespace strowger::dns {

/// RFC 1035, 3596, 2782, 3403.
enum class Type : std::uint16_t { A = 1, Cname = 5, Aaaa = 28, Srv = 33, Naptr = 35 };

enum class Status : std::uint8_t {
  Found,
  NoData,      ///< the name exists without such records
  NoName,      ///< there is no such name
  Failed,      ///< no server gave an answer that could be read
};

struct Record {
  std::uint32_t ttl = 0;             ///< seconds
  sip::Address address;              ///< A, AAAA; port 0
  std::uint16_t order = 0;           ///< SRV: priority; NAPTR: order
  std::uint16_t preference = 0;      ///< SRV: weight; NAPTR: preference
  std::uint16_t port = 0;            ///< SRV
  std::string name;                  ///< SRV: target, NAPTR: replacement; lower case, no dot at the end, empty for "."
  std::string flags, services, regexp;   ///< NAPTR
};

/// An answer to one question; records in the order of the server. Immutable once it is shared.
struct Answer {
  Status status = Status::Failed;
  std::uint32_t ttl = 0;             ///< seconds; the smallest of the records and of the aliases that led to them
  std::vector<Record> records;
};
using SharedAnswer = std::shared_ptr<const Answer>;

inline constexpr std::size_t kMaxName = 253;       ///< characters
inline constexpr std::size_t kMaxRecords = 64;     ///< of one answer; more are left out

/// Lower case, without the dot at the end; empty when it cannot be asked for (empty labels, labels above 63, bytes that no
/// name in SIP has, too long).
std::string normal_name(std::string_view name);

}  // namespace strowger::dns
