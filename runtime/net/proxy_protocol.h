// The PROXY protocol, versions 1 and 2: the line or block in front of a stream with which a load balancer says who its client is
// (haproxy.org, "The PROXY protocol", §2).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <cstddef>

#include "runtime/abi/values.h"
#include "runtime/sip/address.h"

namespace strowger::net {

struct ProxyHeader {
  enum class Kind : std::uint8_t {
    More,      ///< could become a header: read on
    None,      ///< the stream begins with something else
    Bad,       ///< a header, but not one that may be believed: close
    Own,       ///< says nothing of a client (LOCAL, UNKNOWN): the connection's own address counts
    Client,    ///< `source` is the client
  };
  /// Most bytes of a header: 107 of version 1 (§2.1), and of version 2 16 and what we are ready to skip of TLVs.
  static constexpr std::size_t kMost = 16 + 4096;

  Kind kind = Kind::More;
  std::size_t length = 0;    ///< of the header; what follows is the stream. Own and Client only
  sip::Address source;       ///< with port
};

/// Reads the header at the start of a stream's first bytes; pure. Never says More for kMost bytes or more.
ProxyHeader read_proxy_header(Text bytes);

}  // namespace strowger::net
