// The few things that parties and checks of the simulation read in a message; on purpose not the proxy's parser.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace strowger::simtest {

/// Views into the text that it was read from.
struct SipText {
  int status = 0;                          ///< 0: a request
  std::string_view method;                 ///< of replies by CSeq
  std::string_view uri;                    ///< of requests
  std::string_view branch, second_branch;  ///< of the first two Vias
  std::string_view call_id, from_tag, to_tag, contact;
  int cseq = 0;
  int vias = 0;
  std::vector<std::string_view> record_routes;

  bool is(std::string_view request) const { return status == 0 && method == request; }
  bool answers(std::string_view request) const { return status != 0 && method == request; }
};

SipText read(std::string_view message);

}  // namespace strowger::simtest
