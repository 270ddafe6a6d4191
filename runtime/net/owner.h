// Which worker a message belongs to, found without parsing it: replies by our Via branch, requests by Call-ID.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstdint>
#include <optional>

#include "runtime/abi/values.h"

namespace strowger::net {

/// What our branches begin with; two lower-case hex digits of the owning worker follow.
inline constexpr std::string_view kOwnedBranch = "z9hG4bKsw";

/// The Call-ID's value; null when there is none before the empty line. A folded value is found, too.
Text find_call_id(Text message);
/// The branch parameter of the topmost Via value; null when there is none.
Text find_top_branch(Text message);
/// The port of the topmost Via (5060 when it has none) when that Via has an `alias` parameter (RFC 5923).
std::optional<std::uint16_t> find_alias_port(Text message);
/// The worker that a branch of ours names; nothing for other branches.
std::optional<std::uint32_t> owner_of_branch(Text branch);
/// 64 bits that spread Call-IDs; `seed` keeps outsiders from choosing the worker.
std::uint64_t hash_call_id(Text call_id, std::uint64_t seed);
/// The owner among `workers`; nothing for bytes that have neither branch of ours nor Call-ID (any worker may refuse them).
std::optional<std::uint32_t> owner_of(Text message, std::uint32_t workers, std::uint64_t seed);

}  // namespace strowger::net
