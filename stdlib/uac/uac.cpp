// The life of module uac: its parameters are read and checked.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include <algorithm>

#include "runtime/sip/message.h"
#include "stdlib/uac/registrations.h"
#include "stdlib/uac/state.h"


namespace strowger::rr {
/// Null where the script does not load rr, or calls nothing of it.
[[gnu::weak]] bool records_from_tag();
}  // namespace strowger::rr

namespace strowger {
namespace {

uac::Restore mode_of(Text text) {
  if (sip::equal_ignore_case(text, Text("none"))) return uac::Restore::None;
  return sip::equal_ignore_case(text, Text("manual")) ? uac::Restore::Manual : uac::Restore::Auto;
}

bool is_loaded(const Process& process, std::string_view module) {
  const ModuleImage* const modules = process.image.modules;
  return std::any_of(modules, modules + process.image.module_count, [&](const ModuleImage& one) { return one.name.view() == module; });
}

/// "user:realm:password"; the password may have colons.
uac::Credential credential_of(Text text) {
  const std::string_view all = text.view();
  const std::size_t user = all.find(':'), realm = all.find(':', user + 1);
  return {all.substr(0, user), all.substr(user + 1, realm - user - 1), all.substr(realm + 1)};
}

}  // namespace

uac::Shared::Shared() : registrations(std::make_unique<Registrations>()) {}
uac::Shared::~Shared() = default;

uac::Registrations& uac::registrations_of(const Process& process) { return *shared_of(process).registrations; }

void Uac::start(Process& process) {
  auto* const shared = new uac::Shared;
  process.module_state[slot] = shared;
  const auto refuse = [&](std::string_view why) {
    process.log.write(LogLevel::Crit, "uac: " + std::string(why));
    process.failed = true;
  };
  shared->mode = mode_of(Param::restore_mode);
  shared->on_reply = process.event_route("uac:reply");
  for (std::uint64_t i = Param::credential.count; i > 0; --i) shared->credentials.push_back(credential_of(Param::credential.items[i - 1]));
  const int attributes = (Param::auth_username_avp != nullptr) + (Param::auth_realm_avp != nullptr) + (Param::auth_password_avp != nullptr);
  if (attributes % 3 != 0) return refuse("auth_username_avp, auth_realm_avp and auth_password_avp go together");
  if (!Param::default_socket.empty() && !(shared->socket = process.find_socket(Param::default_socket)))
    return refuse("default_socket '" + std::string(Param::default_socket.view()) + "' is no socket that is listened on");
  if (std::string why; !uac::begin_registrations(process, *shared->registrations, why)) return refuse("registrations: " + why);
  if (shared->mode == uac::Restore::None) return;
  if (!is_loaded(process, "rr")) return refuse("restore_mode auto and manual need the module rr");
  if (Param::rr_from_store_param.empty() || Param::rr_to_store_param.empty())
    return refuse("restore_mode auto and manual need rr_from_store_param and rr_to_store_param");
  if (shared->mode != uac::Restore::Auto) return;
  if (&rr::records_from_tag && !rr::records_from_tag()) return refuse("restore_mode auto needs append_fromtag of rr");
  process.own_route_taken.push_back(uac::restore_within_dialog);
}

void Uac::stop(Process& process) {
  delete static_cast<uac::Shared*>(process.module_state[slot]);
  process.module_state[slot] = nullptr;
}

void Uac::worker_start(Worker& worker) {
  auto* const request = new uac::Request;
  worker.module_state[slot] = request;
  worker.cleanups.push_back([request] { delete request; });
  worker.scripts.add_run_state(movable_state<uac::Request, &slot>());
}

void Uac::tick(Worker& worker) {
  if (worker.index == 0) uac::look_at_registrations(worker);
}

}  // namespace strowger
