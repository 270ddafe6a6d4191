// Tells systemd how far the service is (sd_notify's protocol, without its library).
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <string_view>

namespace strowger::server {

/// Sends "READY=1" and the like to $NOTIFY_SOCKET; true when there is none, or it was told.
bool notify_service_manager(std::string_view state);

}  // namespace strowger::server
