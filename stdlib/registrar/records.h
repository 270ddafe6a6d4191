// The xavps of registrar: what the script asks for one message (xavp_cfg), and what it is shown (xavp_rcd).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>

#include "runtime/script/call.h"
#include "stdlib/usrloc/contact.h"

namespace strowger::registrar {

/// A number of the xavp that modparam xavp_cfg names; nothing where it is not set or a text.
std::optional<Int> wished_number(Call& call, std::string_view name);
/// A text of it; null where it is not set or a number.
Text wished_text(Call& call, std::string_view name);

/// Starts the xavp that modparam xavp_rcd names anew, without fields.
void clear_record(Call& call);
/// Adds the contact's fields to it: those of the contact added last are found first.
void add_record(Call& call, const usrloc::Contact& contact);

}  // namespace strowger::registrar
