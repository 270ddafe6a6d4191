// Finding the contacts of a URI: addresses of record and GRUUs.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/script/call.h"
#include "stdlib/registrar/aor.h"
#include "stdlib/usrloc/location.h"

namespace strowger::registrar {

struct Found {
  usrloc::Contact* contacts = nullptr;  ///< valid ones, in order; in the call's arena
  int count = 0;
  Aor aor;
  bool error = false;  ///< a URI without address of record, or no memory
};

/// The contacts of `uri`; only that of the instance or the ruid where it is a GRUU (RFC 5627 §5.1).
Found find_contacts(Call& call, usrloc::Table& table, Text uri);

/// The first URI of a Path; null when there is none.
Text first_hop(Text path);

}  // namespace strowger::registrar
