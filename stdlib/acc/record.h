// One accounting record: what it tells, and the line it becomes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/script/call.h"

namespace strowger::acc {

/// What only the event knows; the rest comes from the call's message and variables.
struct Record {
  Text what;                    ///< "ACC: transaction answered: "
  Text from_tag, to_tag;
  Text code, reason;
};

/// Writes "WHATtimestamp=...;method=...;from_tag=...;to_tag=...;call_id=...;code=...;reason=...", then log_extra and the legs, as one
/// line at log_level. Values that are not there are empty. A line ends after 65,535 bytes.
void write(Call& call, const Record& record);

/// Would write() write at all?
bool is_written(const Worker& worker);

/// Can the legs be read? multi_leg_info may only name $avp. False and a sentence.
bool check_legs(std::string& why);

}  // namespace strowger::acc
