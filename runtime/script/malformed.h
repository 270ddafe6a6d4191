// Requests that cannot be read in full, and may be answered all the same.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/sip/message.h"

namespace strowger {

/// Is it a SIP request with all that RFC 3261 §8.1.1 demands, and no ACK? What lacks something of it is noise: it gets no answer.
bool may_be_answered(const sip::Message& message);

}  // namespace strowger
