// What sanity does with requests that cannot be parsed.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

namespace strowger {
struct Call;
}

namespace strowger::sanity {

/// Services::malformed: 505 for another version of SIP, else 400, where the request has what a reply needs.
void answer_malformed(Call& call);

}  // namespace strowger::sanity
