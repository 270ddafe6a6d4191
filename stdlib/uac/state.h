// What uac keeps: settings and credentials of the process, and each worker's $uac_req.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "runtime/script/call.h"
#include "uac.interface.h"

namespace strowger::uac {

enum class Restore : std::uint8_t { None, Manual, Auto };

/// Of the parameter `credential`; views of it.
struct Credential { Text user, realm, password; };

struct Registrations;

struct Shared {
  Restore mode = Restore::Auto;
  std::vector<Credential> credentials;   ///< the ones that count first
  const Socket* socket = nullptr;        ///< default_socket
  RouteFunction on_reply = nullptr;      ///< event_route[uac:reply]
  std::unique_ptr<Registrations> registrations;
  Shared();
  ~Shared();
};

inline const Shared& shared_of(const Process& process) { return *static_cast<const Shared*>(process.module_state[Uac::slot]); }

/// $uac_req; an empty text is undefined.
struct Request {
  std::string method, ruri, furi, turi, ouri, sock, hdrs, body, callid, auser, apasswd, evparam;
  Int evroute = 0, evcode = 0, evtype = 0;
  bool set = false;                      ///< something of it was written
  bool is_empty() const { return !set; }
};

/// For own_route_taken: in restore_mode auto From and To of a request within a dialog are put back, and of the replies to it.
void restore_within_dialog(Call& call);

}  // namespace strowger::uac
