// What jsonrpcs keeps in a worker, and how it runs a request.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/script/descriptor.h"
#include "runtime/script/rpc.h"
#include "stdlib/jsonrpcs/json_request.h"

namespace strowger::jsonrpcs {

/// An answer on its way into a FIFO.
struct Waiting : Timer {
  std::string path, answer;
  std::size_t done = 0;
  int tries = 0;
  Descriptor fd;
};

/// What $jsonrpl reads.
struct Answer {
  Int code = 0;
  std::string text, body;
};

struct State {
  std::vector<std::unique_ptr<Waiting>> waiting;
  std::shared_ptr<const Answer> last;     ///< of jsonrpc_exec()
};

/// Runs a request in worker 0; `send` gets the answer and its print, now or later.
void run(Worker& worker, const Request& request, std::function<void(RpcReply&, std::string_view)> send);

}  // namespace strowger::jsonrpcs
