// Questions about the list: ds_is_from_list(), ds_is_active(), ds_list_exist().
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
#include "runtime/script/forward.h"
#include "runtime/script/log_line.h"
#include "stdlib/dispatcher/state.h"

namespace strowger {
namespace dispatcher {
namespace {

enum Match : Int { kAnyPort = 1, kAnyProtocol = 2, kActiveOnly = 4 };
constexpr Int kAllSets = -1;

bool matches(Worker& worker, const Destination& one, const sip::Address& address, sip::Protocol protocol, Int mode) {
  if (!has_address(worker, one, address)) return false;
  if (!(mode & kAnyPort) && one.address.port != 0 && one.address.port != address.port) return false;
  if (!(mode & kAnyProtocol) && one.protocol != protocol) return false;
  return !(mode & kActiveOnly) || one.usable();
}

/// Writes a variable of the parameters; without one it is as good.
bool tell(Call& call, const VariableRef* variable, Value value) {
  return !variable || (variable->set && variable->set(&call, value) > 0);
}

Code is_from(Call& call, Int id, const sip::Address& address, sip::Protocol protocol, Int mode) {
  const auto list = current(*call.worker);
  const Set* const only = id == kAllSets ? nullptr : list->find(id);
  if (id != kAllSets && !only) return -1;
  for (const auto& set : list->sets) {
    if (only && set.get() != only) continue;
    for (const auto& one : set->all) {
      if (!matches(*call.worker, *one, address, protocol, mode)) continue;
      if (id == kAllSets && !tell(call, Dispatcher::Param::setid_pvname, Value::of(set->id))) return -2;
      const std::string& body = one->attributes.body;
      if (!body.empty() &&
          !tell(call, Dispatcher::Param::attrs_pvname, Value::of(call.arena->copy(Text(std::string_view(body))))))
        return -3;
      return 1;
    }
  }
  return -1;
}

Code is_source(Call& call, Int id, Int mode) {
  const Socket* const socket = call.live->socket;
  return is_from(call, id, call.live->source, socket ? socket->protocol : sip::Protocol::Udp, mode);
}

}  // namespace
}  // namespace dispatcher

Code Dispatcher::ds_is_from_list(Call& call) {
  return dispatcher::is_source(call, dispatcher::kAllSets, dispatcher::kAnyProtocol);
}
Code Dispatcher::ds_is_from_list(Call& call, Int group) {
  return dispatcher::is_source(call, group, dispatcher::kAnyProtocol);
}
Code Dispatcher::ds_is_from_list(Call& call, Int group, Int mode) { return dispatcher::is_source(call, group, mode); }

Code Dispatcher::ds_is_from_list(Call& call, Int group, Int mode, Text uri) {
  const auto parsed = sip::parse_uri(uri);
  if (!parsed || parsed->host.empty()) {
    log_line(call, LogLevel::Err, "dispatcher", {"ds_is_from_list(): bad URI \"", uri, "\""});
    return -1;
  }
  const Text transport = parsed->transport();
  const sip::Protocol protocol =
      transport.empty() ? sip::Protocol::Any : sip::parse_protocol(transport.view()).value_or(sip::Protocol::Any);
  const auto hop = resolve_host(*call.worker, parsed->host, parsed->port_or_default(), sip::Protocol::Udp);
  if (!hop) {
    call.log(LogLevel::Err, "dispatcher: ds_is_from_list(): the host of the URI cannot be resolved\n");
    return -1;
  }
  sip::Address address = hop->address;
  address.port = parsed->port;
  return dispatcher::is_from(call, group, address, protocol, mode);
}

Code Dispatcher::ds_list_exist(Call& call, Int group) {
  return dispatcher::current(*call.worker)->find(group) ? 1 : -1;
}

Code Dispatcher::ds_is_active(Call& call, Int group) { return ds_is_active(call, group, Text("")); }

Code Dispatcher::ds_is_active(Call& call, Int group, Text uri) {
  const auto list = dispatcher::current(*call.worker);
  const dispatcher::Set* const set = list->find(group);
  if (!set) return -1;
  for (const auto& one : set->all)
    if (one->usable() && (uri.empty() || one->uri == uri.view())) return 1;
  return -1;
}

}  // namespace strowger
