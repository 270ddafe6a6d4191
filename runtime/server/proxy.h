// The life of a proxy process: command line, sockets, workers, signals, end.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include "runtime/abi/image.h"

namespace strowger::server {

/// Runs the proxy of a compiled script until it is told to end; the process's exit code. Also what `strowger run` calls.
int run_proxy(const ScriptImage& image, int argc, char** argv);

}  // namespace strowger::server
