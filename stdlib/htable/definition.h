// What a modparam of htable says about one table: "name=>size=8;autoexpire=300;initval=0;".
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>
#include <string>

#include "runtime/abi/values.h"

namespace strowger::htable {

struct Definition {
  std::string name;
  unsigned size = 3;          ///< 2^size places at first
  Int autoexpire = 0;         ///< seconds; 0: items do not expire
  bool update_expire = true;  ///< a write begins the time anew
  std::string database_table;  ///< where its items come from; empty: from nowhere
  bool has_initval = false;
  Int initval = 0;
};

/// Nothing when the text is no definition or asks for what there is no code for; `why` says what.
std::optional<Definition> parse_definition(Text text, std::string& why);

}  // namespace strowger::htable
