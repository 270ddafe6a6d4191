// Is a level logged at all? Asked before the text is made: a level that is off costs one predictable branch.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/call.h"
#include "xlog.interface.h"

namespace strowger {

bool Xlog::is_logged(Call& call, Int level) { return level != INT64_MIN && level <= call.worker->debug_level(); }
bool Xlog::logs_alert(Call& call) { return is_logged(call, -5); }
bool Xlog::logs_bug(Call& call) { return is_logged(call, -4); }
bool Xlog::logs_crit(Call& call) { return is_logged(call, -3); }
bool Xlog::logs_err(Call& call) { return is_logged(call, -1); }
bool Xlog::logs_warn(Call& call) { return is_logged(call, 0); }
bool Xlog::logs_notice(Call& call) { return is_logged(call, 1); }
bool Xlog::logs_info(Call& call) { return is_logged(call, 2); }
bool Xlog::logs_dbg(Call& call) { return is_logged(call, 3); }

}  // namespace strowger
