// Answers as servers send them (RFC 1035 §4).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string_view>

#include "runtime/dns/records.h"

namespace strowger::dns {

/// Reads the answer section of a whole DNS message for the records of `type` at `name` (as normal_name() gives it, or
/// anything when `any_name`: the server was asked with a search list), CNAMEs followed. Failed when the bytes are no such
/// message.
Answer parse_answer(std::string_view bytes, std::string_view name, Type type, bool any_name = false);

}  // namespace strowger::dns
