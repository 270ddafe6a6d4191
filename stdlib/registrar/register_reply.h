// The reply to a REGISTER: its headers, and sending it.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/script/call.h"
#include "stdlib/registrar/aor.h"
#include "stdlib/registrar/register_request.h"
#include "stdlib/usrloc/location.h"

namespace strowger::registrar {

/// Adds the Contact header with the valid contacts of the locked record to the reply, with GRUUs where the request
/// supports them. False when the arena is full.
bool list_contacts(Call& call, const usrloc::Table::Locked& record, const Aor& aor);
/// Adds Unsupported, Min-Expires, Path, Supported, Require, Flow-Timer, P-Registrar-Error, Retry-After as they are due.
/// `outbound`: the phone uses it (RFC 5626).
bool add_outcome(Call& call, const Refusal& outcome, Text path, Text unsupported, bool outbound);
/// In the request's transaction if it has one, else statelessly.
Code send_outcome(Call& call, int code, Text reason);

}  // namespace strowger::registrar
