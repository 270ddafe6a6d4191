// The binary RPC protocol of kamcmd: packets, values, and replies.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/script/rpc.h"

namespace strowger::ctl {

inline constexpr std::size_t kMaxParams = 256;

enum class PacketType : unsigned { Request = 0, Reply = 1, Fault = 3 };

/// The head of a packet and where its body lies.
struct Packet {
  unsigned type = 0;
  std::string_view cookie;           ///< 1 to 4 bytes, repeated in the reply
  std::string_view body;
  std::size_t size = 0;              ///< of the whole packet
};

enum class Framing { Whole, Incomplete, Malformed };
/// The packet at the start of `bytes`; a body longer than `max_body` is malformed.
Framing read_packet(std::string_view bytes, std::size_t max_body, Packet& out);

struct Request {
  std::string method;
  std::vector<RpcParam> params;      ///< ints, doubles and texts; structs and arrays end the list
};
/// Nothing when the body is malformed.
std::optional<Request> read_request(std::string_view body);

/// The whole reply packet, a fault when the reply is one.
std::string print_reply(RpcReply& reply, std::string_view cookie);

}  // namespace strowger::ctl
