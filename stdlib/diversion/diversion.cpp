// The Diversion header (RFC 5806): the newest entry stands first.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "diversion.interface.h"
#include "runtime/script/log_line.h"
#include "runtime/script/operators.h"

namespace strowger {
namespace {

constexpr std::string_view kName = "Diversion";

/// In front of what was put there before, by us or by others.
std::int8_t next_rank(const sip::Edits& edits, std::uint32_t at) {
  std::int8_t rank = 0;
  for (const sip::Edit& edit : edits)
    if (edit.at == at && edit.rank < rank && edit.insert.view().starts_with(kName)) rank = edit.rank;
  return rank > INT8_MIN ? static_cast<std::int8_t>(rank - 1) : rank;
}

}  // namespace

Code Diversion::add_diversion(Call& call, Text reason) { return add_diversion(call, reason, call.live->message.ruri()); }

Code Diversion::add_diversion(Call& call, Text reason, Text uri) {
  const sip::Message& message = call.live->message;
  const Text parts[] = {kName, ": <", uri, ">;reason=", reason, "\r\n"};
  const Text line = Operators::concat(&call, parts, 6, sip::Limits::kMessage);
  const sip::Header* const first = message.first(sip::HeaderId::Diversion);
  const std::uint32_t at = first ? first->at : message.headers_end();
  if (!line.is_null() && call.live->edits.insert(*call.arena, at, line, next_rank(call.live->edits, at))) return 1;
  log_line(call, LogLevel::Err, "diversion", {"the header is too long, or there are too many edits"});
  return -1;
}

}  // namespace strowger
