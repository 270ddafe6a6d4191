// JSON-RPC requests: a bounded reader of JSON that keeps only what a call needs.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/script/rpc.h"

namespace strowger::jsonrpcs {

inline constexpr int kMaxDepth = 16;
inline constexpr std::size_t kMaxParams = 256;

struct Request {
  bool is_object = false;            ///< batches are none
  bool is_version_2 = false;         ///< "jsonrpc": "2.0"
  std::optional<std::string> method;
  std::string id;                    ///< printed JSON, a number or a text; empty: none. What is neither is 0, or 1 for true
  std::string reply_name;            ///< FIFO: where the answer goes
  std::vector<RpcParam> params;
  bool bad_params = false;           ///< too many
};

/// One JSON value at the start of `text`; nothing when it is malformed, too deep, or not whole. `used`: its length.
std::optional<Request> parse_request(std::string_view text, std::size_t* used = nullptr);

}  // namespace strowger::jsonrpcs
