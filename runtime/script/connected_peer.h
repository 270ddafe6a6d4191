// The other end of a control connection: what tools that list connections want to know.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string>
#include <utility>

#include "runtime/script/endpoint.h"

namespace strowger {

/// The peers of stream endpoints are of this kind.
class ConnectedPeer : public EndpointPeer {
 public:
  virtual bool is_open() const = 0;
  /// Address and port of the other end of a TCP connection; empty where it is a unix socket.
  virtual std::pair<std::string, std::string> source() const = 0;
};

}  // namespace strowger
