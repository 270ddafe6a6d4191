// JSON-RPC replies, printed as Kamailio prints them: tabs, or compact.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>
#include <string_view>

#include "runtime/script/rpc.h"

namespace strowger::jsonrpcs {

/// A text in quotes; what is no UTF-8 becomes U+FFFD.
void put_text(std::string& out, std::string_view text);

/// The whole reply. `id`: printed JSON, empty for none. `is_array`: the result is a list of all values; else it is the last.
std::string print_reply(RpcReply& reply, std::string_view id, bool is_array, bool pretty);

}  // namespace strowger::jsonrpcs
