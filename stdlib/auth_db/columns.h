// The columns that load_credentials names, and the AVPs that they go to.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/script/call.h"
#include "runtime/script/database.h"

namespace strowger::auth_db {

struct Loaded {
  std::string column;
  std::string name;                      ///< of the AVP
  bool numbered = false;                 ///< $avp(i:5)
};

/// "column;$avp(name)=column"; blanks do not count. Nothing and `why` where an item is something else.
std::optional<std::vector<Loaded>> parse_load_credentials(std::string_view text, std::string& why);

/// Adds AVPs; fields that are NULL give none.
void add_avps(Call& call, std::span<const Loaded> columns, std::span<const db::Field> fields);

}  // namespace strowger::auth_db
