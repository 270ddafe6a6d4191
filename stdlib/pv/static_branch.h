// The branch that $sbranch is about: one of each worker.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <memory>
#include <string>

#include "runtime/script/call.h"
#include "stdlib/pv/uri_memo.h"

namespace strowger::pv {

struct StaticBranch {
  std::string uri, dst_uri, path, instance, ruid, location_ua;   ///< "" for none
  const Socket* send_socket = nullptr;
  std::uint32_t flags = 0, connection = 0;
  std::int16_t q = kNoQ;
  std::unique_ptr<UriMemo> uris;                                 ///< what scripts asked about last; made when first needed
  bool is_empty() const {
    return uri.empty() && dst_uri.empty() && path.empty() && instance.empty() && ruid.empty() && location_ua.empty() &&
           send_socket == nullptr && flags == 0 && connection == 0 && q == kNoQ;
  }
  std::string* text(std::string_view name);                      ///< null for a name that is none of these
};

}  // namespace strowger::pv
