// Codecs of a session description: payload numbers and the names of RFC 3551 and of "a=rtpmap".
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/script/header_edits.h"
#include "stdlib/sdpops/sdp.h"

namespace strowger::sdpops {

/// The numbers of a list of codec names, as a comma list in the arena; "" when there are none. A name of RFC 3551 has its
/// static number; others have all numbers that an "a=rtpmap" of any stream gives them. Case does not matter.
Text ids_of_names(Call& call, const Description& sdp, Text names);

/// Which payloads of the comma list do the streams have? 1 all of them in every stream, 2 some, -1 none.
Code ask_for(const Description& sdp, Text ids);

bool list_has(Text list, Text id);

}  // namespace strowger::sdpops
