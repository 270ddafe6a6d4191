// The same scripts in an installed Kamailio.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <stdexcept>

#include "tests/property/runner.h"

namespace strowger::property {

struct NotStarted : std::runtime_error {
  NotStarted(const std::string& why, int refused) : std::runtime_error(why), program(refused) {}
  int program;  ///< the one that Kamailio refuses, 0 where it names none
};

/// Starts Kamailio (from PATH) with the programs on 127.0.0.1:`port`, sends the messages, gives what it logged. Throws
/// NotStarted where it does not start.
Traces run_kamailio(const std::vector<Program>& programs, const std::vector<Message>& messages, int port, const std::string& scratch);

}  // namespace strowger::property
