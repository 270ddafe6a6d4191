// One accounting record: what it tells, and the line or the rows it becomes.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <functional>

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

/// log_level.
LogLevel line_level();
/// Would write() write at all?
bool is_written(const Worker& worker);

/// Calls `use` for each leg with the value of the i-th attribute of multi_leg_info in it, null where it has none: the newest first, until
/// no attribute has a value; once at least.
void each_leg(Call& call, const std::function<bool(const std::function<Text(std::uint64_t i)>& value)>& use);

/// A second time as time_mode wants it: text for 3 and 4, null else.
Text formatted_time(std::int64_t micros, sip::Arena& arena);

Text method_of(sip::Message& message);
/// The value of an attribute as text; null where it is undefined.
Text text_of(Call& call, const VariableRef& variable);

/// Can the legs be read? multi_leg_info may only name $avp. False and a sentence.
bool check_legs(std::string& why);

}  // namespace strowger::acc
