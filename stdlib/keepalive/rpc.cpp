// keepalive.*: the destinations seen and changed by hand.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/rpc.h"

#include <ctime>

#include "keepalive.interface.h"
#include "stdlib/keepalive/destinations.h"

namespace strowger {
namespace {

using keepalive::Destination;

/// As ctime() has it, with its line end, in the proxy's time zone.
std::string time_text(std::int64_t seconds) {
  const auto at = static_cast<std::time_t>(seconds);
  std::tm parts{};
  char text[64];
  localtime_r(&at, &parts);
  return {text, std::strftime(text, sizeof text, "%a %b %e %H:%M:%S %Y\n", &parts)};
}

keepalive::Destinations& destinations_of(RpcCall& call) { return keepalive::state_of(call.process()).destinations; }

/// The two parameters of most commands; a fault where one is missing.
struct Named {
  std::optional<std::string> uri, owner;
  explicit Named(RpcCall& call) : uri(call.next_text()), owner(uri ? call.next_text() : std::nullopt) {
    if (!owner) call.fault(500, "Not enough parameters or wrong format");
  }
  explicit operator bool() const { return owner.has_value(); }
};

}  // namespace

void Keepalive::rpc_keepalive_list(RpcCall& call) {
  call.reply.begin_struct();
  for (const Destination& one : destinations_of(call).all()) {
    call.reply.add_named("uri", std::string_view(one.uri));
    call.reply.add_named("owner", std::string_view(one.owner));
    call.reply.add_named("last checked", std::string_view(time_text(one.checked)));
    call.reply.add_named("last up", std::string_view(time_text(one.up)));
    call.reply.add_named("last down", std::string_view(time_text(one.down)));
    call.reply.add_named("state", static_cast<Int>(one.condition));
  }
  call.reply.end_struct();
}

void Keepalive::rpc_keepalive_get(RpcCall& call) {
  const Named named(call);
  if (!named) return;
  const std::string_view owner = *named.owner;
  const auto one = destinations_of(call).find(*named.uri, &owner);
  if (!one) return call.fault(500, "couldn't get data from list");
  call.reply.begin_struct();
  call.reply.add_named("uri", std::string_view(one->uri));
  call.reply.add_named("owner", std::string_view(one->owner));
  call.reply.add_named("state", static_cast<Int>(one->condition));
  call.reply.end_struct();
}

void Keepalive::rpc_keepalive_add(RpcCall& call) {
  const Named named(call);
  if (!named) return;
  if (!destinations_of(call).add(*named.uri, *named.owner)) return call.fault(500, "couldn't add data to list");
  call.reply.add(Text("Ok. Destination added."));
}

void Keepalive::rpc_keepalive_del(RpcCall& call) {
  const Named named(call);
  if (!named) return;
  if (!destinations_of(call).remove(*named.uri, *named.owner)) return call.fault(500, "couldn't delete data from list");
  call.reply.add(Text("Ok. Destination removed."));
}

void Keepalive::rpc_keepalive_flush(RpcCall& call) {
  destinations_of(call).clear();
  call.reply.add(Text("Ok. Destination list flushed."));
}

}  // namespace strowger
